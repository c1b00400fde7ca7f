internal import LontarWire
internal import NIOCore

/// A frame for people and scripts: its header, and what LontarWire's decoder finds in its payload.
package struct FrameDescription: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case number(UInt64)
    case signed(Int64)
    case text(String)
    case flag(Bool)
    case object([Field])
    case list([Value])
  }

  package struct Field: Sendable, Equatable {
    package let name: String
    package var value: Value

    init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// As PROTOCOL.md writes it; `0x7F` for types it doesn't know.
  package let type: String
  package let stream: UInt32
  /// As PROTOCOL.md writes them.
  package let flags: [String]
  package let codec: UInt8
  package let payloadBytes: Int
  package var fields: [Field] = []
  /// Why the payload can't be decoded, as the other side would be told; nil: it could.
  package var problem: String?

  /// - Parameters:
  ///   - payload: its beginning, with all of the control part; the rest counts as zeros. nil: it was not kept.
  ///   - showsSecrets: false: values of metadata are zeros and not shown, nor are message bytes.
  init(_ header: FrameHeader, payload: ByteBuffer?, showsSecrets: Bool) {
    let known = FrameType(rawValue: header.rawType)
    type = known?.wireName ?? "0x" + Hex.text([header.rawType]).uppercased()
    stream = header.stream
    flags = header.flags.wireNames
    codec = header.codec
    payloadBytes = header.payloadBytes
    guard let payload else {
      problem = "the payload was not kept: its control part is broken"
      return
    }
    do throws(WireError) {
      if let frame = try Self.decode(header, payload) {
        fields = FrameFields(payload: payload, codec: header.codec, showsSecrets: showsSecrets).of(frame)
      }
    } catch {
      problem = error.reason
    }
  }

  private static func decode(_ header: FrameHeader, _ payload: ByteBuffer) throws(WireError) -> Frame? {
    var limits = WireLimits()
    // What was agreed on that connection is not known here: nothing is too large.
    limits.framePayloadBytesMax = 1 << 24
    var decoder = FrameDecoder(limits: limits, expectsPreface: false)
    var bytes = ByteBuffer()
    bytes.writeFrameHeader(header)
    bytes.writeImmutableBuffer(payload)
    bytes.writeRepeatingByte(0, count: max(0, header.payloadBytes - payload.readableBytes))
    decoder.feed(bytes)
    return try decoder.next()
  }
}

/// The fields of a decoded frame, by the names of PROTOCOL.md.
private struct FrameFields {
  typealias Field = FrameDescription.Field

  let payload: ByteBuffer
  let codec: UInt8
  let showsSecrets: Bool

  func of(_ frame: Frame) -> [Field] {
    switch frame {
    case .hello(let hello): hello.fields
    case .open(_, let open, let message, _, _): self.open(open) + inline(message)
    case .head(_, let metadata): self.metadata(metadata)
    case .message(_, let bytes, _, let more, _): self.message(bytes, more: more)
    case .status(_, let status, let message, _): self.status(status) + inline(message)
    case .reset(_, let code, let reason, _):
      [Field("code", .text(name(ResetCode(rawValue: code), code))), Field("reason", .text(reason))]
    case .credit(_, let offset): [Field("offset", .number(offset))]
    case .maxCalls(let count): [Field("calls", .number(count))]
    case .ping(let value, _): [Field("value", .text("0x" + Hex.text(Hex.bytes(value))))]
    case .goAway(let last, let code, let reason, let final):
      [
        Field("last_stream", .number(UInt64(last))),
        Field("code", .text(name(ConnectionErrorCode(rawValue: code), code))), Field("reason", .text(reason)),
        Field("final", .flag(final)),
      ]
    case .blocked(let notice): [Field("limit", .text("\(notice.limit)")), Field("offset", .number(notice.offset))]
    case .hint(let hint):
      [Field("level", .text("\(hint.level)")), Field("retry_after_ms", .number(UInt64(hint.retryAfterMilliseconds)))]
    case .ignorable: []
    }
  }

  private func open(_ open: OpenFrame) -> [Field] {
    var fields = [Field("method", .text(String(buffer: open.method)))]
    if let timeout = open.timeoutNanoseconds { fields.append(Field("timeout_ns", .number(timeout))) }
    fields.append(Field("attempt", .number(UInt64(open.attempt))))
    if open.priority != 0 { fields.append(Field("priority", .number(UInt64(open.priority)))) }
    if let trace = open.traceContext.flatMap({ TraceContext(bytes: $0) }) {
      fields.append(Field("traceparent", .text(trace.traceParent)))
    }
    if let key = open.idempotencyKey { fields.append(Field("idempotency_key", .text(Hex.text(key.readableBytesView)))) }
    return fields + metadata(open.metadata)
  }

  private func status(_ status: StatusFrame) -> [Field] {
    let code = StatusCode(rawValue: status.code)
    var fields = [Field("code", .text(code?.description ?? "\(status.code)"))]
    if !status.message.isEmpty { fields.append(Field("message", .text(status.message))) }
    if let details = status.details {
      fields.append(Field("details_bytes", .number(UInt64(details.readableBytes))))
      if showsSecrets { fields.append(Field("details", .text(Hex.text(details.readableBytesView)))) }
    }
    if let pushback = status.pushbackMilliseconds { fields.append(Field("pushback_ms", .signed(Int64(pushback)))) }
    return fields + metadata(status.metadata)
  }

  /// Keys with the lengths of their values, or with the values: as text where they are printable, else in hexadecimal digits.
  private func metadata(_ block: MetadataBlock) -> [Field] {
    if block.isEmpty { return [] }
    var entries: [Field] = []
    block.forEach { key, value in
      let value: FrameDescription.Value = showsSecrets ? .text(Self.shown(value)) : .number(UInt64(value.count))
      // A key may come several times; as a member of an object it comes once.
      guard let place = entries.firstIndex(where: { $0.name == key }) else { return entries.append(Field(key, value)) }
      if case .list(let values) = entries[place].value {
        entries[place].value = .list(values + [value])
      } else {
        entries[place].value = .list([entries[place].value, value])
      }
    }
    return [Field(showsSecrets ? "metadata" : "metadata_bytes", .object(entries))]
  }

  private static func shown(_ value: [UInt8]) -> String {
    value.allSatisfy { (0x20..<0x7F).contains($0) } ? String(decoding: value, as: UTF8.self) : "0x" + Hex.text(value)
  }

  /// A message behind the control part of OPEN or STATUS.
  private func inline(_ message: ByteBuffer?) -> [Field] {
    guard var message else { return [] }
    if codec != 0, let plainBytes = message.readInteger(as: UInt32.self) {
      return [
        Field("message_bytes", .number(UInt64(message.readableBytes))),
        Field("message_uncompressed", .number(UInt64(plainBytes))),
      ] + bytes(message)
    }
    return [Field("message_bytes", .number(UInt64(message.readableBytes)))] + bytes(message)
  }

  private func message(_ bytes: ByteBuffer, more: Bool) -> [Field] {
    var rest = bytes
    // A first fragment says how long the whole is; one frame alone doesn't say whether it is first.
    guard payload.readableBytes >= 8, let (total, uncompressed) = rest.readMultipleIntegers(as: (UInt32, UInt32).self),
      more ? total > rest.readableBytes : total == rest.readableBytes
    else { return [Field("message_bytes", .number(UInt64(bytes.readableBytes)))] + self.bytes(bytes) }
    return [
      Field("message_bytes", .number(UInt64(rest.readableBytes))), Field("message_total", .number(UInt64(total))),
      Field("message_uncompressed", .number(UInt64(uncompressed))),
    ] + self.bytes(rest)
  }

  private func bytes(_ message: ByteBuffer) -> [Field] {
    guard showsSecrets, message.readableBytes > 0 else { return [] }
    return [Field("message_hex", .text(Hex.text(message.readableBytesView.prefix(FrameLogFormat.payloadKeptMax))))]
  }

  private func name(_ code: (some Any)?, _ number: UInt32) -> String { code.map { "\($0)" } ?? "\(number)" }
}

extension Hello {
  fileprivate var fields: [FrameDescription.Field] {
    typealias Field = FrameDescription.Field
    var fields = [
      Field("version_min", .number(UInt64(versionMin))), Field("version_max", .number(UInt64(versionMax))),
      Field("environment", .text(Hex.text(environment))), Field("schema_hash", .text(Hex.text(Hex.bytes(schemaHash)))),
      Field("software", .text(software)), Field("frame_payload_max", .number(UInt64(framePayloadBytesMax))),
      Field("message_max", .number(UInt64(messageBytesMax))), Field("stream_window", .number(streamWindowBytes)),
      Field("connection_window", .number(connectionWindowBytes)), Field("calls", .number(callsMax)),
      Field("codecs", .number(UInt64(codecs))),
    ]
    if let rejection {
      let code = ConnectionErrorCode(rawValue: rejection.code).map { "\($0)" } ?? "\(rejection.code)"
      fields += [Field("rejection_code", .text(code)), Field("rejection_reason", .text(rejection.reason))]
    }
    return fields
  }
}

private enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)

  static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }
}

extension FrameType {
  fileprivate var wireName: String {
    switch self {
    case .hello: "HELLO"
    case .open: "OPEN"
    case .head: "HEAD"
    case .message: "MSG"
    case .status: "STATUS"
    case .reset: "RESET"
    case .credit: "CREDIT"
    case .maxCalls: "MAX_CALLS"
    case .ping: "PING"
    case .goAway: "GOAWAY"
    case .blocked: "BLOCKED"
    case .hint: "HINT"
    }
  }
}

extension FrameFlags {
  fileprivate var wireNames: [String] {
    let names: [(FrameFlags, String)] = [
      (.end, "END"), (.more, "MORE"), (.inline, "INLINE"), (.ack, "ACK"), (.notProcessed, "NOT_PROCESSED"),
      (.ignorable, "IGNORABLE"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}
