/// Counts PINGs that come again and again although the server has sent nothing that they could be about: a client that asks every second
/// whether an idle connection lives keeps it, and the machine, awake for nothing (gRPC's A8).
struct PingStrikes {
  private var last: UInt64?
  private var sentBytes: UInt64 = 0
  private var count = 0

  /// The server has sent something of a call: a client may well want to know about the connection now.
  mutating func forget() {
    last = nil
    count = 0
  }

  /// - Parameter sentBytes: message bytes that the connection has sent so far; more than last time is as good as `forget`.
  /// - Returns: how many in a row came sooner than `interval` after the one before.
  mutating func ping(now: UInt64, interval: UInt64, sentBytes: UInt64) -> Int {
    if sentBytes > self.sentBytes { forget() }
    self.sentBytes = sentBytes
    if let last, now &- last < interval { count += 1 }
    last = now
    return count
  }
}
