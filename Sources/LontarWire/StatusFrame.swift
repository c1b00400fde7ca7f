package import NIOCore

/// The end of a call. Payload: u16 code, u8 fields, u8 zero, then what the field bits name: 1 message (u16 length), 2 details
/// (u16 length, google.rpc.Status), 4 i32 retry pushback in milliseconds, 8 metadata; then the inline message.
package struct StatusFrame: Sendable, Equatable {
  /// One of gRPC's 17 codes; a receiver takes others as UNKNOWN.
  package var code: UInt16
  /// All but metadata are those of a call that has failed.
  private var rare: RareFields<Rare>

  private struct Rare: RareValues {
    var message = ""
    var details: ByteBuffer?
    var pushbackMilliseconds: Int32?
    var metadata = MetadataBlock.empty

    var isEmpty: Bool { fields.isEmpty }

    var fields: Fields {
      var fields: Fields = []
      if !message.isEmpty { fields.insert(.message) }
      if details != nil { fields.insert(.details) }
      if pushbackMilliseconds != nil { fields.insert(.pushback) }
      if !metadata.isEmpty { fields.insert(.metadata) }
      return fields
    }

    var encodedBytes: Int {
      (message.isEmpty ? 0 : 2 + message.utf8.count) + (details.map { 2 + $0.readableBytes } ?? 0)
        + (pushbackMilliseconds == nil ? 0 : 4) + (metadata.isEmpty ? 0 : metadata.encodedBytes)
    }

    func write(to buffer: inout ByteBuffer) {
      if !message.isEmpty {
        buffer.writeInteger(UInt16(message.utf8.count))
        buffer.writeString(message)
      }
      if let details {
        buffer.writeInteger(UInt16(details.readableBytes))
        buffer.writeImmutableBuffer(details)
      }
      if let pushbackMilliseconds { buffer.writeInteger(pushbackMilliseconds) }
      if !metadata.isEmpty { metadata.write(to: &buffer) }
    }
  }

  package var message: String {
    get { rare.values?.message ?? "" }
    set { rare.change { $0.message = newValue } }
  }

  package var details: ByteBuffer? {
    get { rare.values?.details }
    set { rare.change { $0.details = newValue } }
  }

  /// Negative: do not retry.
  package var pushbackMilliseconds: Int32? {
    get { rare.values?.pushbackMilliseconds }
    set { rare.change { $0.pushbackMilliseconds = newValue } }
  }

  package var metadata: MetadataBlock {
    get { rare.values?.metadata ?? .empty }
    set { rare.change { $0.metadata = newValue } }
  }

  private struct Fields: OptionSet {
    let rawValue: UInt8
    static let message = Fields(rawValue: 1)
    static let details = Fields(rawValue: 2)
    static let pushback = Fields(rawValue: 4)
    static let metadata = Fields(rawValue: 8)
    static let known: Fields = [.message, .details, .pushback, .metadata]
  }

  package init(
    code: UInt16, message: String = "", details: ByteBuffer? = nil, pushbackMilliseconds: Int32? = nil,
    metadata: MetadataBlock = .empty
  ) {
    self.code = code
    rare = RareFields(Rare(message: message, details: details, pushbackMilliseconds: pushbackMilliseconds, metadata: metadata))
  }

  /// The same status within the limits: a long message is cut at a character, long details are dropped. If the whole is still longer
  /// than a frame, the details go first and then the metadata: code and message always arrive.
  func within(_ limits: WireLimits) -> StatusFrame {
    guard rare.values != nil else { return self }
    var copy = self
    if message.utf8.count > limits.statusMessageBytesMax {
      copy.message = String(message.cut(utf8Max: limits.statusMessageBytesMax))
    }
    if let details, details.readableBytes > limits.statusDetailsBytesMax { copy.details = nil }
    if copy.encodedBytes > WireLimits.controlPayloadBytesMax { copy.details = nil }
    if copy.encodedBytes > WireLimits.controlPayloadBytesMax { copy.metadata = .empty }
    return copy
  }

  /// A status that says nothing but OK.
  static let okBytes = 4

  var encodedBytes: Int { Self.okBytes + (rare.values?.encodedBytes ?? 0) }

  func write(to buffer: inout ByteBuffer) {
    let rare = rare.values
    buffer.writeMultipleIntegers(code, rare?.fields.rawValue ?? 0, UInt8(0))
    rare?.write(to: &buffer)
  }

  /// Takes the control part off the front of `buffer`; what is left is the inline message.
  static func read(from buffer: inout ByteBuffer, limits: WireLimits) throws(WireError) -> StatusFrame {
    guard let (code, rawFields, zero) = buffer.readMultipleIntegers(as: (UInt16, UInt8, UInt8).self) else { throw truncated }
    let fields = Fields(rawValue: rawFields)
    guard fields.subtracting(.known).isEmpty, zero == 0 else { throw WireError(.protocolError, "STATUS has unknown field bits") }
    guard !fields.isEmpty else { return StatusFrame(code: code) }
    var rare = Rare()
    if fields.contains(.message) {
      // Bytes that are not UTF-8 are repaired: a bad text must not hide the status.
      guard let length = buffer.readInteger(as: UInt16.self), length <= limits.statusMessageBytesMax,
        let bytes = buffer.readSlice(length: Int(length))
      else { throw truncated }
      rare.message = String(decoding: bytes.readableBytesView, as: UTF8.self)
    }
    if fields.contains(.details) {
      guard let length = buffer.readInteger(as: UInt16.self), length <= limits.statusDetailsBytesMax,
        let details = buffer.readSlice(length: Int(length))
      else { throw truncated }
      rare.details = details
    }
    if fields.contains(.pushback) {
      guard let pushback = buffer.readInteger(as: Int32.self) else { throw truncated }
      rare.pushbackMilliseconds = pushback
    }
    if fields.contains(.metadata) { rare.metadata = try MetadataBlock.read(from: &buffer, limits: limits) }
    var frame = StatusFrame(code: code)
    frame.rare = RareFields(rare)
    return frame
  }

  private static let truncated = WireError(.protocolError, "STATUS is cut short or over a limit")
}
