internal import NIOCore

/// BLOCKED: a sender says what it waits for. For people who look for the reason of a slow call; nothing hangs on it.
package struct BlockedNotice: Sendable, Equatable {
  package enum Limit: UInt8, Sendable, CaseIterable {
    case streamCredit = 1
    case connectionCredit = 2
    case calls = 3
  }

  package var stream: UInt32
  package var limit: Limit
  /// The offset or number granted, at which it waits.
  package var offset: UInt64

  package init(stream: UInt32, limit: Limit, offset: UInt64) {
    self.stream = stream
    self.limit = limit
    self.offset = offset
  }

  static let payloadBytes = 9

  func write(to buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(limit.rawValue, offset)
  }

  /// Nil: a limit that this version does not know, to be skipped.
  static func read(from payload: ByteBuffer, stream: UInt32) -> BlockedNotice? {
    var payload = payload
    guard let (limit, offset) = payload.readMultipleIntegers(as: (UInt8, UInt64).self), let limit = Limit(rawValue: limit) else {
      return nil
    }
    return BlockedNotice(stream: stream, limit: limit, offset: offset)
  }
}

/// HINT: a server says how it is, so that clients hold back before it has to refuse them.
package struct OverloadHint: Sendable, Equatable {
  package enum Level: UInt8, Sendable, CaseIterable {
    case none = 0
    /// Go elsewhere if you can.
    case busy = 1
    /// New calls should wait.
    case overloaded = 2
  }

  package var level: Level
  package var retryAfterMilliseconds: UInt32

  package init(_ level: Level, retryAfterMilliseconds: UInt32 = 0) {
    self.level = level
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  static let payloadBytes = 5

  func write(to buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(level.rawValue, retryAfterMilliseconds)
  }

  /// Nil: a level that this version does not know, to be skipped.
  static func read(from payload: ByteBuffer) -> OverloadHint? {
    var payload = payload
    guard let (level, retryAfter) = payload.readMultipleIntegers(as: (UInt8, UInt32).self), let level = Level(rawValue: level)
    else {
      return nil
    }
    return OverloadHint(level, retryAfterMilliseconds: retryAfter)
  }
}
