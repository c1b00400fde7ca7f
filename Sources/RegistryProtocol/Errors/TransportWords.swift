package import Lontar
package import RegistryModel

/// What the transport says, which speaks English only, in Indonesian. A sentence that isn't known is named by its code, and the original
/// is kept in parentheses for whoever helps.
package enum TransportWords {
  package static func message(_ code: StatusCode, _ english: String) -> Localized {
    switch code {
    case .unavailable:
      Localized(
        builtID: "\(indonesian(english)); coba lagi sebentar, atau periksa host dan port",
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
    default: Localized(builtID: "galat \(code) dari server (\(english))", en: english)
    }
  }

  package static func indonesian(_ english: String) -> String {
    for (pattern, text) in sentences {
      if let found = english.wholeMatch(of: pattern) {
        let rest = found.output.dropFirst().map { words[String($0.substring ?? "")] ?? String($0.substring ?? "") }
        return rest.enumerated().reduce(text) { $0.replacing("{\($1.offset)}", with: $1.element) }
      }
    }
    return "server tidak terjangkau (\(english))"
  }

  private static var sentences: [(Regex<AnyRegexOutput>, String)] {
    let pairs = [
      ("can't reach (.+): (.+)", "{0} tidak terjangkau: {1}"),
      ("(.+) did not answer within (.+) s", "{0} tidak menjawab dalam {1} detik"),
      ("the connection to the server was lost", "koneksi ke server terputus"),
      ("the connection to the server failed: (.+)", "koneksi ke server gagal: {0}"),
      ("the connection ended: (.+)", "koneksi diakhiri: {0}"),
      ("the server refused the call: (.+)", "server menolak panggilan: {0}"),
      ("this client has been shut down", "klien sudah berhenti"),
    ]
    return pairs.compactMap { pattern, text in (try? Regex(pattern)).map { ($0, text) } }
  }

  private static let words = [
    "nothing listens there": "tidak ada yang mendengarkan di sana", "no address answers": "tidak ada alamat yang menjawab",
  ]
}
