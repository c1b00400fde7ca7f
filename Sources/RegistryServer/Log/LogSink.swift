internal import Dispatch
internal import Glibc
internal import Synchronization

/// Writes log lines to stderr away from the threads that serve calls. When nobody reads, lines beyond `bytesMax` are dropped and counted:
/// a full pipe must not stop the registry.
package final class LogSink: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var isWriting = false
    var dropped = 0
  }

  /// A second of lines at full load.
  private static let bytesMax = 1_048_576
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "seratus.log")
  private let descriptor: Int32

  package init(descriptor: Int32 = STDERR_FILENO) {
    self.descriptor = descriptor
  }

  func write(_ line: String) {
    let mustStart = state.withLock { state in
      guard state.bytes.count + line.utf8.count < Self.bytesMax else {
        state.dropped += 1
        return false
      }
      if state.dropped > 0 {
        state.bytes += Array("level=warning msg=\"\(state.dropped) log lines were dropped\"\n".utf8)
        state.dropped = 0
      }
      state.bytes += Array(line.utf8)
      state.bytes.append(UInt8(ascii: "\n"))
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustStart { queue.async { self.drain() } }
  }

  /// Returns when everything said so far is written.
  package func flush() {
    queue.sync { drain() }
  }

  private func drain() {
    while true {
      let bytes = state.withLock { state in
        defer { state.bytes = [] }
        if state.bytes.isEmpty { state.isWriting = false }
        return state.bytes
      }
      if bytes.isEmpty { return }
      put(bytes)
    }
  }

  private func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        // SAFETY: `rest` is within the array's bytes, which outlive the call.
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          return
        }
      }
    }
  }
}
