@testable import LontarWire

/// What a server's events must look like whatever the client sends: a stream opens once and with a rising odd number, its messages end
/// with its half-close, and after a fault nothing more is said of it.
struct EventOrder {
  private enum State { case open, halfClosed, failed }
  private var streams: [UInt32: State] = [:]
  private var highest: UInt32 = 0
  private(set) var opened = 0
  private(set) var fault: String?

  mutating func check(_ event: ServerConnection.Event) {
    switch event {
    case .open(let stream, _, _, let end):
      begin(stream, end ? .halfClosed : .open)
    case .message(let stream, _, _, let end):
      expect(stream, .open, "a message")
      if end { streams[stream] = .halfClosed }
    case .halfClosed(let stream, _):
      expect(stream, .open, "a half-close")
      streams[stream] = .halfClosed
    case .failed(let stream, _, _):
      if stream > highest { begin(stream, .open) }
      if streams[stream] == .failed || streams[stream] == nil { fault = "stream \(stream) failed twice or was never opened" }
      streams[stream] = .failed
    case .cancelled, .pong, .clientLeaves:
      break
    }
  }

  private mutating func begin(_ stream: UInt32, _ state: State) {
    if stream <= highest || stream % 2 == 0 { fault = "stream \(stream) opened after stream \(highest)" }
    highest = stream
    streams[stream] = state
    opened += 1
  }

  private mutating func expect(_ stream: UInt32, _ state: State, _ what: String) {
    if streams[stream] != state { fault = "\(what) on stream \(stream)" }
  }
}

extension ClientConnection.Event {
  /// Calls of which nothing more may be heard.
  var endedCalls: [Int] {
    switch self {
    case .status(let call, _, _), .reset(let call, _, _, _), .failed(let call, _): [call].compactMap { ($0 as? Call)?.id }
    case .goAway(_, _, _, let refused): refused.compactMap { ($0 as? Call)?.id }
    case .ready, .head, .message, .moreCalls, .hint, .pong: []
    }
  }
}
