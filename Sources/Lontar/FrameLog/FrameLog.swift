internal import Dispatch
internal import Glibc
internal import NIOCore
internal import Synchronization

/// Writes the headers and control parts of all frames of a server's or client's connections into a file, away from the event loops.
///
/// Message bytes, values of metadata and details of errors are left out: they hold tokens and people's data. Records that come faster
/// than the disk takes them are dropped and counted. A file that is full becomes `PATH.1` and a new one begins: two are kept.
public final class FrameLog: Sendable {
  private struct State {
    var bytes = ByteBuffer()
    var records = 0
    /// Since the last record that says so.
    var dropped = 0
    var isWriting = false
  }

  public let path: String
  public let keepsPayloads: Bool
  private let file: FrameLogFile
  private let pendingBytesMax: Int
  private let state = Mutex(State())
  let queue = DispatchQueue(label: "lontar.frames")

  /// - Parameters:
  ///   - path: of a file that only its owner can read (mode 600). An older log there becomes `PATH.1`.
  ///   - keepsPayloads: also writes messages, metadata values (tokens!) and details, up to 64 KiB a frame. For debugging alone.
  ///   - bytesMax: of a file; at least 64 KiB.
  /// - Throws: `FrameLogError` if the file can't be made, or if what is there is no frame log.
  public init(path: String, keepsPayloads: Bool = false, bytesMax: Int = 64 * 1024 * 1024) throws(FrameLogError) {
    self.path = path
    self.keepsPayloads = keepsPayloads
    let bytesMax = max(bytesMax, 64 * 1024)
    pendingBytesMax = min(4 * 1024 * 1024, bytesMax / 2)
    file = try FrameLogFile(path, bytesMax: bytesMax, keepsPayloads: keepsPayloads)
  }

  /// Everything said so far is in the file when it returns.
  public func flush() {
    queue.sync { drain() }
  }

  /// Adds a record.
  /// - Parameter write: gets the nanoseconds since 1970.
  func append(_ write: (inout ByteBuffer, _ now: UInt64) -> Void) {
    let now = Self.now()
    let mustStart = state.withLock { state in
      guard state.bytes.readableBytes < pendingBytesMax else {
        state.dropped += 1
        return false
      }
      if state.dropped > 0 {
        let count = state.dropped
        state.dropped = 0
        FrameLogFormat.write(.dropped, to: &state.bytes) { $0.writeMultipleIntegers(now, UInt64(count)) }
      }
      write(&state.bytes, now)
      state.records += 1
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustStart { queue.async { self.drain() } }
  }

  private func drain() {
    while true {
      let (bytes, records) = state.withLock { state in
        defer {
          state.bytes = ByteBuffer()
          state.records = 0
        }
        if state.records == 0 { state.isWriting = false }
        return (state.bytes, state.records)
      }
      if records == 0 { return }
      if !file.write(bytes) { state.withLock { $0.dropped += records } }
    }
  }

  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// Why a frame log can't be written.
public struct FrameLogError: Error, Sendable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The system says no; its number is in `code`.
    case system
    /// There is something else at the path, which must not be moved away.
    case notALog
  }

  public let reason: Reason
  public let path: String
  /// errno; 0: none.
  public let code: Int32

  public var description: String {
    switch reason {
    // SAFETY: strerror returns a C string that lives until the next call on this thread; it is copied at once.
    case .system: "the frame log \(path) can't be written: \(String(cString: strerror(code)))"
    case .notALog: "\(path) is no frame log and stays as it is; name another path"
    }
  }
}
