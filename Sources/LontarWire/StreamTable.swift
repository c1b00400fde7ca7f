/// The live streams of a connection, by number: open addressing with the number itself as its hash, because stream numbers are
/// dealt out in order and a general hash would cost more than the rest of the look-up.
struct StreamTable {
  private var slots: [StreamState?]
  private(set) var count = 0

  init() {
    slots = Array(repeating: nil, count: 64)
  }

  private var mask: Int { slots.count - 1 }
  private func home(_ stream: UInt32) -> Int { Int(stream >> 1) & mask }

  private func find(_ stream: UInt32) -> Int? {
    var index = home(stream)
    while let state = slots[index] {
      if state.stream == stream { return index }
      index = (index + 1) & mask
    }
    return nil
  }

  func contains(_ stream: UInt32) -> Bool { find(stream) != nil }

  mutating func insert(_ state: StreamState) {
    if (count + 1) * 2 > slots.count { grow() }
    var index = home(state.stream)
    while slots[index] != nil { index = (index + 1) & mask }
    slots[index] = state
    count += 1
  }

  /// Calls `body` with the stream in place; nil: there is no such stream.
  mutating func update<R>(_ stream: UInt32, _ body: (inout StreamState) -> R) -> R? {
    guard let index = find(stream) else { return nil }
    return body(&slots[index]!)
  }

  mutating func remove(_ stream: UInt32) -> StreamState? {
    guard var hole = find(stream) else { return nil }
    let removed = slots[hole]
    slots[hole] = nil
    count -= 1
    // Close the gap so that later look-ups don't stop at it.
    var index = (hole + 1) & mask
    while let state = slots[index] {
      let distance = (index - home(state.stream)) & mask
      if distance >= (index - hole) & mask {
        slots[hole] = state
        slots[index] = nil
        hole = index
      }
      index = (index + 1) & mask
    }
    return removed
  }

  var streams: [UInt32] { slots.compactMap { $0?.stream } }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: nil, count: old.count * 2)
    count = 0
    for case let state? in old { insert(state) }
  }
}
