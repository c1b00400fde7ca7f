internal import DequeModule

/// Room for messages that are longer than their stream's window and not whole yet. Credit for the part beyond the window is given only
/// against room, so that what a connection holds is bounded by its windows and this, however many long messages are begun and never
/// ended. Those that find no room wait for it in their order.
struct AssemblyRoom {
  private let bytesMax: UInt64
  private var used: UInt64 = 0
  /// Streams in the order of their turns.
  private(set) var waiting: Deque<UInt32> = []

  init(bytesMax: UInt64) { self.bytesMax = bytesMax }

  mutating func queue(_ stream: UInt32) { waiting.append(stream) }

  /// Whose turn it is.
  var first: UInt32? { waiting.first }

  mutating func dropFirst() { waiting.removeFirst() }

  /// False: there is too little now. One message alone always finds room: the largest allowed may be longer than all of it.
  mutating func take(_ bytes: UInt64) -> Bool {
    guard used == 0 || used + bytes <= bytesMax else { return false }
    used += bytes
    return true
  }

  /// A message is whole, or will not be: what it had is free, or its turn is. Streams that ended must not stay in the queue: a peer can
  /// begin and end them as fast as it likes while the first one waits.
  mutating func leave(_ stream: UInt32, _ bytes: UInt64) {
    used -= bytes
    if bytes == 0 { waiting.removeAll { $0 == stream } }
  }
}
