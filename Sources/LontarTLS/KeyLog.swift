internal import COpenSSL
internal import Glibc

/// Appends session secrets to a file (NSS key log format), for packet analysers. Exists only if the configuration names a path.
final class KeyLog: Sendable {
  private let descriptor: Int32

  init(path: String) throws(TLSError) {
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)
    guard descriptor >= 0 else {
      throw TLSError(
        .fileUnreadable, "the key log \(path) cannot be written", remedy: "choose a path in a folder that can be written",
        detail: String(cString: strerror(errno)), parameters: ["path": path])
    }
  }

  deinit {
    close(descriptor)
  }

  /// The context's owner must hold this log as long as the context.
  func attach(to context: OpaquePointer) {
    // SAFETY: slot 0 is the application's; TLSContext keeps both alive, and its sessions keep TLSContext.
    SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
    SSL_CTX_set_keylog_callback(context) { ssl, line in
      guard let line, let log = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0) else { return }
      Unmanaged<KeyLog>.fromOpaque(log).takeUnretainedValue().append(String(cString: line))
    }
  }

  /// One line, one system call: lines of several connections do not mix.
  private func append(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
  }
}
