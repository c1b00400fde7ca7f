package import NIOCore

/// The start of a call. Payload: u8 fields, u8 attempt, u8 priority, u8 method length, method, then what the field bits name:
/// 1 u64 timeout in nanoseconds, 2 trace context (25 bytes), 4 idempotency key (16 bytes), 8 metadata; then the inline message.
package struct OpenFrame: Sendable, Equatable {
  /// `package.Service/Method` in UTF-8, 1 to 255 bytes.
  package var method: ByteBuffer
  /// What is left of the deadline; nil: none.
  package var timeoutNanoseconds: UInt64?
  /// 1 for the first attempt.
  package var attempt: UInt8
  package var priority: UInt8
  private var rare: RareFields<Rare>

  private struct Rare: RareValues {
    var traceContext: ByteBuffer?
    var idempotencyKey: ByteBuffer?
    var metadata = MetadataBlock.empty

    var isEmpty: Bool { fields.isEmpty }

    var fields: Fields {
      var fields: Fields = []
      if traceContext != nil { fields.insert(.trace) }
      if idempotencyKey != nil { fields.insert(.key) }
      if !metadata.isEmpty { fields.insert(.metadata) }
      return fields
    }

    var encodedBytes: Int {
      (traceContext == nil ? 0 : 25) + (idempotencyKey == nil ? 0 : 16) + (metadata.isEmpty ? 0 : metadata.encodedBytes)
    }

    func write(to buffer: inout ByteBuffer) {
      precondition(traceContext.map { $0.readableBytes == 25 } ?? true, "a trace context has 25 bytes")
      precondition(idempotencyKey.map { $0.readableBytes == 16 } ?? true, "an idempotency key has 16 bytes")
      if let traceContext { buffer.writeImmutableBuffer(traceContext) }
      if let idempotencyKey { buffer.writeImmutableBuffer(idempotencyKey) }
      if !metadata.isEmpty { metadata.write(to: &buffer) }
    }
  }

  /// W3C trace context, 25 bytes: trace id 16, parent id 8, flags 1.
  package var traceContext: ByteBuffer? {
    get { rare.values?.traceContext }
    set { rare.change { $0.traceContext = newValue } }
  }

  /// 16 bytes.
  package var idempotencyKey: ByteBuffer? {
    get { rare.values?.idempotencyKey }
    set { rare.change { $0.idempotencyKey = newValue } }
  }

  package var metadata: MetadataBlock {
    get { rare.values?.metadata ?? .empty }
    set { rare.change { $0.metadata = newValue } }
  }

  private struct Fields: OptionSet {
    let rawValue: UInt8
    static let timeout = Fields(rawValue: 1)
    static let trace = Fields(rawValue: 2)
    static let key = Fields(rawValue: 4)
    static let metadata = Fields(rawValue: 8)
    static let rare: Fields = [.trace, .key, .metadata]
    static let known: Fields = [.timeout, .rare]
  }

  package init(
    method: ByteBuffer, timeoutNanoseconds: UInt64? = nil, attempt: UInt8 = 1, priority: UInt8 = 0,
    traceContext: ByteBuffer? = nil,
    idempotencyKey: ByteBuffer? = nil, metadata: MetadataBlock = .empty
  ) {
    self.method = method
    self.timeoutNanoseconds = timeoutNanoseconds
    self.attempt = attempt
    self.priority = priority
    rare = RareFields(Rare(traceContext: traceContext, idempotencyKey: idempotencyKey, metadata: metadata))
  }

  /// The control part's size, without an inline message.
  var encodedBytes: Int {
    4 + method.readableBytes + (timeoutNanoseconds == nil ? 0 : 8) + (rare.values?.encodedBytes ?? 0)
  }

  /// - Precondition: method, trace context and idempotency key have the lengths that their fields say.
  package func write(to buffer: inout ByteBuffer) {
    precondition((1...255).contains(method.readableBytes), "a method name has 1 to 255 bytes")
    let rare = rare.values
    var fields = rare?.fields ?? []
    if timeoutNanoseconds != nil { fields.insert(.timeout) }
    buffer.writeMultipleIntegers(fields.rawValue, attempt, priority, UInt8(method.readableBytes))
    buffer.writeImmutableBuffer(method)
    if let timeoutNanoseconds { buffer.writeInteger(timeoutNanoseconds) }
    rare?.write(to: &buffer)
  }

  /// Takes the control part off the front of `buffer`; what is left is the inline message.
  static func read(from buffer: inout ByteBuffer, limits: WireLimits) throws(WireError) -> OpenFrame {
    guard let (rawFields, attempt, priority, methodBytes) = buffer.readMultipleIntegers(as: (UInt8, UInt8, UInt8, UInt8).self)
    else { throw truncated }
    let fields = Fields(rawValue: rawFields)
    guard fields.subtracting(.known).isEmpty else { throw WireError(.protocolError, "OPEN has unknown field bits") }
    guard methodBytes > 0, let method = buffer.readSlice(length: Int(methodBytes)) else {
      throw WireError(.protocolError, "OPEN names no method")
    }
    var frame = OpenFrame(method: method, attempt: attempt, priority: priority)
    if fields.contains(.timeout) {
      guard let timeout = buffer.readInteger(as: UInt64.self) else { throw truncated }
      frame.timeoutNanoseconds = timeout
    }
    guard !fields.isDisjoint(with: .rare) else { return frame }
    var rare = Rare()
    if fields.contains(.trace) {
      guard let trace = buffer.readSlice(length: 25) else { throw truncated }
      rare.traceContext = trace
    }
    if fields.contains(.key) {
      guard let key = buffer.readSlice(length: 16) else { throw truncated }
      rare.idempotencyKey = key
    }
    if fields.contains(.metadata) { rare.metadata = try MetadataBlock.read(from: &buffer, limits: limits) }
    frame.rare = RareFields(rare)
    return frame
  }

  private static let truncated = WireError(.protocolError, "OPEN is cut short")
}
