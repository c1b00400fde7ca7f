internal import Glibc
internal import NIOCore

/// The file of a frame log and its predecessor. Unchecked because only the log's queue uses it, once it is made.
final class FrameLogFile: @unchecked Sendable {
  private let path: String
  private let bytesMax: Int
  private let keepsPayloads: Bool
  private var descriptor: Int32 = -1
  private var bytes = 0

  init(_ path: String, bytesMax: Int, keepsPayloads: Bool) throws(FrameLogError) {
    self.path = path
    self.bytesMax = bytesMax
    self.keepsPayloads = keepsPayloads
    try begin()
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whole records. False: they are not in the file.
  func write(_ records: ByteBuffer) -> Bool {
    if bytes + records.readableBytes > bytesMax || descriptor < 0 {
      do throws(FrameLogError) { try begin() } catch { return false }
    }
    guard put(records) else {
      // Half a record would make the rest unreadable.
      ftruncate(descriptor, off_t(bytes))
      lseek(descriptor, off_t(bytes), SEEK_SET)
      return false
    }
    bytes += records.readableBytes
    return true
  }

  /// Puts what is there aside and starts anew.
  private func begin() throws(FrameLogError) {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    let predecessor = path + ".1"
    if try isLog(path) {
      _ = try isLog(predecessor)
      guard rename(path, predecessor) == 0 else { throw failure() }
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure() }
    let head = FrameLogFormat.head(keepsPayloads: keepsPayloads, now: FrameLog.now())
    guard put(head) else {
      let failure = failure()
      // Half a head would be no log of ours, and would push the one before out at the next turn.
      close(descriptor)
      descriptor = -1
      unlink(path)
      throw failure
    }
    bytes = head.readableBytes
  }

  /// False: nothing is there.
  private func isLog(_ path: String) throws(FrameLogError) -> Bool {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return false }
      throw failure(path)
    }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: FrameLogFormat.magic.count)
    let count = start.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    // A file that was begun and never written to.
    if count == 0 { return true }
    guard count == start.count, start == FrameLogFormat.magic else {
      throw FrameLogError(reason: .notALog, path: path, code: 0)
    }
    return true
  }

  private func put(_ buffer: ByteBuffer) -> Bool {
    buffer.withUnsafeReadableBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        // SAFETY: `rest` lies within the buffer's bytes, which outlive the call.
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }

  private func failure(_ path: String? = nil) -> FrameLogError {
    FrameLogError(reason: .system, path: path ?? self.path, code: errno)
  }
}
