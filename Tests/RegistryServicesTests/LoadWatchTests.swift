internal import Lontar
internal import Testing

@testable internal import RegistryServer

@Suite struct LoadWatchTests {
  private static let overloaded = ServerLoad.overloaded(retryAfter: .milliseconds(500))

  @Test(
    arguments: [
      (ServerLoad.normal, 0, ServerLoad.normal), (.normal, 0.249, .normal), (.normal, 0.25, .busy), (.normal, 0.499, .busy),
      (.normal, 0.5, overloaded), (.busy, 0.125, .busy), (.busy, 0.124, .normal), (.busy, 0.499, .busy), (.busy, 0.5, overloaded),
      (overloaded, 1, overloaded), (overloaded, 0.25, overloaded), (overloaded, 0.249, .busy), (overloaded, 0.124, .normal),
    ] as [(ServerLoad, Double, ServerLoad)])
  func `the load follows the fullest queue and does not flap`(before: ServerLoad, fullness: Double, after: ServerLoad) {
    #expect(LoadWatch.load(after: before, fullness: fullness) == after)
  }
}
