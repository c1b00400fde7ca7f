internal import Lontar

/// How the program ends. Part of its interface: scripts hang on these numbers. Never 0 if anything is missing.
enum ExitStatus: Int32, CaseIterable, Sendable {
  case ok = 0
  case other = 1
  case usage = 2
  case notFound = 3
  case notPermitted = 4
  case notSignedIn = 5
  case invalidData = 6
  case conflict = 7
  case unavailable = 8
  case ambiguous = 9
  case output = 10

  var meaning: Phrase {
    switch self {
    case .ok: Phrase(id: "berhasil, seluruhnya", en: "done, all of it")
    case .other: Phrase(id: "kesalahan lain", en: "another error")
    case .usage: Phrase(id: "perintah, opsi atau profil salah", en: "wrong command, option or profile")
    case .notFound: Phrase(id: "tidak ada, atau bukan untuk Anda lihat", en: "it does not exist, or is not yours to see")
    case .notPermitted: Phrase(id: "peran Anda tidak boleh melakukannya", en: "your role may not do this")
    case .notSignedIn:
      Phrase(id: "belum masuk, token habis masa atau dicabut", en: "not signed in, token expired or revoked")
    case .invalidData: Phrase(id: "data salah; setiap kesalahan disebut", en: "wrong data; each fault is named")
    case .conflict: Phrase(id: "bentrok dengan versi atau permintaan lain", en: "conflict with another version or request")
    case .unavailable:
      Phrase(id: "server tidak terjangkau, sibuk atau lambat; coba lagi", en: "server away, busy or too slow; try again")
    case .ambiguous: Phrase(id: "lebih dari satu daerah yang dimaksud", en: "more than one region is meant")
    case .output:
      Phrase(id: "hasil tidak dapat ditulis (disk penuh, jalur salah)", en: "the output can't be written (disk full, wrong path)")
    }
  }

  /// - Parameter reason: the server's stable reason, which tells ambiguous from merely wrong.
  init(_ code: StatusCode, reason: String) {
    switch code {
    case .ok: self = .ok
    case .notFound: self = .notFound
    case .permissionDenied: self = .notPermitted
    case .unauthenticated: self = .notSignedIn
    case .invalidArgument, .outOfRange:
      self = reason.contains("AMBIGUOUS_NUMBER") || !reason.contains("AMBIGUOUS") ? .invalidData : .ambiguous
    case .failedPrecondition where reason == "ENVIRONMENT_MISMATCH": self = .usage
    case .alreadyExists, .aborted, .failedPrecondition: self = .conflict
    case .unavailable, .deadlineExceeded, .resourceExhausted: self = .unavailable
    case .cancelled, .unknown, .unimplemented, .internalError, .dataLoss: self = .other
    }
  }
}
