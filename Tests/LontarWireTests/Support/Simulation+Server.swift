import NIOCore

@testable import LontarWire

/// What the server's upper layer does, and what it must hear.
extension Simulation {
  mutating func someHandler() -> Handler? {
    handlers.isEmpty ? nil : handlers[handlers.keys.sorted().randomElement(using: &random)!]
  }

  mutating func answer() {
    if stragglers > 0, chance(2) {
      stragglers -= 1
      server.handlerFinished()
    }
    guard let handler = someHandler(), !handler.waits else { return }
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where handler.sent == 0:
      server.sendHead(handler.stream, GoldenHead.block)
    case 1, 2:
      handler.waits = server.sendMessage(handler.stream, Self.message(handler.id, handler.sent, fromClient: false))
      handler.sent += 1
    case 3 where handler.heardAll || chance(3):
      finish(handler)
    default: break
    }
  }

  mutating func finish(_ handler: Handler) {
    let message = chance(2) ? Self.message(handler.id, handler.sent, fromClient: false) : nil
    let sent = handler.sent + (message == nil ? 0 : 1)
    server.sendStatus(handler.stream, StatusFrame(code: UInt16(sent % 17)), message: message)
    handlers[handler.stream] = nil
    answered.append(handler)
    if chance(2) { server.handlerFinished() } else { stragglers += 1 }
  }

  /// The deadline of a call passes, before or after its handler has answered.
  mutating func expire() throws(WireError) {
    if chance(2), let handler = someHandler() { finish(handler) }
    guard let handler = answered.popLast() else { return }
    expired.insert(handler.id)
    try server.giveUp(handler.stream)
  }

  mutating func takeAtServer() {
    if let handler = someHandler() { server.messagesTaken(handler.stream) }
  }

  mutating func drain() {
    guard server.isOpen else { return }
    draining += 1
    if draining == 3 { server.drain("restart") }
    if draining == 6 { server.finishDrain("restart") }
  }

  mutating func serverHears(_ event: ServerConnection.Event) {
    note("server: \(event.line)\n")
    switch event {
    case .open(let stream, let open, let message, let end):
      guard let id = Int(String(buffer: open.method).dropFirst(2)) else { return fail("a method came out wrong") }
      let handler = Handler(id: id, stream: stream)
      if !handledCalls.insert(id).inserted { fail("call \(id) was handled twice") }
      handlers[stream] = handler
      server.attach(handler, to: stream)
      if handlers.count + stragglers > Int(limits.callsMax) { fail("more handlers run than are allowed") }
      if let message { receive(message, end: end, handler) } else { handler.heardAll = end }
    case .message(let stream, let call, let message, let end):
      guard let handler = call as? Handler, handler.stream == stream else { return fail("a message for no handler") }
      if handlers[stream] != nil { receive(message, end: end, handler) }
    case .halfClosed(_, let call):
      guard let handler = call as? Handler else { return fail("a half-close for no handler") }
      if handler.heardAll { fail("call \(handler.id) was half-closed twice") }
      handler.heardAll = true
    case .cancelled(let call, _):
      guard let handler = call as? Handler else { return fail("a cancellation for no handler") }
      // An answer that was still on its way has been dropped; its handler has already been counted.
      guard handlers.removeValue(forKey: handler.stream) != nil else { return }
      stragglers += 1
    case .failed(_, _, let fault): fail("an honest client failed: \(fault)")
    case .pong, .clientLeaves: break
    }
  }

  mutating func receive(_ message: WireMessage, end: Bool, _ handler: Handler) {
    if message != Self.message(handler.id, handler.received, fromClient: true) {
      fail("message \(handler.received) of call \(handler.id) came out wrong at the server")
    }
    handler.received += 1
    if end { handler.heardAll = true }
  }
}
