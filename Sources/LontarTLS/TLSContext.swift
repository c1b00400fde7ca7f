internal import COpenSSL
internal import Glibc
internal import NIOCore

/// Everything that connections of one kind share: credentials, trust, protocol rules. Checked when made, unchangeable afterwards.
///
/// Owns an `SSL_CTX`. Sessions hold their context, so one that was replaced lives until its last connection ends.
///
/// SAFETY (`@unchecked Sendable`): after `init` nothing here changes, and OpenSSL lets any thread make sessions from one `SSL_CTX`.
package final class TLSContext: @unchecked Sendable {
  enum Role: Equatable {
    case server
    case client(serverName: String)
  }

  let role: Role
  let protocols: ApplicationProtocols
  let limits: TLSLimits
  /// What our own leaf certificate says; nil for a client without one.
  package let credentials: TLSPeer?

  let pointer: OpaquePointer
  /// ALPN list in a place of its own: OpenSSL keeps pointers into it after the selection callback has returned.
  let protocolBytes: UnsafeMutableBufferPointer<UInt8>
  let keyLog: KeyLog?

  /// - Parameter now: seconds since 1970 against which our own certificates are judged.
  /// - Throws: `TLSError` that names the file and the remedy.
  package convenience init(server configuration: TLSServerConfiguration, now: Int64 = systemTime()) throws(TLSError) {
    try self.init(
      role: .server, protocols: configuration.applicationProtocols, limits: configuration.limits,
      keyLogPath: configuration.keyLogPath
    ) { (context) throws(TLSError) in
      let files = CertificateFiles(context: context, now: now)
      let leaf = try files.load(configuration.credentials)
      if let path = configuration.clientCertificates.trustRootsPath { try files.loadTrustRoots(path, announced: true) }
      Self.verifyClients(context, configuration.clientCertificates)
      return leaf
    }
    requireApplicationProtocol()
  }

  /// - Parameter now: seconds since 1970 against which our own certificates are judged; the server's is judged by the system's clock.
  /// - Throws: `TLSError` that names the file and the remedy.
  package convenience init(client configuration: TLSClientConfiguration, now: Int64 = systemTime()) throws(TLSError) {
    let serverName = try Self.checkedServerName(configuration.serverName)
    try self.init(
      role: .client(serverName: serverName), protocols: configuration.applicationProtocols, limits: configuration.limits,
      keyLogPath: configuration.keyLogPath
    ) { (context) throws(TLSError) in
      let files = CertificateFiles(context: context, now: now)
      if let path = configuration.trustRootsPath {
        try files.loadTrustRoots(path, announced: false)
      } else {
        try files.loadSystemTrustRoots()
      }
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
      guard let own = configuration.credentials else { return nil }
      return try files.load(own)
    }
    offerApplicationProtocols()
  }

  private init(
    role: Role, protocols names: [String], limits: TLSLimits, keyLogPath: String?,
    load: (OpaquePointer) throws(TLSError) -> TLSPeer?
  ) throws(TLSError) {
    let protocols = try ApplicationProtocols(names)
    let keyLog = try keyLogPath.map { (path) throws(TLSError) in try KeyLog(path: path) }
    guard let context = SSL_CTX_new(role == .server ? TLS_server_method() : TLS_client_method()) else {
      throw TLSError(
        .internalFault, "OpenSSL could not make a context", remedy: "see the detail",
        detail: OpenSSLErrorQueue.describe(OpenSSLErrorQueue.drain()))
    }
    do throws(TLSError) {
      try Self.applyProtocolRules(context)
      credentials = try load(context)
    } catch {
      SSL_CTX_free(context)
      throw error
    }
    self.role = role
    self.protocols = protocols
    self.limits = limits
    self.keyLog = keyLog
    pointer = context
    protocolBytes = .allocate(capacity: protocols.wire.count)
    _ = protocolBytes.initialize(from: protocols.wire)
    keyLog?.attach(to: context)
  }

  deinit {
    SSL_CTX_free(pointer)
    protocolBytes.deallocate()
  }

  /// A session for one new connection.
  func makeSession(allocator: ByteBufferAllocator) throws(TLSError) -> TLSSession {
    try TLSSession(context: self, allocator: allocator)
  }

  /// TLS 1.3 only, nothing resumed, nothing early: each connection proves both ends anew.
  private static func applyProtocolRules(_ context: OpaquePointer) throws(TLSError) {
    SSL_CTX_set_options(context, LONTAR_OP_NO_RENEGOTIATION | LONTAR_OP_NO_TICKET | LONTAR_OP_NO_COMPRESSION)
    // An idle connection gives its two record buffers back, about 34 kB.
    lontar_ssl_ctx_set_mode(context, Int(SSL_MODE_RELEASE_BUFFERS))
    lontar_ssl_ctx_session_cache_off(context)
    let applied =
      lontar_ssl_ctx_set_protocol_range(context, TLS1_3_VERSION, 0) == 1
      && keyExchangeGroups.contains { lontar_ssl_ctx_set_groups(context, $0) == 1 }
      && SSL_CTX_set_num_tickets(context, 0) == 1
      && SSL_CTX_set_max_early_data(context, 0) == 1
      // AES-128 first: the cheapest of the three where the processor knows AES, and strong enough for every use here.
      && SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1
    guard applied else {
      throw TLSError(
        .internalFault, "this OpenSSL refuses TLS 1.3 settings", remedy: "install OpenSSL 3.0 or newer",
        detail: OpenSSLErrorQueue.describe(OpenSSLErrorQueue.drain()))
    }
    ERR_clear_error()
  }

  /// The first list that this OpenSSL knows; the hybrid with ML-KEM came with 3.5. No finite fields, which OpenSSL offers by itself: a
  /// client that asks for the largest makes the server work a thousand times longer than itself (CVE-2002-20001).
  private static let keyExchangeGroups = ["X25519MLKEM768:X25519:P-256:P-384", "X25519:P-256:P-384"]

  private static func checkedServerName(_ name: String) throws(TLSError) -> String {
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    guard !bare.isEmpty, bare.utf8.count <= 253, bare.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw TLSError(
        .configurationInvalid, "\"\(name)\" is no host name or IP address", remedy: "give the server's name in ASCII form",
        parameters: ["name": name])
    }
    return bare
  }
}

/// Seconds since 1970 by the system's clock.
package func systemTime() -> Int64 {
  Int64(time(nil))
}
