internal import Glibc

/// Reads small files whole, with a bound, so that a path to a device can't fill the memory.
package enum InputFile {
  package static func read(_ path: String, bytesMax: Int) throws(FileFault) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFault(path: path, act: "open", code: errno) }
    defer { _ = close(descriptor) }
    return try read(descriptor: descriptor, path: path, bytesMax: bytesMax)
  }

  package static func readStandardInput(bytesMax: Int) throws(FileFault) -> [UInt8] {
    try read(descriptor: STDIN_FILENO, path: "standard input", bytesMax: bytesMax)
  }

  private static func read(descriptor: Int32, path: String, bytesMax: Int) throws(FileFault) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      // SAFETY: the system writes at most `count` bytes into the array, inside the closure.
      let (count, code) = chunk.withUnsafeMutableBytes { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        return (count, errno)
      }
      if count < 0, code == EINTR { continue }
      guard count >= 0 else { throw FileFault(path: path, act: "read", code: code) }
      if count == 0 { return bytes }
      guard bytes.count + count <= bytesMax else { throw FileFault(path: path, act: "read", code: EFBIG) }
      bytes += chunk[..<count]
    }
  }

  /// The permission bits, e.g. 0o600.
  package static func mode(_ path: String) throws(FileFault) -> UInt32 {
    var status = stat()
    // SAFETY: stat fills the struct that it is given for the length of the call.
    guard stat(path, &status) == 0 else { throw FileFault(path: path, act: "inspect", code: errno) }
    return status.st_mode & 0o777
  }
}
