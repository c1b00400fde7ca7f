internal import NIOCore

/// What an operator sees of a connection's flow control, at one moment.
package struct ConnectionSnapshot: Sendable, Equatable {
  /// Message bytes that the peer may still send, and we may.
  package var creditIn: UInt64
  package var creditOut: UInt64
  package var callsOpened: UInt64
  package var callsGranted: UInt64
  /// Streams that have not sent their last byte.
  package var streams: Int
  /// Bytes of whole frames that wait for the socket.
  package var queuedBytes: Int
  package var isDraining: Bool
  /// What the peer said last that it waits for.
  package var peerBlocked: BlockedNotice?
}

/// The same of one stream.
package struct StreamSnapshot: Sendable, Equatable {
  /// The peer has not half-closed.
  package var isReceiving: Bool
  package var creditIn: UInt64
  package var creditOut: UInt64
  /// Message bytes that wait for credit or for their turn.
  package var queuedBytes: Int
  /// Message bytes that the upper layer was given and has not taken.
  package var untakenBytes: Int
}

extension ServerConnection {
  package func snapshot() -> ConnectionSnapshot {
    ConnectionSnapshot(
      creditIn: core.receiveWindow.open, creditOut: core.sendWindow.open, callsOpened: calls.opened, callsGranted: calls.granted,
      streams: core.streams.count, queuedBytes: core.out.readableBytes, isDraining: isDraining,
      peerBlocked: core.peerBlocked)
  }

  /// nil: the stream has ended.
  package mutating func snapshot(of stream: UInt32) -> StreamSnapshot? {
    core.streams.update(stream) { state in
      StreamSnapshot(
        isReceiving: state.receiveOpen, creditIn: state.receiveWindow.open, creditOut: state.sendWindow.open,
        queuedBytes: state.outboundBytes, untakenBytes: state.untakenBytes)
    }
  }
}

extension ReceiveWindow {
  var open: UInt64 { granted - min(granted, received) }
}

extension SendWindow {
  var open: UInt64 { granted - min(granted, sent) }
}
