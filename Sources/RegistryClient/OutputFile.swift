internal import Glibc

/// A descriptor to write to: a new file, or one that the process was given.
package struct OutputFile: Sendable {
  package let path: String
  private let descriptor: Int32

  package static let standardOutput = OutputFile(path: "standard output", descriptor: STDOUT_FILENO)
  package static let standardError = OutputFile(path: "standard error", descriptor: STDERR_FILENO)

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// A file that must not exist yet.
  package init(creating path: String, mode: UInt32) throws(FileFault) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw FileFault(path: path, act: "create", code: errno) }
    self.init(path: path, descriptor: descriptor)
  }

  package func write(_ text: String) throws(FileFault) { try write(Array(text.utf8)) }

  /// Writes all of it, however often the system interrupts.
  package func write(_ bytes: [UInt8]) throws(FileFault) {
    var start = 0
    while start < bytes.count {
      // SAFETY: the pointer is used inside the closure only, and start < count keeps it inside the array.
      let (written, code) = bytes.withUnsafeBytes { buffer in
        let written = Glibc.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
        return (written, errno)
      }
      if written < 0, code == EINTR { continue }
      guard written >= 0 else { throw FileFault(path: path, act: "write", code: code) }
      start += written
    }
  }

  /// Brings the bytes to the disk and closes. A disk that is full may say so only here.
  package func finish() throws(FileFault) {
    let synced = fsync(descriptor) == 0 ? 0 : errno
    let closed = Glibc.close(descriptor) == 0 ? 0 : errno
    // Pipes and terminals can't be synced, which is no loss.
    if synced != 0, synced != EINVAL, synced != EROFS { throw FileFault(path: path, act: "write", code: synced) }
    if closed != 0 { throw FileFault(path: path, act: "close", code: closed) }
  }

  package func discard() {
    _ = Glibc.close(descriptor)
    _ = unlink(path)
  }
}

/// A file that appears whole or not at all: written beside its place under another name, then renamed over it.
package struct ReplacingFile: Sendable {
  package let path: String
  private let temporary: OutputFile

  package init(_ path: String, mode: UInt32) throws(FileFault) {
    self.path = path
    // The name is new for each process and call, so that two writers never share a temporary file.
    let suffix = UInt32.random(in: .min ... .max)
    temporary = try OutputFile(creating: "\(path).\(getpid())-\(suffix).tmp", mode: mode)
  }

  package func write(_ text: String) throws(FileFault) { try temporary.write(text) }

  package func commit() throws(FileFault) {
    do {
      try temporary.finish()
    } catch {
      _ = unlink(temporary.path)
      throw FileFault(path: path, act: error.act, code: error.code)
    }
    guard rename(temporary.path, path) == 0 else {
      let code = errno
      _ = unlink(temporary.path)
      throw FileFault(path: path, act: "rename", code: code)
    }
  }

  package func discard() { temporary.discard() }

  /// The whole content at once.
  package static func write(_ text: String, to path: String, mode: UInt32) throws(FileFault) {
    let file = try ReplacingFile(path, mode: mode)
    do {
      try file.write(text)
    } catch {
      file.discard()
      throw FileFault(path: path, act: error.act, code: error.code)
    }
    try file.commit()
  }
}
