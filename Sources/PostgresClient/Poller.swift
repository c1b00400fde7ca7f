internal import CPostgres
internal import Glibc

/// Readiness of a few descriptors by epoll, level-triggered.
struct Poller: ~Copyable {
  struct Interest: OptionSet {
    let rawValue: UInt32
    static let read = Interest(rawValue: EPOLLIN.rawValue)
    static let write = Interest(rawValue: EPOLLOUT.rawValue)
  }

  private static let eventsMax = 32
  private let descriptor: Int32
  private let events: UnsafeMutablePointer<epoll_event>

  init() {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    precondition(descriptor >= 0, "epoll: no descriptor left")
    events = .allocate(capacity: Self.eventsMax)
  }

  deinit {
    events.deallocate()
    close(descriptor)
  }

  /// Watches a descriptor, or changes what it is watched for. libpq may close a socket and get the same number again
  /// while it connects, so that neither "new" nor "known" can be told beforehand.
  func watch(_ socket: Int32, token: UInt64, for interest: Interest) {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
    if epoll_ctl(descriptor, EPOLL_CTL_MOD, socket, &event) != 0, errno == ENOENT {
      epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
    }
  }

  func forget(_ socket: Int32) {
    epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, nil)
  }

  /// Waits up to `milliseconds` (-1: for ever) and reports each ready token once.
  func wait(milliseconds: Int32, _ body: (_ token: UInt64) -> Void) {
    let count = epoll_wait(descriptor, events, Int32(Self.eventsMax), milliseconds)
    // SAFETY: epoll_wait filled the first `count` of `eventsMax` events; an interrupted wait returns -1 and reports none.
    for index in 0..<max(0, Int(count)) { body(events[index].data.u64) }
  }
}
