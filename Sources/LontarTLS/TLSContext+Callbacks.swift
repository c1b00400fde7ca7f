internal import COpenSSL

// What OpenSSL asks us during a handshake. Each callback is a C function: it captures nothing and finds its context by pointer.
extension TLSContext {
  /// Server: a client that offers no protocol is refused with an alert, as is one that offers only others.
  ///
  /// OpenSSL calls the selection callback only for clients that offer something, hence the look into the ClientHello before it.
  func requireApplicationProtocol() {
    guard !protocols.names.isEmpty else { return }
    // SAFETY: sessions hold their context, so the pointer is good in every callback.
    let this = Unmanaged.passUnretained(self).toOpaque()
    SSL_CTX_set_client_hello_cb(pointer, { ssl, alert, _ in TLSContext.inspectHello(ssl, alert) }, nil)
    SSL_CTX_set_alpn_select_cb(
      pointer,
      { _, selected, selectedCount, offered, offeredCount, this in
        guard let this, let selected else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let own = Unmanaged<TLSContext>.fromOpaque(this).takeUnretainedValue().protocolBytes
        // SAFETY: OpenSSL's signature drops the const of its result; nobody writes through it.
        return UnsafeMutableRawPointer(selected).withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 1) {
          let found = SSL_select_next_proto($0, selectedCount, own.baseAddress, UInt32(own.count), offered, offeredCount)
          return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
        }
      }, this)
  }

  func offerApplicationProtocols() {
    guard !protocols.names.isEmpty else { return }
    // OpenSSL copies the list.
    SSL_CTX_set_alpn_protos(pointer, protocolBytes.baseAddress, UInt32(protocolBytes.count))
  }

  /// Server: asks for a certificate and holds it to the rules of workload identities.
  static func verifyClients(_ context: OpaquePointer, _ wanted: TLSClientCertificates) {
    switch wanted {
    case .none: SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
    case .optional: SSL_CTX_set_verify(context, SSL_VERIFY_PEER, checkIdentity)
    case .required: SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, checkIdentity)
    }
  }

  private static func inspectHello(_ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?) -> Int32 {
    func offers(_ type: Int32) -> Bool { SSL_client_hello_get0_ext(ssl, UInt32(type), nil, nil) == 1 }
    // A client older than TLS 1.3 is told so by version negotiation, which comes next.
    guard offers(TLSEXT_TYPE_supported_versions), !offers(TLSEXT_TYPE_application_layer_protocol_negotiation) else {
      return SSL_CLIENT_HELLO_SUCCESS
    }
    alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
    CallbackReason.alpnMissing.raise("no application protocol offered")
    return SSL_CLIENT_HELLO_ERROR
  }

  /// Runs for each certificate of a client's chain, the leaf last, after OpenSSL's own verdict.
  private static let checkIdentity: @convention(c) (Int32, OpaquePointer?) -> Int32 = { verdict, store in
    guard verdict == 1, X509_STORE_CTX_get_error_depth(store) == 0 else { return verdict }
    guard let leaf = X509_STORE_CTX_get_current_cert(store) else { return 0 }
    switch Certificate(pointer: leaf).identity() {
    case .success: return 1
    case .failure(let fault):
      CallbackReason.identityInvalid.raise(fault.text)
      X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
      return 0
    }
  }
}
