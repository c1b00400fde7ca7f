internal import Dispatch
internal import Glibc

/// Reads a file or standard input as its bytes come, without holding a thread of Swift's tasks while it waits.
package final class InputChunks: Sendable {
  private static let chunkBytes = 65_536
  private let descriptor: Int32
  private let path: String
  private let closes: Bool

  package static let standardInput = InputChunks(descriptor: STDIN_FILENO, path: "standard input", closes: false)

  package convenience init(_ path: String) throws(FileFault) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFault(path: path, act: "open", code: errno) }
    self.init(descriptor: descriptor, path: path, closes: true)
  }

  private init(descriptor: Int32, path: String, closes: Bool) {
    self.descriptor = descriptor
    self.path = path
    self.closes = closes
  }

  deinit {
    if closes { _ = close(descriptor) }
  }

  /// Waits for bytes; empty: the end.
  package func next() async throws(FileFault) -> [UInt8] {
    let (descriptor, path) = (descriptor, path)
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<[UInt8], FileFault>, Never>) in
      DispatchQueue.global().async {
        continuation.resume(returning: Self.read(descriptor, path))
      }
    }
    return try result.get()
  }

  private static func read(_ descriptor: Int32, _ path: String) -> Result<[UInt8], FileFault> {
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    while true {
      // SAFETY: the system writes at most `count` bytes into the array, inside the closure.
      let (count, code) = chunk.withUnsafeMutableBytes { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        return (count, errno)
      }
      if count < 0, code == EINTR { continue }
      if count < 0 { return .failure(FileFault(path: path, act: "read", code: code)) }
      return .success(Array(chunk[..<count]))
    }
  }
}
