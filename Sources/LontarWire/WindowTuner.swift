/// Finds out whether a stream's window holds its sender back. Credit is given half a window at a time, so a sender that waits for it sends
/// half a window in each round trip: if a third or more arrives within one, it could have sent more. gRPC's estimate of the
/// bandwidth-delay product, without a clock: PING goes out and the bytes until its answer are counted.
///
/// What streams may grow by is a budget of the connection, so memory stays bounded however many of them are fast.
struct WindowTuner {
  /// PINGs of ours for this purpose carry this in their upper half.
  private static let mark: UInt64 = 0x4C4F_4E54_0000_0000

  private struct Probe {
    var stream: UInt32
    var value: UInt64
    var receivedBefore: UInt64
  }

  private var probe: Probe?
  private var count: UInt64 = 0
  /// Windows of bytes to let pass before the next probe: twice as many after each that found nothing, so a connection sends few of them.
  private var patience: UInt64 = 1
  private var windowsSince: UInt64 = 0
  private(set) var budgetLeft: UInt64
  /// What the connection had received in all at the last probe. Without more since then a probe would learn nothing, and a server takes
  /// PINGs in a row with nothing between them for idle ones.
  private var connectionReceived: UInt64?

  init(budget: UInt64) {
    budgetLeft = budget
  }

  /// Half a window has been taken by the reader of a stream. Returns what PING should carry, if it is time for one.
  mutating func released(_ stream: UInt32, _ window: ReceiveWindow, sizeMax: UInt64, connectionReceived: UInt64) -> UInt64? {
    guard probe == nil, window.size < sizeMax, budgetLeft > 0, self.connectionReceived != connectionReceived else { return nil }
    windowsSince += 1
    guard windowsSince >= patience else { return nil }
    windowsSince = 0
    self.connectionReceived = connectionReceived
    count += 1
    let value = Self.mark | count & 0xFFFF_FFFF
    probe = Probe(stream: stream, value: value, receivedBefore: window.received)
    return value
  }

  /// Nil: the answer is to another PING.
  mutating func take(_ value: UInt64) -> (stream: UInt32, receivedBefore: UInt64)? {
    guard let probe, probe.value == value else { return nil }
    self.probe = nil
    return (probe.stream, probe.receivedBefore)
  }

  /// The stream's new size, if what came in the round trip asks for one.
  mutating func size(after window: ReceiveWindow, receivedBefore: UInt64, sizeMax: UInt64) -> UInt64? {
    guard (window.received - receivedBefore) * 3 >= window.size else {
      patience = min(patience * 2, 1 << 32)
      return nil
    }
    let growth = min(window.size, sizeMax - min(sizeMax, window.size), budgetLeft)
    guard growth > 0 else { return nil }
    budgetLeft -= growth
    return window.size + growth
  }

  /// A stream that had grown has ended.
  mutating func giveBack(_ bytes: UInt64) {
    budgetLeft += bytes
  }
}
