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
}
