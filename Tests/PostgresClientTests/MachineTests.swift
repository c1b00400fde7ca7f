import Testing

@testable import PostgresClient

@Suite struct MachineTests {
  private func expectations(of script: ReplyScript) -> [ReplyScript.Expectation] {
    var script = script
    var list: [ReplyScript.Expectation] = []
    while script.expected != .nothing {
      list.append(script.expected)
      script.advance()
    }
    return list
  }

  @Test func `a plain request owes its steps and one sync`() {
    let script = ReplyScript(prepares: 0, begins: false, steps: 2)
    #expect(expectations(of: script) == [.step(0), .step(1), .lastSync])
    #expect(script.syncs == 1)
  }

  @Test func `preparations come first with a sync of their own`() {
    let script = ReplyScript(prepares: 2, begins: false, steps: 1)
    #expect(expectations(of: script) == [.prepare(0), .prepare(1), .sync, .step(0), .lastSync])
    #expect(script.syncs == 2)
  }

  @Test func `an explicit transaction ends behind a sync of its own`() {
    let script = ReplyScript(prepares: 1, begins: true, steps: 1)
    #expect(expectations(of: script) == [.prepare(0), .sync, .begin, .step(0), .sync, .commit, .lastSync])
    #expect(script.syncs == 3)
  }

  @Test func `pauses double from the first to the longest, with jitter downwards`() {
    var backoff = Backoff(first: .milliseconds(50), longest: .milliseconds(350))
    #expect(backoff.nextPause(chance: 0) == .milliseconds(25))
    #expect(backoff.nextPause(chance: 0) == .milliseconds(50))
    #expect(backoff.nextPause(chance: 0.5) == .milliseconds(150))
    for _ in 0..<100 { #expect(backoff.nextPause(chance: 0) == .milliseconds(175)) }
    backoff.reset()
    #expect(!backoff.hasFailed)
    #expect(backoff.nextPause(chance: 0) == .milliseconds(25))
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `the queue behaves like an array`(seed: UInt64) {
    var chance = SplitMix(state: seed)
    var queue = FIFO<Int>()
    var model: [Int] = []
    for number in 0..<5_000 {
      switch chance.next() % 16 {
      case 0..<7:
        queue.append(number)
        model.append(number)
      case 7:
        queue.prepend(number)
        model.insert(number, at: 0)
      case 8 where number % 50 == 0:
        #expect(queue.removeAll { $0 % 3 == 0 } == model.filter { $0 % 3 == 0 })
        model.removeAll { $0 % 3 == 0 }
      default:
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.count == model.count && queue.first == model.first && queue.isEmpty == model.isEmpty)
    }
    var rest: [Int] = []
    queue.forEach { rest.append($0) }
    #expect(rest == model)
  }

  @Test(arguments: [
    (0, 0, 1, 1, "connectionsMax"), (5, 4, 1, 1, "connectionsMin"), (-1, 4, 1, 1, "connectionsMin"),
    (1, 4, 0, 1, "pipelineDepthMax"),
    (1, 4, 1, 0, "waitingRequestsMax"),
  ])
  func `limits that cannot hold are named`(least: Int, most: Int, depth: Int, waiting: Int, word: String) {
    var configuration = PostgresConfiguration(conninfo: "")
    #expect(configuration.defect == nil)
    configuration.connectionsMin = least
    configuration.connectionsMax = most
    configuration.pipelineDepthMax = depth
    configuration.waitingRequestsMax = waiting
    #expect(configuration.defect?.contains(word) == true)
  }
}
