package import LontarTLS

/// Errors of TLS in Indonesian, by their code.
package enum TLSWords {
  /// With its remedy; what isn't of TLS is given as it is.
  package static func sentence(_ error: any Error) -> String {
    guard let error = error as? TLSError else { return "\(error)" }
    return "\(indonesian(error)); \(remedy(error))"
  }

  package static func indonesian(_ error: TLSError) -> String {
    let path = error.parameters["path"] ?? "berkas"
    return switch error.code {
    case .configurationInvalid: "pengaturan TLS tidak sah"
    case .fileMissing: "berkas \(path) tidak ada"
    case .fileUnreadable: "\(path) tidak dapat dibaca"
    case .certificateMalformed: "\(path) tidak berisi sertifikat yang dapat dipakai"
    case .certificateExpired: "sertifikat di \(path) sudah habis masa berlakunya"
    case .certificateNotYetValid: "sertifikat di \(path) belum berlaku"
    case .chainOrderWrong: "urutan sertifikat di \(path) salah"
    case .keyMalformed: "\(path) tidak berisi kunci yang dapat dibaca"
    case .keyMismatch: "kunci di \(path) bukan milik sertifikatnya"
    case .trustRootsMalformed: "\(path) tidak berisi sertifikat CA"
    case .handshakeTimeout: "jabat tangan TLS terlalu lama"
    case .handshakeFailed: "jabat tangan TLS gagal"
    case .notTLS: "server itu tidak memakai TLS"
    case .versionUnsupported: "server itu tidak memakai TLS 1.3"
    case .alpnMismatch, .alpnMissing: "server itu bukan registri: protokolnya lain"
    case .peerExpired: "sertifikat server sudah habis masa berlakunya"
    case .peerNotYetValid: "sertifikat server belum berlaku"
    case .peerUntrusted: "sertifikat server tidak dipercaya"
    case .peerNameMismatch: "sertifikat server bukan untuk nama ini"
    case .peerCertificateMissing: "tidak ada sertifikat yang ditunjukkan"
    case .peerIdentityInvalid: "sertifikat itu tidak menyebut identitas yang dapat dipakai"
    case .refusedByPeer: "server mengakhiri koneksi TLS"
    case .queueFull: "terlalu banyak data sebelum jabat tangan TLS selesai"
    case .recordInvalid: "data TLS rusak di perjalanan"
    case .truncated, .connectionLost: "koneksi terputus"
    case .closed: "koneksi sudah ditutup"
    case .answersUnread: "server itu meminta kunci baru terus-menerus tanpa membaca jawabannya"
    case .internalFault: "galat di OpenSSL"
    }
  }

  package static func remedy(_ error: TLSError) -> String {
    switch error.code {
    case .fileMissing, .fileUnreadable: "periksa jalur dan izinnya"
    case .configurationInvalid, .peerNameMismatch: "beri nama host atau alamat IP yang benar"
    case .certificateMalformed, .trustRootsMalformed, .keyMalformed, .chainOrderWrong, .keyMismatch: "tulis berkas PEM yang benar"
    case .certificateExpired, .certificateNotYetValid, .peerExpired, .peerNotYetValid:
      "perbarui sertifikat; periksa juga jam mesin"
    case .notTLS, .versionUnsupported, .alpnMismatch, .alpnMissing, .handshakeTimeout: "periksa host dan port"
    case .peerUntrusted: "beri sertifikat CA yang benar"
    case .handshakeFailed, .peerCertificateMissing, .peerIdentityInvalid, .refusedByPeer, .internalFault:
      "tanyakan kepada operator server"
    case .queueFull, .recordInvalid, .truncated, .connectionLost, .closed, .answersUnread: "sambungkan lagi"
    }
  }
}
