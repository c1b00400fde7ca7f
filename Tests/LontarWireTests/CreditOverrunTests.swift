import NIOCore
import Testing

@testable import LontarWire

/// More message bytes than the connection's credit, on the machines themselves. A connection gives its bytes back as it reads them,
/// so only a frame longer than what is left of its window can overrun it: here streams have 1,024 bytes and the connection hardly
/// more.
@Suite struct CreditOverrunTests {
  private static func limits(calls: UInt64) -> WireLimits {
    var limits = WireLimits()
    (limits.streamWindowBytes, limits.callsMax) = (1_024, calls)
    return limits
  }

  /// Where message bytes can stand in what a client says of stream 1.
  enum Place: String, CaseIterable, Sendable { case message, inline, finishedCall, faultyCall }

  /// Says so many message bytes in one frame.
  private func say(_ place: Place, _ bytes: Int, to server: ServerEnd) throws(WireError) {
    switch place {
    case .inline:
      _ = try server.events(openBytes(1, message: ByteBuffer(count: bytes)))
    case .message:
      _ = try server.events(openBytes(1))
      _ = try server.events(rawFrame(4, stream: 1, lengths(bytes - 8, then: bytes - 8)))
    case .finishedCall:
      _ = try server.events(openBytes(1))
      server.sendStatus(1, StatusFrame(code: 0))
      _ = try server.events(rawFrame(4, stream: 1, ByteBuffer(count: bytes)))
    case .faultyCall:
      _ = try server.events(openBytes(1))
      _ = try server.events(rawFrame(4, stream: 1, flags: 3))
      _ = try server.events(rawFrame(4, stream: 1, ByteBuffer(count: bytes)))
    }
  }

  /// The connection is looked at first: these bytes are over the stream's credit, too, or their stream has none any more.
  @Test(arguments: Place.allCases, [1_024, 1_025])
  func `a server bears the connection's credit and not one byte more`(place: Place, bytes: Int) throws {
    let server = try openServer(Self.limits(calls: 1))
    var fault: WireError?
    do throws(WireError) { try say(place, bytes, to: server) } catch { fault = error }
    guard bytes > 1_024 else {
      #expect(fault == nil)
      return
    }
    server.fail(try #require(fault))
    guard case .goAway(1, 3, _, true)? = try frames(server.takeAll()).last else {
      Issue.record("no GOAWAY with flowControl: \(String(describing: fault))")
      return
    }
    #expect(try server.events(openBytes(3)).isEmpty, "nothing is heard behind it")
  }

  /// Two calls share 2,048 bytes. The first uses 1,023, too few to be given back, and leaves 1,025: one more than a stream has.
  @Test(arguments: [(1_024, "message 3 1016"), (1_025, "failed 3 flowControl"), (1_026, nil)] as [(Int, String?)])
  func `what a stream may not send is its fault, and what the connection may not is the connection's`(bytes: Int, line: String?)
    throws
  {
    let server = try openServer(Self.limits(calls: 2))
    for stream: UInt32 in [1, 3] { _ = try server.events(openBytes(stream)) }
    #expect(try server.events(rawFrame(4, stream: 1, lengths(1_015, then: 1_015))).map(\.line) == ["message 1 1015"])
    let frame = rawFrame(4, stream: 3, lengths(bytes - 8, then: bytes - 8))
    if let line {
      #expect(try server.events(frame).map(\.line) == [line])
    } else {
      #expect(server.errorCode(frame) == .flowControl)
    }
  }

  @Test(arguments: [(1_024, nil), (1_025, .flowControl)] as [(Int, ConnectionErrorCode?)])
  func `credit that came back is worth what CREDIT says`(bytes: Int, code: ConnectionErrorCode?) throws {
    let server = try openServer(Self.limits(calls: 1))
    _ = try server.events(openBytes(1))
    // Half a window, read and taken.
    _ = try server.events(rawFrame(4, stream: 1, lengths(504, then: 504)))
    server.messagesTaken(1)
    let said = try frames(server.takeAll())
    #expect(said.contains(.credit(stream: 0, offset: 1_536)) && said.contains(.credit(stream: 1, offset: 1_536)))
    #expect(server.errorCode(rawFrame(4, stream: 1, lengths(bytes - 8, then: bytes - 8))) == code)
  }

  // MARK: The client

  enum Answer: String, CaseIterable, Sendable { case message, status, finishedCall }

  private func say(_ answer: Answer, _ bytes: Int, to client: ClientEnd) throws(WireError) {
    switch answer {
    case .message:
      _ = try client.events(rawFrame(4, stream: 1, lengths(bytes - 8, then: bytes - 8)))
    case .status:
      var payload = ByteBuffer(hex: "00 00 00 00")
      payload.writeImmutableBuffer(ByteBuffer(count: bytes))
      _ = try client.events(rawFrame(5, stream: 1, flags: 5, payload))
    case .finishedCall:
      _ = try client.events(rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00 00")))
      _ = try client.events(rawFrame(4, stream: 1, ByteBuffer(count: bytes)))
    }
  }

  @Test(arguments: Answer.allCases, [1_024, 1_025])
  func `a client bears the connection's credit and not one byte more`(answer: Answer, bytes: Int) throws {
    let client = try openClient(Self.limits(calls: 1))
    _ = client.open(Call(1), openFrame(), end: true)
    _ = client.takeAll()
    var fault: WireError?
    do throws(WireError) { try say(answer, bytes, to: client) } catch { fault = error }
    guard bytes > 1_024 else {
      #expect(fault == nil)
      return
    }
    client.fail(try #require(fault))
    guard case .goAway(0, 3, _, true)? = try frames(client.takeAll()).last else {
      Issue.record("no GOAWAY with flowControl: \(String(describing: fault))")
      return
    }
  }
}
