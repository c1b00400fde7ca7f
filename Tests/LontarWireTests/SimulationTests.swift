import Foundation
import Testing

@testable import LontarWire

/// Hundreds of conversations (thousands with `scripts/fuzz seeds`, whose build is faster) in which everything happens in any order: calls
/// of all kinds, resets, deadlines, credit of a few bytes, drains, and the loss of the connection. A failure names its seed;
/// LONTAR_SIMULATION_SEED=N runs that one alone, and LONTAR_SIMULATION_SEEDS=N as many as one likes.
@Suite struct SimulationTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["LONTAR_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 500
  private static let seeds = environment["LONTAR_SIMULATION_SEED"].flatMap(UInt64.init).map { $0..<$0 + 1 } ?? 0..<count

  @Test(arguments: stride(from: seeds.lowerBound, to: seeds.upperBound, by: 100).map { $0..<min($0 + 100, seeds.upperBound) })
  func `client and server agree in any order of events`(seeds: Range<UInt64>) {
    for seed in seeds {
      var simulation = Simulation(seed: seed)
      simulation.run(steps: 400)
      #expect(simulation.fault == nil, "LONTAR_SIMULATION_SEED=\(seed)")
    }
  }

  private static func digest(_ seed: UInt64) -> UInt64? {
    var simulation = Simulation(seed: seed, digests: true)
    simulation.run(steps: 400)
    return simulation.digest
  }

  /// Else a failure's seed would be worth nothing. Each run makes its tables anew, whose own order is another each time.
  @Test(arguments: UInt64(0)..<20) func `a seed always makes the same run`(seed: UInt64) throws {
    let first = try #require(Self.digest(seed))
    for _ in 0..<3 { #expect(Self.digest(seed) == first) }
    #expect(Self.digest(seed + 1_000) != first, "another seed makes another run")
  }

  /// What the runs are for must happen in them.
  @Test func `the runs reach signs of life, and breaks that lose bytes both ways while handlers run`() {
    var all = Simulation.Reached()
    for seed in 0..<UInt64(100) {
      var simulation = Simulation(seed: seed)
      simulation.run(steps: 400)
      all.keepalives += simulation.reached.keepalives
      all.bytesLostToServer += simulation.reached.bytesLostToServer
      all.bytesLostToClient += simulation.reached.bytesLostToClient
      all.handlersStopped += simulation.reached.handlersStopped
    }
    #expect(all.keepalives > 0)
    #expect(all.bytesLostToServer > 0 && all.bytesLostToClient > 0)
    #expect(all.handlersStopped > 0)
  }
}
