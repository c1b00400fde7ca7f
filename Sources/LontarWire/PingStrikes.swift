/// Counts PINGs that come again and again although the server has sent nothing that they could be about: a client that asks every second
/// whether an idle connection lives keeps it, and the machine, awake for nothing (gRPC's A8).
struct PingStrikes {
  private var last: UInt64?
  private var count = 0

  /// The server has sent something of a call: a client may well want to know about the connection now.
  mutating func forget() {
    last = nil
    count = 0
  }

  /// - Returns: how many in a row came sooner than `interval` after the one before.
  mutating func ping(now: UInt64, interval: UInt64) -> Int {
    if let last, now &- last < interval { count += 1 }
    last = now
    return count
  }
}
