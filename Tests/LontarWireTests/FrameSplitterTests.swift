import NIOCore
import Testing

@testable import LontarWire

@Suite struct FrameSplitterTests {
  private func pieces(_ bytes: ByteBuffer, cutAt cut: Int? = nil, expectsPreface: Bool = true, keptMax: Int = 1 << 20)
    -> [FrameSplitter.Piece]
  {
    var splitter = FrameSplitter(expectsPreface: expectsPreface, keptBytesMax: keptMax)
    var (pieces, bytes) = ([FrameSplitter.Piece](), bytes)
    if let cut, let first = bytes.readSlice(length: cut) { splitter.feed(first) { pieces.append($0) } }
    splitter.feed(bytes) { pieces.append($0) }
    return pieces
  }

  @Test func `a session is cut into its frames wherever its bytes are cut`() throws {
    let session = try Golden.session(Golden.clientSession)
    let whole = pieces(session)
    #expect(whole.count == Golden.clientSession.count + 1)
    #expect(whole.first == .preface)
    for cut in 0...session.readableBytes { #expect(pieces(session, cutAt: cut) == whole) }
  }

  @Test(arguments: [0, 1, 99, 100, 101])
  func `of a payload only the beginning is held`(keptMax: Int) {
    var bytes = ByteBuffer()
    bytes.writeFrameHeader(FrameHeader(payloadBytes: 100, type: .message, stream: 1))
    bytes.writeBytes(0..<100)
    bytes.writeFrameHeader(FrameHeader(payloadBytes: 8, type: .ping, stream: 0))
    bytes.writeInteger(UInt64(7))
    let found = pieces(bytes, expectsPreface: false, keptMax: keptMax)
    #expect(found.count == 2)
    guard case .frame(let header, let kept) = found.first else {
      Issue.record("no frame")
      return
    }
    #expect(header.payloadBytes == 100)
    #expect(kept == ByteBuffer(bytes: (0..<100).prefix(keptMax)))
  }

  @Test func `an announced payload of 16 MiB takes no memory`() {
    var splitter = FrameSplitter(expectsPreface: false, keptBytesMax: 16)
    var bytes = ByteBuffer()
    bytes.writeFrameHeader(FrameHeader(payloadBytes: 0xFF_FFFF, type: .message, stream: 1))
    for _ in 0..<1_000 {
      bytes.writeRepeatingByte(1, count: 1_000)
      splitter.feed(bytes) { _ in Issue.record("nothing is whole") }
      bytes.clear()
      #expect(splitter.heldBytes <= FrameHeader.bytes + 16)
    }
  }

  @Test func `what is no frame ends the reading`() {
    let bad = pieces(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
    #expect(bad == [.unreadable(WireError(.badPreface, "the connection does not start with the Lontar preface"))])
    var bytes = ByteBuffer()
    bytes.writeFrameHeader(FrameHeader(payloadBytes: 0, type: .message, stream: 1, flags: .end))
    bytes.writeBytes([0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0])
    bytes.writeFrameHeader(FrameHeader(payloadBytes: 0, type: .message, stream: 1, flags: .end))
    let found = pieces(bytes, expectsPreface: false)
    #expect(found.count == 2)
    if case .unreadable = found[1] {} else { Issue.record("a reserved bit was taken") }
  }
}

@Suite struct FrameRedactionTests {
  private func encoded(_ write: (inout ByteBuffer) throws -> Void) rethrows -> ByteBuffer {
    var buffer = ByteBuffer()
    try write(&buffer)
    return buffer
  }

  @Test func `values become zeros of their length, keys and all else stay`() throws {
    let secret = Array("Bearer s3cret".utf8)
    let metadata = try MetadataBlock([("authorization", secret), ("k", [1])], limits: WireLimits())
    let open = OpenFrame(method: ByteBuffer(string: "a.B/C"), timeoutNanoseconds: 5, metadata: metadata)
    let payload = encoded {
      open.write(to: &$0)
      $0.writeString("message")
    }
    let header = FrameHeader(payloadBytes: payload.readableBytes, type: .open, stream: 1, flags: [.end, .inline])
    var part = try #require(FrameRedaction.controlPart(header, payload, isFirstFragment: false))
    #expect(part.readableBytes == payload.readableBytes - "message".utf8.count)
    let read = try OpenFrame.read(from: &part, limits: WireLimits())
    #expect(read.method == open.method && read.timeoutNanoseconds == 5)
    var entries: [String: [UInt8]] = [:]
    read.metadata.forEach { entries[$0] = $1 }
    #expect(entries == ["authorization": Array(repeating: 0, count: secret.count), "k": [0]])
  }

  @Test func `a control part that can't be read is not kept at all`() throws {
    let header = FrameHeader(payloadBytes: 9, type: .open, stream: 1)
    #expect(FrameRedaction.controlPart(header, ByteBuffer(bytes: [8, 1, 0, 1, 0x61, 0, 9, 5, 5]), isFirstFragment: false) == nil)
    // A status text that is not UTF-8 is repaired when it is read, and then has another length.
    let status = encoded {
      $0.writeMultipleIntegers(UInt16(3), UInt8(1), UInt8(0), UInt16(1))
      $0.writeInteger(UInt8(0xFF))
    }
    let other = FrameHeader(payloadBytes: status.readableBytes, type: .status, stream: 1, flags: .end)
    #expect(FrameRedaction.controlPart(other, status, isFirstFragment: false) == nil)
  }

  @Test(arguments: [(true, 8), (false, 0)])
  func `of message bytes the lengths stay, if there are any`(isFirst: Bool, kept: Int) {
    let header = FrameHeader(payloadBytes: 20, type: .message, stream: 1)
    let part = FrameRedaction.controlPart(header, ByteBuffer(repeating: 7, count: 20), isFirstFragment: isFirst)
    #expect(part?.readableBytes == kept)
  }

  @Test func `of a type that nobody knows nothing is kept`() {
    var header = FrameHeader(payloadBytes: 5, type: .hint, stream: 0, flags: .ignorable)
    header.rawType = 0x7F
    #expect(FrameRedaction.controlPart(header, ByteBuffer(string: "later"), isFirstFragment: false) == ByteBuffer())
  }
}
