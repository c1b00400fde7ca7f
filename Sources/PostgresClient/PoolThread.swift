internal import CPostgres
internal import Glibc

/// A thread of its own for work that waits by itself.
enum PoolThread {
  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Runs `body` on a new detached thread; names are cut to the 15 bytes the system shows.
  static func run(name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(name: String(decoding: name.utf8.prefix(15), as: UTF8.self), body: body))
    var thread = pthread_t()
    // SAFETY: the retained object is released by the thread, which is its only user from here on.
    let status = pthread_create(
      &thread, nil,
      { context in
        let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
        seratus_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(status == 0, "no thread left for a database pool")
    pthread_detach(thread)
  }
}
