package import NIOCore

/// Cuts one direction of a connection into frames for those who only look: it checks headers and no limits, and of each payload it keeps
/// the beginning. It holds at most a header and `keptBytesMax`, whatever the peer announces.
package struct FrameSplitter: Sendable {
  package enum Piece: Sendable, Equatable {
    case preface
    /// `kept`: the beginning of the payload.
    case frame(FrameHeader, kept: ByteBuffer)
    /// What follows can't be cut into frames; nothing comes after this.
    case unreadable(WireError)
  }

  private let keptBytesMax: Int
  private var awaitsPreface: Bool
  private var isOver = false
  private var header: FrameHeader?
  /// The beginning of the preface, of a header, or what is kept of a payload.
  private var held = ByteBuffer()
  /// Bytes of the payload that are still to come.
  private var payloadLeft = 0

  package init(expectsPreface: Bool, keptBytesMax: Int) {
    awaitsPreface = expectsPreface
    self.keptBytesMax = keptBytesMax
  }

  /// Bytes of a frame that has begun and is not whole; 0 between frames.
  package var heldBytes: Int { header == nil ? held.readableBytes : FrameHeader.bytes + held.readableBytes }

  package mutating func feed(_ bytes: ByteBuffer, _ body: (Piece) -> Void) {
    var bytes = bytes
    while !isOver {
      if awaitsPreface {
        guard hold(&bytes, upTo: FrameDecoder.preface.count) else { return }
        awaitsPreface = false
        guard held.readableBytesView.elementsEqual(FrameDecoder.preface) else {
          return end(WireError(.badPreface, "the connection does not start with the Lontar preface"), body)
        }
        held = ByteBuffer()
        body(.preface)
      } else if let header {
        guard takePayload(&bytes, of: header) else { return }
        self.header = nil
        let kept = held
        held = ByteBuffer()
        body(.frame(header, kept: kept))
      } else {
        guard hold(&bytes, upTo: FrameHeader.bytes) else { return }
        do throws(WireError) {
          let header = try Self.header(held)
          self.header = header
          payloadLeft = header.payloadBytes
          held = ByteBuffer()
        } catch {
          return end(error, body)
        }
      }
    }
  }

  private mutating func end(_ error: WireError, _ body: (Piece) -> Void) {
    isOver = true
    held = ByteBuffer()
    body(.unreadable(error))
  }

  /// True once that many are held.
  private mutating func hold(_ bytes: inout ByteBuffer, upTo count: Int) -> Bool {
    let missing = count - held.readableBytes
    if let part = bytes.readSlice(length: min(missing, bytes.readableBytes)) { held.writeImmutableBuffer(part) }
    return held.readableBytes == count
  }

  private mutating func takePayload(_ bytes: inout ByteBuffer, of header: FrameHeader) -> Bool {
    let count = min(payloadLeft, bytes.readableBytes)
    guard var part = bytes.readSlice(length: count) else { return false }
    payloadLeft -= count
    if let kept = part.readSlice(length: min(count, keptBytesMax - held.readableBytes)) { held.writeImmutableBuffer(kept) }
    return payloadLeft == 0
  }

  /// A header of 12 bytes, checked.
  package static func header(_ bytes: ByteBuffer) throws(WireError) -> FrameHeader {
    guard let (first, last) = bytes.peekMultipleIntegers(as: (UInt64, UInt32).self) else {
      throw WireError(.protocolError, "a frame header is cut short")
    }
    return try FrameHeader(first: first, last: last)
  }
}
