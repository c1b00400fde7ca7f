internal import COpenSSL
internal import Glibc

/// Loads PEM files into an `SSL_CTX`, each checked first, so that a bad file is a message and not a failing handshake.
struct CertificateFiles {
  /// The context to load into.
  let context: OpaquePointer
  /// Seconds since 1970 against which validity is judged.
  let now: Int64

  /// Loads chain and key. Checked: both readable, every certificate valid now, each issued by the next, the key the leaf's.
  ///
  /// - Returns: what the leaf says about us, for logs and for a warning before it expires.
  func load(_ files: TLSCredentialFiles) throws(TLSError) -> TLSPeer {
    try requireReadable(files.certificateChainPath)
    try requireReadable(files.privateKeyPath)
    ERR_clear_error()
    guard SSL_CTX_use_certificate_chain_file(context, files.certificateChainPath) == 1 else {
      throw TLSError(
        .certificateMalformed, "\(files.certificateChainPath) holds no certificate that can be used",
        remedy: "write the chain as PEM, the leaf first", detail: drained(), parameters: ["path": files.certificateChainPath])
    }
    let chain = loadedChain()
    try checkValidity(chain, path: files.certificateChainPath)
    try checkOrder(chain, path: files.certificateChainPath)
    try loadKey(files, leaf: chain[0])
    return chain[0].peer()
  }

  /// Loads the authorities that a peer's chain must end in.
  ///
  /// - Parameter announced: whether a server names them to its clients.
  func loadTrustRoots(_ path: String, announced: Bool) throws(TLSError) {
    try requireReadable(path)
    ERR_clear_error()
    guard SSL_CTX_load_verify_file(context, path) == 1 else {
      throw TLSError(
        .trustRootsMalformed, "\(path) holds no authority's certificate", remedy: "write the authorities' certificates as PEM",
        detail: drained(), parameters: ["path": path])
    }
    if announced { SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(path)) }
  }

  func loadSystemTrustRoots() throws(TLSError) {
    ERR_clear_error()
    guard SSL_CTX_set_default_verify_paths(context) == 1 else {
      throw TLSError(
        .trustRootsMalformed, "the system's trust roots could not be loaded", remedy: "give a file of trust roots",
        detail: drained())
    }
  }

  private func loadedChain() -> [Certificate] {
    // SAFETY: leaf and stack belong to the context, which outlives the values made here.
    let issuers = lontar_ssl_ctx_chain(context)
    let pointers = [SSL_CTX_get0_certificate(context)] + (0..<lontar_x509_count(issuers)).map { lontar_x509_at(issuers, $0) }
    return pointers.compactMap { $0 }.map(Certificate.init)
  }

  private func checkValidity(_ chain: [Certificate], path: String) throws(TLSError) {
    for certificate in chain {
      let span = [
        "path": path, "subject": certificate.subject, "not_before": utcText(certificate.notBefore),
        "not_after": utcText(certificate.notAfter),
      ]
      guard now <= certificate.notAfter else {
        throw TLSError(
          .certificateExpired, "the certificate \(certificate.subject) in \(path) expired on \(utcText(certificate.notAfter))",
          remedy: "renew it", parameters: span)
      }
      guard now >= certificate.notBefore else {
        throw TLSError(
          .certificateNotYetValid,
          "the certificate \(certificate.subject) in \(path) is valid only from \(utcText(certificate.notBefore))",
          remedy: "check this machine's clock", parameters: span)
      }
    }
  }

  private func checkOrder(_ chain: [Certificate], path: String) throws(TLSError) {
    for (certificate, issuer) in zip(chain, chain.dropFirst()) where !certificate.wasIssued(by: issuer) {
      throw TLSError(
        .chainOrderWrong, "in \(path), \(certificate.subject) is followed by \(issuer.subject), which did not issue it",
        remedy: "write the leaf first and after each certificate its issuer (here \(certificate.issuer))",
        parameters: ["path": path, "subject": certificate.subject, "follower": issuer.subject])
    }
  }

  private func loadKey(_ files: TLSCredentialFiles, leaf: Certificate) throws(TLSError) {
    let path = files.privateKeyPath
    guard let key = readKey(path) else {
      throw TLSError(
        .keyMalformed, "\(path) holds no private key that can be read", remedy: "write the key as PEM without a passphrase",
        detail: drained(), parameters: ["path": path])
    }
    // SAFETY: the key is ours; the context takes its own reference.
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(leaf.pointer, key) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
      throw TLSError(
        .keyMismatch, "the key in \(path) does not belong to the certificate in \(files.certificateChainPath)",
        remedy: "use the key with which the certificate was requested", detail: drained(),
        parameters: ["path": path, "certificate_path": files.certificateChainPath])
    }
  }

  private func readKey(_ path: String) -> OpaquePointer? {
    ERR_clear_error()
    guard let file = BIO_new_file(path, "r") else { return nil }
    defer { BIO_free(file) }
    // A passphrase callback that has none: without it OpenSSL would ask on the terminal.
    return PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in -1 }, nil)
  }

  private func requireReadable(_ path: String) throws(TLSError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor < 0 else {
      close(descriptor)
      return
    }
    let missing = errno == ENOENT || errno == ENOTDIR
    throw TLSError(
      missing ? .fileMissing : .fileUnreadable, missing ? "there is no file \(path)" : "\(path) cannot be read",
      remedy: missing
        ? "check the path, or make certificates with scripts/certificates" : "give this process the right to read it",
      detail: String(cString: strerror(errno)), parameters: ["path": path])
  }

  private func drained() -> String {
    OpenSSLErrorQueue.describe(OpenSSLErrorQueue.drain())
  }
}
