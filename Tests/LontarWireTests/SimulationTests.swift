import Testing

@testable import LontarWire

/// Some hundreds of conversations in which everything happens in any order. A failure names its seed.
@Suite struct SimulationTests {
  @Test(arguments: 0..<UInt64(300)) func `client and server agree in any order of events`(seed: UInt64) throws {
    var simulation = Simulation(seed: seed)
    simulation.run(steps: 400)
    #expect(simulation.fault == nil, "seed \(seed)")
  }
}
