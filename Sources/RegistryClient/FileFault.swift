internal import Glibc

/// Why a file could not be read or written.
public struct FileFault: Error, Sendable, Equatable, CustomStringConvertible {
  public let path: String
  /// `open`, `write`, `rename` and the like.
  public let act: String
  /// The operating system's number; see errno(3).
  public let code: Int32

  package init(path: String, act: String, code: Int32) {
    self.path = path
    self.act = act
    self.code = code
  }

  /// The operating system's own words: "No space left on device".
  public var reason: String {
    // SAFETY: strerror returns a C string that lives until the next call on this thread; it is copied at once.
    String(cString: strerror(code))
  }

  public var isMissing: Bool { code == ENOENT }
  /// The reader of a pipe has gone.
  public var isBrokenPipe: Bool { code == EPIPE }
  public var description: String { "\(act) \(path): \(reason)" }
}
