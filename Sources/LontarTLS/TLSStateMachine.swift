/// Where a connection is in its life, and what each event means there. Decides; performs nothing.
///
/// ```
/// idle → handshaking → verifying → active ─┬→ inputClosed ──┬→ closing → closed
///                                          └→ outputClosed ─┘
/// ```
/// Every state may go to `closed` by a failure, which is reported once.
package struct TLSStateMachine {
  package enum State: Equatable, CaseIterable {
    case idle
    case handshaking
    /// The handshake is complete as far as OpenSSL is concerned; the application protocol is not checked yet.
    case verifying
    case active
    /// The peer's close_notify came; we may still write.
    case inputClosed
    /// Our close_notify left; the peer may still write.
    case outputClosed
    /// Our close_notify left, the peer's is awaited for the time of the close timer.
    case closing
    case closed
  }

  package enum Inbound: Equatable { case handshake, decrypt, decryptAndDiscard, ignore }
  package enum Outbound: Equatable { case queue, encrypt, refuse }
  package enum CloseNotify: Equatable { case reportInputClosed, answerAndClose, closeTransport, ignore }
  package enum Close: Equatable { case closeTransport, sendCloseNotifyAndWait, sendCloseNotifyAndClose, wait }
  package enum CloseOutput: Equatable { case sendCloseNotify, sendCloseNotifyAndClose, refuse }
  package enum EndOfStream: Equatable { case clean, truncated(duringHandshake: Bool) }

  package private(set) var state: State = .idle

  package init() {}

  /// Whether the connection waits for bytes that no reader has asked for.
  package var needsBytes: Bool {
    switch state {
    case .handshaking, .verifying, .closing: true
    case .idle, .active, .inputClosed, .outputClosed, .closed: false
    }
  }

  /// True once, when the handshake is to begin.
  package mutating func start() -> Bool {
    guard state == .idle else { return false }
    state = .handshaking
    return true
  }

  /// True once, when what was agreed is to be checked.
  package mutating func handshakeFinished() -> Bool {
    guard state == .handshaking else { return false }
    state = .verifying
    return true
  }

  /// True once, when application bytes may flow.
  package mutating func verified() -> Bool {
    guard state == .verifying else { return false }
    state = .active
    return true
  }

  package func inbound() -> Inbound {
    switch state {
    case .handshaking: .handshake
    case .active, .outputClosed: .decrypt
    case .closing: .decryptAndDiscard
    case .idle, .verifying, .inputClosed, .closed: .ignore
    }
  }

  package func outbound() -> Outbound {
    switch state {
    case .idle, .handshaking, .verifying: .queue
    case .active, .inputClosed: .encrypt
    case .outputClosed, .closing, .closed: .refuse
    }
  }

  /// The peer will send nothing more.
  ///
  /// - Parameter keepsOutput: whether this channel is meant to go on writing after that.
  package mutating func closeNotifyReceived(keepsOutput: Bool) -> CloseNotify {
    switch state {
    case .active where keepsOutput:
      state = .inputClosed
      return .reportInputClosed
    case .active:
      state = .closed
      return .answerAndClose
    case .outputClosed, .closing:
      state = .closed
      return .closeTransport
    case .idle, .handshaking, .verifying, .inputClosed, .closed: return .ignore
    }
  }

  /// We want the connection to end.
  package mutating func close() -> Close {
    switch state {
    case .idle, .handshaking, .verifying:
      state = .closed
      return .closeTransport
    case .active:
      state = .closing
      return .sendCloseNotifyAndWait
    case .inputClosed:
      state = .closed
      return .sendCloseNotifyAndClose
    case .outputClosed:
      state = .closing
      return .wait
    case .closing: return .wait
    case .closed: return .closeTransport
    }
  }

  /// We will write nothing more but go on reading.
  package mutating func closeOutput() -> CloseOutput {
    switch state {
    case .active:
      state = .outputClosed
      return .sendCloseNotify
    case .inputClosed:
      state = .closed
      return .sendCloseNotifyAndClose
    case .idle, .handshaking, .verifying, .outputClosed, .closing, .closed: return .refuse
    }
  }

  /// The transport will bring nothing more.
  package mutating func endOfStream() -> EndOfStream {
    defer { state = .closed }
    switch state {
    case .handshaking, .verifying: return .truncated(duringHandshake: true)
    case .active, .outputClosed: return .truncated(duringHandshake: false)
    case .idle, .inputClosed, .closing, .closed: return .clean
    }
  }

  /// True if the failure is the connection's first and must be reported.
  package mutating func fail() -> Bool {
    defer { state = .closed }
    return state != .closed
  }

  /// True if the time was up before the handshake was.
  package func handshakeTimedOut() -> Bool {
    state == .handshaking || state == .verifying
  }
}
