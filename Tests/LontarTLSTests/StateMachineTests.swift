internal import LontarTLS
internal import Testing

@Suite struct StateMachineTests {
  typealias Machine = TLSStateMachine
  typealias State = Machine.State

  /// A machine that was led into a state by events alone.
  static func machine(in state: State) -> Machine {
    var machine = Machine()
    if state == .idle { return machine }
    _ = machine.start()
    if state == .handshaking { return machine }
    _ = machine.handshakeFinished()
    if state == .verifying { return machine }
    _ = machine.verified()
    switch state {
    case .inputClosed: _ = machine.closeNotifyReceived(keepsOutput: true)
    case .outputClosed: _ = machine.closeOutput()
    case .closing: _ = machine.close()
    case .closed: _ = machine.fail()
    default: break
    }
    return machine
  }

  @Test(arguments: State.allCases) func `each state can be reached`(state: State) {
    #expect(Self.machine(in: state).state == state)
  }

  @Test(arguments: [
    (State.idle, Machine.Inbound.ignore, Machine.Outbound.queue), (.handshaking, .handshake, .queue),
    (.verifying, .ignore, .queue),
    (.active, .decrypt, .encrypt), (.inputClosed, .ignore, .encrypt), (.outputClosed, .decrypt, .refuse),
    (.closing, .decryptAndDiscard, .refuse), (.closed, .ignore, .refuse),
  ])
  func `each state says what bytes mean`(state: State, inbound: Machine.Inbound, outbound: Machine.Outbound) {
    let machine = Self.machine(in: state)
    #expect(machine.inbound() == inbound)
    #expect(machine.outbound() == outbound)
  }

  @Test(arguments: [
    (State.idle, Machine.Close.closeTransport, State.closed), (.handshaking, .closeTransport, .closed),
    (.verifying, .closeTransport, .closed), (.active, .sendCloseNotifyAndWait, .closing),
    (.inputClosed, .sendCloseNotifyAndClose, .closed), (.outputClosed, .wait, .closing), (.closing, .wait, .closing),
    (.closed, .closeTransport, .closed),
  ])
  func `closing sends close_notify where there are keys and no earlier one`(state: State, answer: Machine.Close, next: State) {
    var machine = Self.machine(in: state)
    #expect(machine.close() == answer)
    #expect(machine.state == next)
  }

  @Test(arguments: [
    (State.idle, Machine.CloseOutput.refuse, State.idle), (.handshaking, .refuse, .handshaking),
    (.verifying, .refuse, .verifying),
    (.active, .sendCloseNotify, .outputClosed), (.inputClosed, .sendCloseNotifyAndClose, .closed),
    (.outputClosed, .refuse, .outputClosed), (.closing, .refuse, .closing), (.closed, .refuse, .closed),
  ])
  func `half closing is possible once, from an open output`(state: State, answer: Machine.CloseOutput, next: State) {
    var machine = Self.machine(in: state)
    #expect(machine.closeOutput() == answer)
    #expect(machine.state == next)
  }

  @Test(arguments: [
    (State.active, true, Machine.CloseNotify.reportInputClosed, State.inputClosed), (.active, false, .answerAndClose, .closed),
    (.outputClosed, true, .closeTransport, .closed), (.outputClosed, false, .closeTransport, .closed),
    (.closing, true, .closeTransport, .closed), (.closing, false, .closeTransport, .closed),
    (.inputClosed, true, .ignore, .inputClosed),
    (.closed, false, .ignore, .closed), (.handshaking, false, .ignore, .handshaking),
  ])
  func `a close_notify closes what is not to stay open`(state: State, keepsOutput: Bool, answer: Machine.CloseNotify, next: State)
  {
    var machine = Self.machine(in: state)
    #expect(machine.closeNotifyReceived(keepsOutput: keepsOutput) == answer)
    #expect(machine.state == next)
  }

  @Test(arguments: [
    (State.idle, Machine.EndOfStream.clean), (.handshaking, .truncated(duringHandshake: true)),
    (.verifying, .truncated(duringHandshake: true)), (.active, .truncated(duringHandshake: false)),
    (.outputClosed, .truncated(duringHandshake: false)), (.inputClosed, .clean), (.closing, .clean), (.closed, .clean),
  ])
  func `an end is clean only after the peer's close_notify or our own wish`(state: State, answer: Machine.EndOfStream) {
    var machine = Self.machine(in: state)
    #expect(machine.endOfStream() == answer)
    #expect(machine.state == .closed)
    #expect(machine.endOfStream() == .clean, "reported once")
  }

  @Test(arguments: State.allCases) func `a failure is reported once`(state: State) {
    var machine = Self.machine(in: state)
    #expect(machine.fail() == (state != .closed))
    #expect(machine.fail() == false)
    #expect(machine.state == .closed)
  }

  @Test(arguments: State.allCases) func `nothing starts twice`(state: State) {
    var machine = Self.machine(in: state)
    #expect(machine.start() == (state == .idle))
    #expect(machine.start() == false)
    machine = Self.machine(in: state)
    #expect(machine.handshakeFinished() == (state == .handshaking))
    machine = Self.machine(in: state)
    #expect(machine.verified() == (state == .verifying))
    #expect(Self.machine(in: state).handshakeTimedOut() == [.handshaking, .verifying].contains(state))
  }
}
