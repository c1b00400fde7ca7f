internal import COpenSSL
internal import NIOCore

/// One connection's TLS: ciphertext goes in and comes out as buffers, results come back as values.
///
/// Owns an `SSL`. Used from one event loop only. Each call clears OpenSSL's error queue first, because a stale entry of any other
/// user of this thread would turn "needs more bytes" into a failure, and asks `SSL_get_error` right after.
final class TLSSession {
  enum Progress {
    case done
    case needsBytes
    indirect case failed(TLSError)
  }

  enum ReadResult {
    case bytes(Int)
    case needsBytes
    case closeNotify
    indirect case failed(TLSError)
  }

  /// A record's header, content type and authentication tag: RFC 8446, section 5.2, with a 16-byte tag.
  static let recordOverheadBytes = 22
  static let recordPlaintextBytesMax = 16_384

  let context: TLSContext
  let ssl: OpaquePointer
  private let bio: ByteBufferBIO
  private var handshaking = true
  /// `bio.takenBytes` when plaintext last came out: what came in since is a record of which we hold a part.
  @exclusivity(unchecked) private var takenBytesAtRecordEnd = 0

  init(context: TLSContext, allocator: ByteBufferAllocator) throws(TLSError) {
    let bio = ByteBufferBIO(allocator: allocator)
    ERR_clear_error()
    guard let ssl = SSL_new(context.pointer) else { throw Self.outOfMemory() }
    guard let end = bio.makeBIO() else {
      SSL_free(ssl)
      throw Self.outOfMemory()
    }
    // One reference serves both directions: SSL_set_bio takes only one when they are the same.
    SSL_set_bio(ssl, end, end)
    self.context = context
    self.bio = bio
    self.ssl = ssl
    switch context.role {
    case .server: SSL_set_accept_state(ssl)
    case .client(let serverName):
      SSL_set_connect_state(ssl)
      try expect(serverName: serverName)
    }
  }

  deinit {
    SSL_free(ssl)
  }

  // MARK: Bytes

  func receive(_ ciphertext: ByteBuffer) {
    bio.receive(ciphertext)
  }

  func takeCiphertext() -> ByteBuffer? {
    bio.takeOutbound()
  }

  /// Whether a read may bring more. Without read-ahead OpenSSL holds no whole record, so an empty BIO means there is none.
  var mayHavePlaintext: Bool {
    bio.inboundBytes > 0 || SSL_pending(ssl) > 0
  }

  /// Upper bound of the plaintext that reading can bring now: what is here, and the record that OpenSSL has taken a part of. Records
  /// without plaintext (session tickets, key updates) may have gone by in any number.
  var plaintextBytesBound: Int {
    bio.inboundBytes + min(bio.takenBytes &- takenBytesAtRecordEnd, Self.recordPlaintextBytesMax + Self.recordOverheadBytes)
  }

  func releaseInbound() {
    bio.releaseInbound()
  }

  // MARK: Calls

  func handshake() -> Progress {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 {
      handshaking = false
      takenBytesAtRecordEnd = bio.takenBytes
      return .done
    }
    let status = SSL_get_error(ssl, result)
    return status == SSL_ERROR_WANT_READ ? .needsBytes : .failed(failure())
  }

  /// Appends one record's plaintext, or a part of it.
  func read(into plaintext: inout ByteBuffer) -> ReadResult {
    let room = min(max(plaintextBytesBound, Int(SSL_pending(ssl)), 1), Self.recordPlaintextBytesMax)
    var count: Int32 = 0
    // SAFETY: OpenSSL writes at most the writable bytes it is told of; `count` is how many it wrote.
    plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
      OpenSSLErrorQueue.clear()
      count = SSL_read(ssl, target.baseAddress, Int32(clamping: target.count))
      return Int(max(count, 0))
    }
    if count > 0 {
      takenBytesAtRecordEnd = bio.takenBytes
      return .bytes(Int(count))
    }
    switch SSL_get_error(ssl, count) {
    case SSL_ERROR_WANT_READ: return .needsBytes
    case SSL_ERROR_ZERO_RETURN: return .closeNotify
    default: return .failed(failure())
    }
  }

  /// Encrypts all of `plaintext`; the BIO is always writable, so there is no part left over.
  func write(_ plaintext: ByteBuffer) -> Progress {
    let count = plaintext.readableBytes
    guard count > 0 else { return .done }
    let records = (count + Self.recordPlaintextBytesMax - 1) / Self.recordPlaintextBytesMax
    bio.prepareOutbound(bytes: count + records * Self.recordOverheadBytes)
    // SAFETY: OpenSSL reads the readable bytes during the call only.
    let written = plaintext.withUnsafeReadableBytes { source in
      OpenSSLErrorQueue.clear()
      return SSL_write(ssl, source.baseAddress, Int32(source.count))
    }
    return written == Int32(count) ? .done : .failed(failure())
  }

  /// Puts our close_notify into the ciphertext. Must not be called after a failure.
  func sendCloseNotify() {
    ERR_clear_error()
    _ = SSL_shutdown(ssl)
    ERR_clear_error()
  }

  // MARK: Facts, after the handshake

  var applicationProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    // SAFETY: the bytes belong to the SSL and are copied here.
    SSL_get0_alpn_selected(ssl, &name, &count)
    guard let name, count > 0 else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  var peer: TLSPeer? {
    // SAFETY: borrowed from the SSL, used within this call.
    SSL_get0_peer_certificate(ssl).map { Certificate(pointer: $0).peer() }
  }

  // MARK: Private

  /// Takes the error queue; must directly follow `SSL_get_error`.
  private func failure() -> TLSError {
    let faults = OpenSSLErrorQueue.drain()
    let serverName: String? = if case .client(let name) = context.role { name } else { nil }
    return TLSError.from(
      faults, verifyResult: SSL_get_verify_result(ssl), expectedProtocols: context.protocols.names, serverName: serverName,
      handshaking: handshaking)
  }

  /// An IP address is compared with the certificate's IP names and not sent; a host name is sent as SNI too.
  private func expect(serverName: String) throws(TLSError) {
    ERR_clear_error()
    let rules = SSL_get0_param(ssl)
    let address = serverName.hasPrefix("[") ? String(serverName.dropFirst().dropLast()) : serverName
    if X509_VERIFY_PARAM_set1_ip_asc(rules, address) == 1 { return }
    X509_VERIFY_PARAM_set_hostflags(rules, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    guard X509_VERIFY_PARAM_set1_host(rules, serverName, 0) == 1, lontar_ssl_set_server_name(ssl, serverName) == 1 else {
      throw TLSError(
        .configurationInvalid, "\"\(serverName)\" cannot be a server's name", remedy: "give a host name or an IP address",
        detail: OpenSSLErrorQueue.describe(OpenSSLErrorQueue.drain()), parameters: ["name": serverName])
    }
  }

  private static func outOfMemory() -> TLSError {
    TLSError(
      .internalFault, "OpenSSL could not make a session", remedy: "see the detail",
      detail: OpenSSLErrorQueue.describe(OpenSSLErrorQueue.drain()))
  }
}
