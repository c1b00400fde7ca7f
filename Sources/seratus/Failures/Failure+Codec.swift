internal import ProtobufReflection

extension Failure {
  /// JSON that is not the request that the server describes, or an answer that is not what it describes.
  init(codec fault: CodecFault) {
    let place = fault.path.isEmpty ? "" : "\(fault.path): "
    let message = Phrase(id: place + fault.indonesian, en: fault.description)
    var parameters = fault.parameters
    parameters["path"] = fault.path
    self.init(
      exit: .invalidData, code: "INVALID_DATA", reason: fault.reason.rawValue, message: message,
      faults: [Fault(field: fault.path, reason: fault.reason.rawValue, message: message)], parameters: parameters)
  }
}

extension CodecFault {
  fileprivate var indonesian: String {
    func value(_ name: String) -> String { parameters[name] ?? "" }
    func perhaps() -> String { value("near").isEmpty ? "" : "; mungkin \(value("near"))" }
    return switch reason {
    case .jsonMalformed: "ini bukan JSON: \(value("what")), bita \(value("byte"))"
    case .unknownField: "\(value("type")) tidak punya isian \"\(value("name"))\"" + perhaps()
    case .duplicateField: "\"\(value("name"))\" tertulis dua kali"
    case .oneofConflict: "\"\(value("name"))\" dan \"\(value("other"))\" tidak boleh bersama (\(value("oneof"))); pilih satu"
    case .wrongType: "jenis nilai salah: \(value("found")), seharusnya \(value("expected"))"
    case .outOfRange: "\(value("value")) tidak muat dalam \(value("type"))"
    case .unknownEnumValue: "\(value("type")) tidak punya nilai \"\(value("value"))\"" + perhaps()
    case .malformedValue: "\"\(value("value"))\" salah bentuk; seharusnya \(value("expected"))"
    case .nullElement: "null tidak boleh di dalam daftar atau peta"
    case .unknownType: "jenis \"\(value("type"))\" tidak dikenal di sini"
    case .tooDeep: "bersarang lebih dari \(value("max")) tingkat"
    case .tooLong: "satu nilai lebih dari \(value("max")) bita"
    case .messageMalformed: "bita ini bukan pesan yang sah: \(value("what"))"
    }
  }
}
