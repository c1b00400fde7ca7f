import NIOCore

@testable import LontarWire

/// A client and a server that hear each other without loss or delay.
final class Pair {
  let client: ClientEnd
  let server: ServerEnd
  var clientEvents: [ClientConnection.Event] = []
  var serverEvents: [ServerConnection.Event] = []

  init(clientLimits: WireLimits = WireLimits(), serverLimits: WireLimits = WireLimits()) throws {
    client = ClientEnd(hello: .stating(goldenEnvironment), limits: clientLimits)
    server = ServerEnd(hello: .stating(goldenEnvironment), limits: serverLimits)
    try exchange()
    clientEvents = []
    serverEvents = []
  }

  /// Carries bytes both ways until nobody has anything to say.
  /// - Parameter serverEvent: what the server's upper layer does with each event, at once.
  func exchange(_ serverEvent: (ServerConnection.Event) -> Void = { _ in }) throws {
    var quiet = false
    while !quiet {
      quiet = true
      while let bytes = client.takeOutbound() {
        quiet = false
        for event in try server.events(bytes) {
          serverEvents.append(event)
          serverEvent(event)
        }
      }
      while let bytes = server.takeOutbound() {
        quiet = false
        clientEvents += try client.events(bytes)
      }
    }
  }
}

extension ServerConnection.Event {
  /// A line that says everything about the event that a test compares.
  var line: String {
    switch self {
    case .open(let stream, let open, let message, let end):
      "open \(stream) \(String(buffer: open.method)) inline \(message?.readableBytes ?? -1)\(end ? " end" : "")"
    case .message(let stream, _, let message, let end): "message \(stream) \(message.readableBytes)\(end ? " end" : "")"
    case .halfClosed(let stream, _): "half-closed \(stream)"
    case .cancelled(_, let code): "cancelled \(code)"
    case .failed(let stream, _, let fault): "failed \(stream) \(fault.code)"
    case .pong(let value): "pong \(value)"
    case .clientLeaves: "client leaves"
    }
  }
}

extension ClientConnection.Event {
  var line: String {
    switch self {
    case .ready(let hello): "ready \(hello.callsMax)"
    case .head(let call, let metadata): "head \(name(call)) \(metadata.count)"
    case .message(let stream, let call, let message): "message \(stream) \(name(call)) \(message.readableBytes)"
    case .status(let call, let status, let message): "status \(name(call)) \(status.code) inline \(message?.readableBytes ?? -1)"
    case .reset(let call, let code, _, let notProcessed): "reset \(name(call)) \(code)\(notProcessed ? " not processed" : "")"
    case .failed(let call, let fault): "failed \(name(call)) \(fault.code)"
    case .moreCalls: "more calls"
    case .goAway(let code, _, let final, let refused): "go away \(code) \(final ? "final" : "drain") \(refused.map(name))"
    case .hint(let hint): "hint \(hint.level) \(hint.retryAfterMilliseconds)"
    case .pong(let value): "pong \(value)"
    }
  }

  private func name(_ call: AnyObject?) -> Int { (call as? Call)?.id ?? -1 }
}
