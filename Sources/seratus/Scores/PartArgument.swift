internal import RegistryModel
internal import RegistryProtocol

/// `--aspect baseline=3.60` and `--dimension governance=3.10`.
enum PartArgument {
  static func parse(_ texts: [String], part: String) throws -> [Seratus_V1_ScorePartInput] {
    try texts.map { text in
      let pair = text.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2, !pair[0].isEmpty, let value = try? FixedDecimal(parsing: pair[1]) else {
        throw Failure.invalid(
          "PART_MALFORMED", field: "--\(part)", id: "--\(part) \(text): tulis KUNCI=NILAI seperti baseline=3.60",
          en: "--\(part) \(text): write KEY=VALUE like baseline=3.60", parameters: ["value": text])
      }
      return input(part: part, key: String(pair[0]), value: value)
    }
  }

  static func input(part: String, key: String, value: FixedDecimal) -> Seratus_V1_ScorePartInput {
    var input = Seratus_V1_ScorePartInput()
    input.part = part
    input.key = key
    input.value = value.message
    return input
  }
}
