internal import ArgumentParser
internal import Lontar
internal import LontarTLS
internal import ProtobufReflection
internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

/// Why a command did not succeed: one shape for people, for scripts and for the exit code.
struct Failure: Error, Sendable, Equatable {
  /// One of several faults of the same request or file.
  struct Fault: Sendable, Equatable {
    /// Path in the request or name of the option.
    var field = ""
    /// Line of the file or number of the row, from 1; nil: not about a row.
    var row: Int?
    var column: String?
    var reason = ""
    var message: Phrase
  }

  var exit: ExitStatus
  /// The RPC's code (`NOT_FOUND`), or `USAGE`, `INVALID_DATA`, `OUTPUT` for what never left this machine.
  var code: String
  /// Stable, UPPER_SNAKE.
  var reason: String
  /// One line that names the object and the remedy.
  var message: Phrase
  var faults: [Fault] = []
  var requestID = ""
  var isRetryable = false
  var parameters: [String: String] = [:]
  /// The reader of our output has gone (`| head`): nobody is left to complain to.
  var isSilent = false

  static func usage(_ reason: String, id: String, en: String, parameters: [String: String] = [:]) -> Failure {
    Failure(exit: .usage, code: "USAGE", reason: reason, message: Phrase(id: id, en: en), parameters: parameters)
  }

  static func invalid(_ reason: String, field: String, id: String, en: String, parameters: [String: String] = [:]) -> Failure {
    let message = Phrase(id: id, en: en)
    return Failure(
      exit: .invalidData, code: "INVALID_DATA", reason: reason, message: message,
      faults: [Fault(field: field, reason: reason, message: message)], parameters: parameters)
  }
}

extension Failure {
  /// Whatever a command threw.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as RPCError: self.init(rpc: error)
    case let error as TLSError: self.init(tls: error)
    case let error as ProfileError: self.init(profile: error)
    case let fault as FileFault: self.init(output: fault)
    case let error as ModelError: self.init(model: error)
    case let fault as CodecFault: self.init(codec: fault)
    case is CancellationError:
      self.init(exit: .other, code: "CANCELLED", reason: "CANCELLED", message: Phrase(id: "dibatalkan", en: "cancelled"))
    default: self.init(exit: .other, code: "UNKNOWN", reason: "UNKNOWN", message: .same("\(error)"))
    }
  }

  private init(rpc error: RPCError) {
    let details = error.details
    if let fault = error.cause as? TLSError, error.code == .unavailable {
      // The transport's message names host and port, which OpenSSL doesn't know.
      let remedy = Self.remedy(fault)
      self.init(tls: fault)
      message = Phrase(
        id: "\(TransportWords.indonesian(error)); \(remedy.id)", en: "\(error.message); \(remedy.en)")
      return
    }
    // What the transport says of itself goes by its code here; its reasons are for the choice of words.
    let isTransport = error.transportReason != nil
    self.init(
      exit: ExitStatus(error.code, reason: details.reason), code: "\(error.code)",
      reason: details.reason.isEmpty || isTransport ? "\(error.code)" : details.reason, message: Self.message(error))
    faults = details.fieldViolations.enumerated().map { index, violation in
      Fault(
        field: violation.field, row: Self.row(violation.field), reason: violation.reason,
        message: Phrase(id: Self.indonesian(error, index) ?? violation.description, en: violation.description))
    }
    requestID = details.requestID
    isRetryable = error.isRetryable || error.code == .deadlineExceeded
    parameters = isTransport ? [:] : details.ownParameters
  }

  /// A fault in Indonesian; nil if its reason is newer than this program, or its values did not come along.
  private static func indonesian(_ error: RPCError, _ index: Int) -> String? {
    let violation = error.details.fieldViolations[index]
    guard let entry = ErrorCatalogue[violation.reason], let fault = error.details.fault(index),
      entry.id.required.isSubset(of: fault.parameters.keys)
    else { return nil }
    return fault.sentence(.indonesian)
  }

  /// "rows[3].parts[1].value" is about the fourth row.
  private static func row(_ field: String) -> Int? {
    guard field.hasPrefix("rows["), let end = field.firstIndex(of: "]") else { return nil }
    return Int(field.dropFirst(5)[..<end]).map { $0 + 1 }
  }

  private static func message(_ error: RPCError) -> Phrase {
    let localized = error.details.localized
    let english = localized["en"] ?? error.message
    if let indonesian = localized["id"] { return Phrase(id: indonesian, en: english) }
    let words = TransportWords.message(error, english)
    return Phrase(id: words.id, en: words.en)
  }

  private init(tls error: TLSError) {
    let remedy = Self.remedy(error)
    self.init(
      exit: Self.isLocal(error.code) ? .usage : .unavailable, code: Self.isLocal(error.code) ? "USAGE" : "UNAVAILABLE",
      reason: error.code.rawValue,
      message: Phrase(id: "\(TLSWords.indonesian(error)); \(remedy.id)", en: "\(error.message); \(remedy.en)"),
      isRetryable: error.isPassing,
      parameters: error.parameters)
  }

  private static func remedy(_ error: TLSError) -> Phrase {
    switch error.code {
    case .peerUntrusted:
      Phrase(
        id: "beri sertifikat CA yang benar dengan --ca atau di profil",
        en: "give the right CA certificate with --ca or in the profile")
    case .peerNameMismatch:
      Phrase(id: "periksa host, atau isi serverName di profil", en: "check the host, or set serverName in the profile")
    case .peerExpired, .peerNotYetValid:
      Phrase(
        id: "sertifikat server harus diperbarui oleh operator; periksa juga jam mesin ini",
        en: "the operator has to renew the server's certificate; check this machine's clock, too")
    default: Phrase(id: TLSWords.remedy(error), en: error.remedy)
    }
  }

  /// About files that the caller named.
  private static func isLocal(_ code: TLSError.Code) -> Bool {
    [.configurationInvalid, .fileMissing, .fileUnreadable, .certificateMalformed, .trustRootsMalformed].contains(code)
  }

  private init(model error: ModelError) {
    let message = Phrase(
      id: "\(error.field): \(FieldFault(error, path: "").sentence(.indonesian))", en: "\(error.message); \(error.remedy)")
    self.init(
      exit: .invalidData, code: "INVALID_DATA", reason: error.reason.rawValue, message: message,
      faults: [
        Fault(
          field: error.field, row: error.parameters["row"].flatMap { Int($0) }, column: error.parameters["column"],
          reason: error.reason.rawValue, message: message)
      ], parameters: error.parameters)
  }

  private init(output fault: FileFault) {
    self.init(
      exit: .output, code: "OUTPUT", reason: "OUTPUT_FAILED",
      message: Phrase(
        id: "\(fault.path) tidak dapat ditulis: \(fault.indonesian); periksa jalur, izin dan ruang disk",
        en: "can't write \(fault.path): \(fault.reason); check path, permissions and disk space"),
      parameters: ["path": fault.path, "act": fault.act, "errno": "\(fault.code)"])
    isSilent = fault.isBrokenPipe
  }

  /// A file that the caller asked to be read.
  static func unreadable(_ fault: FileFault) -> Failure {
    usage(
      "INPUT_UNREADABLE", id: "\(fault.path) tidak dapat dibaca: \(fault.indonesian); periksa jalur dan izin",
      en: "can't read \(fault.path): \(fault.reason); check path and permissions",
      parameters: ["path": fault.path, "errno": "\(fault.code)"])
  }

  private init(profile error: ProfileError) {
    let (name, path, detail, rincian) = (error.name, error.path, error.detail, error.indonesian)
    let message: Phrase =
      switch error.reason {
      case .missing:
        Phrase(
          id:
            "profil \"\(name)\" tidak ada (\(path)); buat dengan: seratus profile add \(name) --host HOST --port PORT --ca FILE",
          en:
            "there is no profile \"\(name)\" (\(path)); make it with: seratus profile add \(name) --host HOST --port PORT --ca FILE"
        )
      case .malformed:
        Phrase(
          id: "profil \(path) rusak: \(rincian); perbaiki atau buat lagi dengan profile add --replace",
          en: "the profile \(path) is malformed: \(detail); correct it, or make it again with profile add --replace")
      case .readableByOthers:
        Phrase(
          id: "profil \(path) berisi token tetapi dapat dibaca orang lain (mode \(detail)); jalankan: chmod 600 \(path)",
          en: "the profile \(path) holds a token but others may read it (mode \(detail)); run: chmod 600 \(path)")
      case .badName:
        Phrase(
          id: "\"\(name)\" bukan nama profil; pakai huruf, angka, - _ .",
          en: "\"\(name)\" is not a name for a profile; use letters, digits, - _ .")
      case .exists:
        Phrase(
          id: "profil \"\(name)\" sudah ada; tambahkan --replace untuk menggantinya",
          en: "the profile \"\(name)\" exists; add --replace to overwrite it")
      case .unusable:
        Phrase(
          id: "profil \(path) tidak dapat dipakai: \(rincian); periksa jalur dan izin",
          en: "the profile \(path) can't be used: \(detail); check path and permissions")
      }
    self.init(
      exit: .usage, code: "USAGE", reason: error.reason.rawValue, message: message,
      parameters: ["profile": name, "path": path, "detail": detail])
  }
}
