internal import DequeModule
internal import NIOCore

/// One call as the wire sees it: what may still come, what still has to go.
struct StreamState {
  let stream: UInt32
  /// The upper layer's object for this call.
  var attachment: AnyObject?

  /// The peer has not half-closed.
  var receiveOpen = true
  /// The peer broke a rule of this stream and has been told, or will be: what it still sends here is dropped without a word.
  var discards = false
  /// HEAD may still come (client) or go (server): it precedes every message.
  var headOpen = true
  var assembly: MessageAssembly?
  var receiveWindow: ReceiveWindow
  /// Bytes of messages that the upper layer was given and has not yet taken: their credit is held back.
  var untakenBytes = 0
  /// What the message that comes has of the connection's room for long ones.
  var roomTaken: UInt64 = 0
  /// What it still needs; 0: nothing.
  var roomNeeded: UInt64 = 0
  /// Its bytes so far, whose credit is held back until there is room.
  var unroomedBytes = 0

  /// We have not half-closed (client) or not ended the call (server).
  var sendOpen = true
  var sendWindow: SendWindow
  var outbound: Deque<Outbound> = []
  /// What `outbound` holds, the two lengths of each message included, so that empty messages have a weight too.
  var outboundBytes = 0
  /// Somebody waits for room in `outbound`.
  var writerWaits = false
  /// The offset at which the stream was seen to wait for credit of its own, and whether the peer was told.
  var blockedAt: (offset: UInt64, isReported: Bool)?
  /// In the round-robin of streams that have something to send.
  var scheduled = false

  /// Message bytes in both directions; a part of a message behind one that waits to be taken counts twice.
  var heldBytes: Int { untakenBytes + outboundBytes + (assembly?.heldBytes ?? 0) }

  /// True if somebody waited for room, who can go on now.
  mutating func endWait() -> Bool {
    defer { writerWaits = false }
    return writerWaits
  }

  /// What is wrong with a MSG frame from the client at this point; nil: nothing. An empty frame with END is a half-close.
  func misplaced(_ bytes: Int, codec: UInt8, more: Bool, end: Bool) -> StreamFault? {
    guard receiveOpen else { return StreamFault(.malformed, "a message came after the client had half-closed") }
    if end && more { return StreamFault(.malformed, "a message that goes on cannot end the stream") }
    if bytes == 0 {
      guard end, codec == 0 else { return StreamFault(.malformed, "an empty MSG frame that ends nothing") }
      guard assembly == nil else { return StreamFault(.malformed, "the stream ended in the middle of a message") }
    }
    return nil
  }

  /// What a stream has to send, in order.
  enum Outbound {
    /// `sent` bytes of the message are already on the wire; nil: not even its lengths.
    case message(WireMessage, sent: Int?, end: Bool)
    case halfClose
    case status(StatusFrame, message: WireMessage?)

    /// What it weighs in `outboundBytes`.
    var weight: Int {
      switch self {
      case .message(let message, let sent, _): message.readableBytes + (sent.map { -$0 } ?? MessageAssembly.lengthsBytes)
      case .status(_, let message): message.map { MessageAssembly.lengthsBytes + $0.readableBytes } ?? 0
      case .halfClose: 0
      }
    }
  }
}

// MARK: Room for long messages

/// What a fragment means for the connection's room.
enum RoomChange {
  case none
  case wanted
  case left(UInt64)
}

extension StreamState {
  /// The first fragment of a message has come: what is longer than the window needs room beyond it. While the reader is behind it gets no
  /// credit anyway and must not keep room from others.
  mutating func wantRoom(_ assembly: MessageAssembly, _ change: inout RoomChange) {
    let whole = UInt64(assembly.wholeBytes)
    guard whole > receiveWindow.size else { return }
    roomNeeded = whole - receiveWindow.size
    if untakenBytes == 0 { change = .wanted }
  }

  /// There is room. Returns the offset to send in CREDIT.
  mutating func enterRoom() -> UInt64? {
    roomTaken = roomNeeded
    roomNeeded = 0
    defer { unroomedBytes = 0 }
    return receiveWindow.release(unroomedBytes)
  }

  /// The message is whole, or will not be.
  mutating func leaveRoom(_ change: inout RoomChange) {
    guard roomTaken > 0 || roomNeeded > 0 else { return }
    untakenBytes += unroomedBytes
    change = .left(roomTaken)
    (roomTaken, roomNeeded, unroomedBytes) = (0, 0, 0)
  }
}
