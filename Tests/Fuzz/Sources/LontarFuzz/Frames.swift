import NIOCore

@testable import LontarWire

/// What a decoder said of some bytes.
private struct Heard: Equatable {
  var frames: [Frame] = []
  var error: WireError?
}

private func decode(_ pieces: [ByteBuffer], limits: WireLimits, expectsPreface: Bool) -> Heard {
  var decoder = FrameDecoder(limits: limits, expectsPreface: expectsPreface)
  var heard = Heard()
  do throws(WireError) {
    for piece in pieces {
      decoder.feed(piece)
      while let frame = try decoder.next() { heard.frames.append(frame) }
      // It waits for one frame at most, and only for one whose header has passed.
      let most = FrameHeader.bytes + max(limits.framePayloadBytesMax, WireLimits.controlPayloadBytesMax)
      demand(decoder.heldBytes < most, "the decoder holds \(decoder.heldBytes) bytes")
    }
  } catch {
    heard.error = error
  }
  return heard
}

/// The same events for any split, and every frame that was read can be written and read again. The first byte chooses limits and
/// preface, the second the split.
func checkFrames(_ input: ByteBuffer) -> Int32 {
  var bytes = input
  guard let mode = bytes.readInteger(as: UInt8.self), let split = bytes.readInteger(as: UInt8.self) else { return -1 }
  var limits = WireLimits()
  if mode & 1 == 1 { limits.framePayloadBytesMax = 1_024 }
  let whole = decode([bytes], limits: limits, expectsPreface: mode & 2 == 2)
  var pieces: [ByteBuffer] = []
  var rest = bytes
  while let piece = rest.readSlice(length: min(Int(split) % 37 + 1, max(1, rest.readableBytes))) { pieces.append(piece) }
  let split1 = decode(pieces, limits: limits, expectsPreface: mode & 2 == 2)
  demand(whole == split1, "a split changes what is heard: \(whole) and \(split1)")
  for frame in whole.frames { checkRewriting(frame, limits) }
  return 0
}

/// One payload behind a header that fits it: the first two bytes are type and flags, the next the codec.
func checkPayload(_ input: ByteBuffer) -> Int32 {
  var bytes = input
  guard let (type, flags, codec) = bytes.readMultipleIntegers(as: (UInt8, UInt8, UInt8).self) else { return -1 }
  let known = FrameType(rawValue: type % 13)
  let stream: UInt32 =
    switch known {
    case .hello, .maxCalls, .ping, .goAway, .hint: 0
    default: 1
    }
  let frame = rawFrame(type % 13, stream: stream, flags: flags, codec: codec, bytes)
  let heard = decode([frame], limits: WireLimits(), expectsPreface: false)
  demand(heard.frames.count <= 1, "one frame in, several out")
  for frame in heard.frames {
    checkRewriting(frame, WireLimits(), original: rawFrame(type % 13, stream: stream, flags: flags, codec: codec, bytes))
  }
  return 0
}

/// What was read is read again from what is written of it; a frame in its only form is written as it came.
private func checkRewriting(_ frame: Frame, _ limits: WireLimits, original: ByteBuffer? = nil) {
  guard let written = rewrite(frame) else { return }
  let again = decode([written], limits: limits, expectsPreface: false)
  demand(again == Heard(frames: [frame]), "\(frame) was written and read as \(again)")
  if let original, original.readableBytes == written.readableBytes, !frame.hasSeveralForms {
    demand(original == written, "\(frame) came as \(original.hexDump(format: .compact)) and is written differently")
  }
}

/// nil: a frame that has no writer or more than one form.
private func rewrite(_ frame: Frame) -> ByteBuffer? {
  var payload = ByteBuffer()
  switch frame {
  case .hello(let hello):
    guard hello.software.utf8.count <= 64, (hello.rejection?.reason.utf8.count ?? 0) <= 256 else { return nil }
    hello.write(to: &payload)
    return rawFrame(0x01, payload)
  case .open(let stream, let open, let message, let codec, let end):
    open.write(to: &payload)
    if let message { payload.writeImmutableBuffer(message) }
    return rawFrame(0x02, stream: stream, flags: (end ? 1 : 0) | (message == nil ? 0 : 4), codec: codec, payload)
  case .head(let stream, let metadata):
    metadata.write(to: &payload)
    return rawFrame(0x03, stream: stream, payload)
  case .message(let stream, let bytes, let codec, let more, let end):
    return rawFrame(0x04, stream: stream, flags: (end ? 1 : 0) | (more ? 2 : 0), codec: codec, bytes)
  case .status(let stream, let status, let message, let codec):
    guard status.message.utf8.count <= 2_048 else { return nil }
    status.write(to: &payload)
    if let message { payload.writeImmutableBuffer(message) }
    return rawFrame(0x05, stream: stream, flags: 1 | (message == nil ? 0 : 4), codec: codec, payload)
  case .reset(let stream, let code, let reason, let notProcessed):
    guard reason.utf8.count <= 512 else { return nil }
    payload.writeInteger(code)
    payload.writeString(reason)
    return rawFrame(0x06, stream: stream, flags: notProcessed ? 0x10 : 0, payload)
  case .credit(let stream, let offset):
    payload.writeInteger(offset)
    return rawFrame(0x07, stream: stream, payload)
  case .maxCalls(let calls):
    payload.writeInteger(calls)
    return rawFrame(0x08, payload)
  case .ping(let value, let ack):
    payload.writeInteger(value)
    return rawFrame(0x09, flags: ack ? 8 : 0, payload)
  case .goAway(let last, let code, let reason, let final):
    guard reason.utf8.count <= 512 else { return nil }
    payload.writeMultipleIntegers(last, code, UInt8(final ? 1 : 0), UInt8(0))
    payload.writeString(reason)
    return rawFrame(0x0A, payload)
  case .blocked(let notice):
    notice.write(to: &payload)
    return rawFrame(0x0B, stream: notice.stream, flags: 0x80, payload)
  case .hint(let hint):
    hint.write(to: &payload)
    return rawFrame(0x0C, flags: 0x80, payload)
  case .ignorable: return nil
  }
}

extension Frame {
  /// It has more than one form of the same length: bytes that were no UTF-8 have been replaced, or IGNORABLE may be missing.
  fileprivate var hasSeveralForms: Bool {
    switch self {
    case .hello, .blocked, .hint: true
    case .status(_, let status, _, _): status.message.unicodeScalars.contains("\u{FFFD}")
    case .reset(_, _, let reason, _), .goAway(_, _, let reason, _): reason.unicodeScalars.contains("\u{FFFD}")
    default: false
    }
  }
}
