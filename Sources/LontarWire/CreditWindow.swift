/// What we allow the peer to send: an absolute offset that only grows.
package struct ReceiveWindow: Sendable {
  private(set) var received: UInt64 = 0
  private(set) var released: UInt64 = 0
  private(set) var granted: UInt64
  private(set) var size: UInt64

  package init(size: UInt64) {
    self.size = size
    granted = size
  }

  /// Counts bytes that arrived. False: the peer sent more than it was allowed.
  package mutating func receive(_ bytes: Int) -> Bool {
    received += UInt64(bytes)
    return received <= granted
  }

  /// Counts bytes that no longer take room here. Returns the offset to send in CREDIT once half of the window can be given anew.
  package mutating func release(_ bytes: Int) -> UInt64? {
    released += UInt64(bytes)
    guard released + size - granted >= size / 2 else { return nil }
    granted = released + size
    return granted
  }

  /// Makes the window larger. Returns the offset to send in CREDIT.
  mutating func grow(to newSize: UInt64) -> UInt64 {
    size = max(size, newSize)
    granted = max(granted, released + size)
    return granted
  }
}

/// What the peer allows us to send.
package struct SendWindow: Sendable {
  private(set) var sent: UInt64 = 0
  private(set) var granted: UInt64

  package init(granted: UInt64) {
    self.granted = granted
  }

  package var available: Int { Int(clamping: granted - sent) }

  /// Credit is absolute: a stale or repeated value changes nothing and cannot overflow. True: there is more to send now.
  package mutating func grant(upTo offset: UInt64) -> Bool {
    guard offset > granted else { return false }
    granted = offset
    return true
  }

  package mutating func send(_ bytes: Int) {
    sent += UInt64(bytes)
  }
}

/// Calls that a client may open, granted as an absolute number when a handler has finished and the stream's last byte has left, so
/// that neither a flood of resets nor a client that takes no answers gains anything.
package struct CallCredit: Sendable {
  package private(set) var opened: UInt64 = 0
  package private(set) var granted: UInt64
  private var finished: UInt64 = 0
  private let size: UInt64

  package init(size: UInt64) {
    self.size = size
    granted = size
  }

  /// False: the peer opened more calls than it was granted.
  mutating func open() -> Bool {
    opened += 1
    return opened <= granted
  }

  /// One of the opened calls has no handler any more.
  mutating func finish() {
    finished = min(finished + 1, opened)
  }

  /// The number to send in MAX_CALLS, in steps of a quarter of the size so that it costs a frame only now and then.
  /// - Parameter liveStreams: opened calls whose streams have not ended.
  mutating func grant(liveStreams: Int) -> UInt64? {
    let over = min(finished, opened - min(opened, UInt64(liveStreams)))
    guard over + size - granted >= max(1, size / 4) else { return nil }
    granted = over + size
    return granted
  }
}
