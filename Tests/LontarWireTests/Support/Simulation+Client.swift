import NIOCore

@testable import LontarWire

/// What the client's upper layer does, and what it must hear.
extension Simulation {
  mutating func openCall() {
    guard client.canOpen else { return }
    let id = calls.count
    let end = chance(3)
    let inline = chance(2)
    let frame = OpenFrame(method: ByteBuffer(string: "s/\(id)"))
    let stream = client.open(Call(id), frame, message: inline ? Self.message(id, 0, fromClient: true) : nil, end: end)
    let call = ClientCall(id: id, stream: stream)
    call.sent = inline ? 1 : 0
    call.canSend = !end
    calls.append(call)
    running[stream] = call
  }

  mutating func someCall() -> ClientCall? {
    running.isEmpty ? nil : running[running.keys.sorted().randomElement(using: &random)!]
  }

  mutating func sendFromClient() {
    guard let call = someCall(), call.canSend, !call.waits else { return }
    if chance(4) {
      client.halfClose(call.stream)
      call.canSend = false
      return
    }
    let end = chance(6)
    let waits = client.sendMessage(call.stream, Self.message(call.id, call.sent, fromClient: true), end: end)
    call.sent += 1
    call.canSend = !end
    call.waits = waits && !end
  }

  mutating func takeAtClient() {
    if let call = someCall() { client.messagesTaken(call.stream) }
  }

  mutating func cancelCall() throws(WireError) {
    guard let call = someCall() else { return }
    try client.cancel(call.stream, .cancelled, "")
    end(call)
  }

  mutating func end(_ call: ClientCall) {
    if call.ended { fail("call \(call.id) ended twice") }
    call.ended = true
    running[call.stream] = nil
  }

  mutating func clientHears(_ event: ClientConnection.Event) {
    note("client: \(event.line)\n")
    switch event {
    case .ready, .moreCalls, .hint: break
    case .pong:
      pingIsOut = false
      heardSince = now
    case .head(let call, let metadata):
      if find(call, "HEAD")?.received != 0 || metadata.count != 1 { fail("HEAD came late or wrong") }
    case .message(let stream, let call, let message):
      guard let call = find(call, "a message") else { return }
      if call.stream != stream || message != Self.message(call.id, call.received, fromClient: false) {
        fail("message \(call.received) of call \(call.id) came out wrong at the client")
      }
      call.received += 1
    case .status(let call, let status, let message):
      guard let call = find(call, "STATUS") else { return }
      if let message, message != Self.message(call.id, call.received, fromClient: false) {
        fail("a wrong answer for call \(call.id)")
      }
      if message != nil { call.received += 1 }
      if status.code != UInt16(call.received % 17) { fail("call \(call.id) lost messages") }
      concluded.insert(call.id)
      end(call)
    case .reset(let call, let code, _, let notProcessed):
      guard let call = find(call, "RESET") else { return }
      if notProcessed == handledCalls.contains(call.id) { fail("call \(call.id) was processed and refused, or neither") }
      if !notProcessed, code != 1 || !expired.contains(call.id) { fail("call \(call.id) was reset without a reason") }
      end(call)
    case .failed(_, let fault): fail("an honest server failed: \(fault)")
    case .goAway(_, _, _, let refused):
      for object in refused {
        guard let call = find(object, "GOAWAY") else { continue }
        if handledCalls.contains(call.id) { fail("call \(call.id) was processed and refused") }
        end(call)
      }
    }
  }

  mutating func find(_ object: AnyObject?, _ what: String) -> ClientCall? {
    guard let id = (object as? Call)?.id, !calls[id].ended else {
      fail("\(what) for a call that is over")
      return nil
    }
    return calls[id]
  }
}
