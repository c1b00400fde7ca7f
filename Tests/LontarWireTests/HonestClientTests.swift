import NIOCore
import Testing

@testable import LontarWire

/// What our own client does by itself must never cost it the connection at our own server, with the limits that both have by
/// default.
@Suite struct HonestClientTests {
  /// 200 answers of 1 MiB within half a minute, 56 megabit a second. Each has its stream's window grow, and to find out by how much
  /// the client sends PINGs, which the server counts.
  @Test func `a client that takes many long answers is not sent away for the PINGs that tune its windows`() throws {
    var limits = WireLimits()
    limits.streamWindowBytesMax = 4 << 20
    let pair = try Pair(clientLimits: limits)
    let answer = ByteBuffer(repeating: 0, count: 1 << 20)
    for number in 1...200 {
      try #require(pair.client.canOpen)
      _ = pair.client.open(Call(number), openFrame(), end: true)
      try pair.exchange { event in
        guard case .open(let stream, _, _, _) = event else { return }
        pair.server.sendStatus(stream, StatusFrame(code: 0), message: answer)
        pair.server.handlerFinished()
      }
      #expect(
        pair.clientEvents.last?.line == "status \(number) 0 inline -1" || pair.clientEvents.contains { $0.line == "more calls" })
      // A megabyte each.
      (pair.clientEvents, pair.serverEvents) = ([], [])
    }
  }
}
