import Testing

@testable import LontarWire

@Suite struct StreamTableTests {
  private func state(_ stream: UInt32, weight: Int) -> StreamState {
    var state = StreamState(stream: stream, receiveWindow: ReceiveWindow(size: 1), sendWindow: SendWindow(granted: 1))
    state.untakenBytes = weight
    return state
  }

  /// Few distinct homes make long runs that wrap around the table's end.
  @Test(arguments: [(UInt64(1), UInt32(1)), (2, 8), (3, 64), (4, 1_024)])
  func `the table holds what a dictionary holds`(seed: UInt64, stride: UInt32) {
    var random = Seeded(seed)
    var table = StreamTable()
    var model: [UInt32: Int] = [:]
    for step in 0..<6_000 {
      let stream = UInt32.random(in: 0..<60, using: &random) * 2 * stride + 1
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where model[stream] == nil:
        table.insert(state(stream, weight: step))
        model[stream] = step
      case 1:
        let removed = table.remove(stream) { $0.untakenBytes }
        let expected = model.removeValue(forKey: stream)
        #expect(removed == expected)
      default:
        let found = weight(stream, in: &table)
        #expect(found == model[stream])
      }
      #expect(table.count == model.count)
      if step % 50 == 0 {
        #expect(table.streams == model.keys.sorted())
        for (stream, expected) in model {
          let found = weight(stream, in: &table)
          #expect(found == expected)
        }
      }
    }
  }

  @Test func `a change stays in the table`() {
    var table = StreamTable()
    table.insert(state(1, weight: 0))
    table.update(1) { $0.untakenBytes += 7 }
    let weights = [1, 3].map { weight($0, in: &table) }
    #expect(weights == [7, nil])
    #expect(!table.contains(0))
  }

  private func weight(_ stream: UInt32, in table: inout StreamTable) -> Int? {
    table.update(stream) { $0.untakenBytes }
  }
}
