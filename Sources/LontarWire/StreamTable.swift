/// The live streams of a connection, by number: open addressing with the number itself as its hash, because stream numbers are
/// dealt out in order and a general hash would cost more than the rest of the look-up.
///
/// An idle connection holds no slots at all.
struct StreamTable {
  /// Stream numbers, 0 for a free slot; kept apart from the states so that a look-up touches one cache line.
  private var numbers: [UInt32] = []
  private var states: [StreamState?] = []
  private(set) var count = 0
  /// How many are not in the slot of their own number. Mostly none, for numbers are dealt out in order.
  private var displaced = 0

  private var mask: Int { numbers.count - 1 }
  private func home(_ stream: UInt32) -> Int { Int(stream >> 1) & mask }

  private func find(_ stream: UInt32) -> Int? {
    guard count > 0, stream != 0 else { return nil }
    var index = home(stream)
    while numbers[index] != 0 {
      if numbers[index] == stream { return index }
      index = (index + 1) & mask
    }
    return nil
  }

  func contains(_ stream: UInt32) -> Bool { find(stream) != nil }

  /// - Precondition: the stream is not 0 and not in the table.
  mutating func insert(_ state: consuming StreamState) {
    if (count + 1) * 2 > numbers.count { grow() }
    place(state)
    count += 1
  }

  private mutating func place(_ state: consuming StreamState) {
    let stream = state.stream
    var index = home(stream)
    if numbers[index] != 0 { displaced += 1 }
    while numbers[index] != 0 { index = (index + 1) & mask }
    numbers[index] = stream
    states[index] = state
  }

  /// Calls `body` with the stream in place; nil: there is no such stream.
  @discardableResult
  mutating func update<R>(_ stream: UInt32, _ body: (inout StreamState) -> R) -> R? {
    guard let index = find(stream) else { return nil }
    return body(&states[index]!)
  }

  /// Takes the stream out after a last look at it, in place: a state is large, and nobody needs all of it any more.
  mutating func remove<R>(_ stream: UInt32, _ last: (inout StreamState) -> R) -> R? {
    guard var hole = find(stream) else { return nil }
    let result = last(&states[hole]!)
    count -= 1
    if hole != home(stream) { displaced -= 1 }
    // Close the gap so that later look-ups don't stop at it: a follower moves into it unless its home lies behind it.
    var index = (hole + 1) & mask
    while displaced > 0, numbers[index] != 0 {
      let fromHome = (index - home(numbers[index])) & mask
      if fromHome >= (index - hole) & mask {
        if home(numbers[index]) == hole { displaced -= 1 }
        numbers[hole] = numbers[index]
        states.swapAt(hole, index)
        hole = index
      }
      index = (index + 1) & mask
    }
    numbers[hole] = 0
    states[hole] = nil
    return result
  }

  /// The numbers of all streams, rising.
  var streams: [UInt32] { numbers.filter { $0 != 0 }.sorted() }

  /// What the upper layer attached, in no order.
  var attachments: [AnyObject] { states.compactMap { $0?.attachment } }

  /// What all streams hold together, in bytes.
  var heldBytes: Int { states.reduce(0) { $0 + ($1?.heldBytes ?? 0) } }

  private mutating func grow() {
    let old = states
    let size = max(8, numbers.count * 2)
    displaced = 0
    numbers = Array(repeating: 0, count: size)
    states = Array(repeating: nil, count: size)
    for case let state? in old { place(state) }
  }
}
