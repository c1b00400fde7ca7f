internal import RegistryModel

extension Failure {
  /// People see no more faults than fit on a screen; programs get all.
  static let faultsShownMax = 20

  /// For standard error: `seratus: message`, below it each fault, then the request id to report.
  func text(_ language: Language) -> String {
    var lines = ["seratus: " + TextWidth.harmless(message[language])]
    if faults.count > 1 {
      lines += faults.prefix(Self.faultsShownMax).map { "  " + TextWidth.harmless($0.text(language)) }
      let hidden = faults.count - Self.faultsShownMax
      if hidden > 0 {
        lines.append(language[Phrase(id: "  … dan \(hidden) kesalahan lain", en: "  … and \(hidden) more faults")])
      }
    }
    if !requestID.isEmpty {
      lines.append(language[Phrase(id: "  nomor permintaan: \(requestID)", en: "  request id: \(requestID)")])
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// One JSON object on one line.
  func json(_ language: Language) -> String {
    let first = faults.first
    let error: OutputValue = .object([
      "code": .text(code), "reason": .text(reason), "message": .text(message[language]),
      "field": first.map { .words($0.field) } ?? .null, "row": .optional(first?.row), "column": .optionalText(first?.column),
      "request_id": .words(requestID), "retryable": .bool(isRetryable), "exit": .integer(Int(exit.rawValue)),
      "parameters": .object(parameters.sorted { $0.key < $1.key }.map { OutputField(name: $0.key, value: .text($0.value)) }),
      "faults": .list(faults.map { $0.output(language) }),
    ])
    return JSONText.compact(.object(["error": error])) + "\n"
  }
}

extension Failure.Fault {
  func text(_ language: Language) -> String {
    var place: [String] = []
    if let row { place.append(language[Phrase(id: "baris \(row)", en: "row \(row)")]) }
    if let column {
      place.append(column)
    } else if !field.isEmpty {
      place.append(field)
    }
    return place.isEmpty ? message[language] : place.joined(separator: ", ") + ": " + message[language]
  }

  func output(_ language: Language) -> OutputValue {
    .object([
      "field": .words(field), "row": .optional(row), "column": .optionalText(column), "reason": .words(reason),
      "message": .text(message[language]),
    ])
  }
}
