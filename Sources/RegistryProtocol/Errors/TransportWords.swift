package import Lontar
package import RegistryModel

/// What the transport says, which speaks English only, in Indonesian. What has no reason is named by its code, and the original is kept in
/// parentheses for whoever helps.
package enum TransportWords {
  /// - Parameter english: what to say in English; also in parentheses where there is no translation.
  package static func message(_ error: RPCError, _ english: String) -> Localized {
    switch error.code {
    case .unavailable:
      Localized(
        builtID: "\(indonesian(error)); coba lagi sebentar, atau periksa host dan port",
        en: "\(english); try again in a moment, or check host and port")
    case .deadlineExceeded:
      Localized(
        builtID: "server tidak menjawab tepat waktu; coba lagi atau beri waktu lebih dengan --timeout",
        en: "the server did not answer in time; try again, or give it longer with --timeout")
    case .dataLoss:
      Localized(builtID: "data dari server tidak utuh (\(english)); jalankan lagi", en: english)
    case .unimplemented:
      Localized(builtID: "server tidak mengenal panggilan ini (\(english)); perbarui server atau program ini", en: english)
    case .cancelled: Localized(builtID: "panggilan dibatalkan", en: english)
    case .resourceExhausted: Localized(builtID: "terlalu banyak atau terlalu besar sekaligus (\(english))", en: english)
    default: Localized(builtID: "galat \(error.code) dari server (\(english))", en: english)
    }
  }

  /// By the error's reason, so that no English sentence is a key.
  package static func indonesian(_ error: RPCError) -> String {
    guard let reason = error.transportReason, let text = text(reason, error) else {
      return "server tidak terjangkau (\(error.message))"
    }
    return error.details.parameters.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
  }

  private static func text(_ reason: TransportReason, _ error: RPCError) -> String? {
    switch reason {
    case .nothingListens: "{place} tidak terjangkau: tidak ada yang mendengarkan di sana"
    case .noAddress: "{place} tidak terjangkau: tidak ada alamat yang menjawab"
    case .cantReach: "{place} tidak terjangkau: {cause}"
    case .connectTimeout: "{place} tidak menjawab dalam {seconds} detik"
    case .noEndpointReachable:
      "tidak satu pun dari {count} server dapat dipakai; yang terakhir: "
        + ((error.cause as? RPCError).map(indonesian) ?? "{last}")
    case .connectionLost: "koneksi ke server terputus"
    case .connectionFailed: "koneksi ke server gagal: {cause}"
    case .connectionEnded: "koneksi diakhiri: {cause}"
    case .pingUnanswered: "server tidak memberi tanda hidup selama {seconds} detik"
    case .notServing: "{place} terjangkau tetapi tidak melayani"
    case .callRefused: "server menolak panggilan: {cause}"
    case .clientShutDown: "klien sudah berhenti"
    case .environmentMismatch, .versionUnsupported, .cancelledByCaller, .deadlinePassed, .tooManyWaiting, .requestTooLarge,
      .noEndpoint:
      // These codes have sentences of their own.
      nil
    }
  }
}
