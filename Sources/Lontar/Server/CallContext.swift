public import LontarCompression
public import LontarTLS
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// What a handler knows of its call.
public struct CallContext: Sendable {
  let facts: CallFacts

  init(_ facts: CallFacts) {
    self.facts = facts
  }

  /// For handlers that are called without a connection, as tests of services do. Its request's id is "direct-1".
  /// - Throws: `RPCError` if the metadata is over a limit.
  package init(method: String, metadata: Metadata = Metadata(), idempotencyKey: [UInt8]? = nil) throws(RPCError) {
    let open = OpenFrame(
      method: ByteBuffer(string: method), idempotencyKey: idempotencyKey.map { ByteBuffer(bytes: $0) },
      metadata: try metadata.block(WireLimits()))
    facts = CallFacts(method: method, connection: "direct", stream: 1, open: open, codecs: 1, peer: nil, deadline: nil)
  }

  /// `package.Service/Method`.
  public var method: String { facts.method }
  public var metadata: Metadata { Metadata(facts.metadata) }
  /// Names the call in logs and errors; unique for as long as the logs live.
  public var requestID: String { facts.requestID }
  /// The same for each attempt of one act; 16 bytes.
  public var idempotencyKey: [UInt8]? { facts.idempotencyKey.map { Array($0.readableBytesView) } }
  /// 1 for the first attempt.
  public var attempt: Int { Int(facts.attempt) }
  /// W3C trace context of the caller, as `traceparent` writes it; nil: it sent none.
  public var traceParent: String? { facts.traceContext.flatMap { TraceContext(bytes: $0)?.traceParent } }
  /// Who the client is by its certificate, if it showed one.
  public var peer: TLSPeer? { facts.peer }

  /// What is left of the caller's deadline, or of the longest that the server allows; nil: the handler was called without a connection.
  public var remaining: Duration? {
    facts.deadline.map { .nanoseconds(Int64(clamping: $0.remainingNanoseconds)) }
  }

  /// Metadata that goes before the first message; no effect once that has been sent.
  public func setInitialMetadata(_ metadata: Metadata) {
    facts.reply.withLock { $0.initial = metadata }
  }

  /// Answers go compressed from now on, if the client takes this codec. Never for messages that hold a secret beside what the caller
  /// can choose: their lengths would tell it byte by byte.
  /// - Returns: false: the client does not take it; answers go as they are.
  @discardableResult
  public func compressAnswers(_ codec: MessageCodec?) -> Bool {
    let isTaken = codec.map { facts.codecs >> $0.rawValue & 1 == 1 } ?? true
    facts.answerCodec = isTaken ? codec : nil
    return isTaken
  }

  /// How the request came that was taken last; nil: as it is.
  public var requestCodec: MessageCodec? { facts.requestCodec }

  /// Metadata that goes with the status.
  public func setTrailingMetadata(_ metadata: Metadata) {
    facts.reply.withLock { $0.trailing = metadata }
  }
}

/// What is known of a call from its OPEN on, and what its handler says for the frames around its messages.
///
/// Unchecked because `ServerCall`, which is one, has state of its own; what is here is constant or behind the lock.
class CallFacts: @unchecked Sendable {
  struct Reply {
    var initial: Metadata?
    var trailing: Metadata?
    /// Of the span around the handler; nil: there is none.
    var trace: TraceContext?
  }

  let method: String
  let connection: String
  let stream: UInt32
  let metadata: MetadataBlock
  let idempotencyKey: ByteBuffer?
  let traceContext: ByteBuffer?
  let attempt: UInt8
  let peer: TLSPeer?
  let deadline: NIODeadline?
  let reply = Mutex(Reply())
  /// Bit n: the client takes messages of codec n.
  let codecs: UInt32
  private let answerCodecByte = Atomic<UInt8>(0)
  private let requestCodecByte = Atomic<UInt8>(0)

  /// - Parameter connection: with the stream it makes the request's id.
  init(
    method: String, connection: String, stream: UInt32, open: OpenFrame, codecs: UInt32, peer: TLSPeer?,
    deadline: NIODeadline?
  ) {
    self.method = method
    self.connection = connection
    self.stream = stream
    self.codecs = codecs
    self.peer = peer
    self.deadline = deadline
    // Copies: a slice would keep the whole read alive for as long as the call runs.
    metadata = open.metadata.compacted()
    idempotencyKey = open.idempotencyKey.map { ByteBuffer(bytes: $0.readableBytesView) }
    traceContext = open.traceContext.map { ByteBuffer(bytes: $0.readableBytesView) }
    attempt = open.attempt
  }

  final var answerCodec: MessageCodec? {
    get { MessageCodec(rawValue: answerCodecByte.load(ordering: .relaxed)) }
    set { answerCodecByte.store(newValue?.rawValue ?? 0, ordering: .relaxed) }
  }

  final var requestCodec: MessageCodec? { MessageCodec(rawValue: requestCodecByte.load(ordering: .relaxed)) }

  final func noteRequest(_ codec: UInt8) {
    requestCodecByte.store(codec, ordering: .relaxed)
  }

  final var requestID: String { "\(connection)-\(stream)" }
}
