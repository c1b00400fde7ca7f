internal import RegistryModel
internal import RegistryProtocol

extension Seratus_V1_Decimal {
  /// Nil if the server sent what no exact number can hold; it is then shown as "?" and never as a wrong number.
  var exact: FixedDecimal? { try? FixedDecimal(units: units, scale: Int(scale)) }

  var output: OutputValue { .optional(exact) }
}

extension FixedDecimal {
  var message: Seratus_V1_Decimal {
    var decimal = Seratus_V1_Decimal()
    decimal.units = units
    decimal.scale = UInt32(scale)
    return decimal
  }

  /// For coordinates, which arrive as binary numbers: to 4 decimals (11 m).
  init?(degrees: Double) {
    guard degrees.isFinite, abs(degrees) <= 360,
      let exact = try? FixedDecimal(units: Int64((degrees * 10_000).rounded()), scale: 4)
    else { return nil }
    self = exact
  }
}

extension Language {
  func number(_ decimal: Seratus_V1_Decimal) -> String { decimal.exact.map { format($0) } ?? "?" }

  func change(_ decimal: Seratus_V1_Decimal) -> String { decimal.exact.map { formatChange($0) } ?? "?" }
}

extension Seratus_V1_LocalizedText {
  var isEmpty: Bool { id.isEmpty && en.isEmpty }

  /// Both languages, so that a script's data don't depend on who runs it.
  var output: OutputValue { isEmpty ? .null : .object(["id": .text(id), "en": .text(en)]) }
}

extension Seratus_V1_Date {
  var output: OutputValue { .words(iso) }
}

extension Seratus_V1_Provenance {
  var output: OutputValue {
    .object(["source": .words(source), "certainty": .text(certainty.term), "note": .words(note)])
  }
}

extension Seratus_V1_RegionSummary {
  /// "Kota Kediri (35.71), Jawa Timur".
  var line: String { "\(name) (\(kemendagriCode)), \(provinceName)" }

  var output: OutputValue {
    .object([
      "region_id": .integer(Int(regionID)), "name": .text(name), "kind": .text(kind.term),
      "kemendagri_code": .code(kemendagriCode),
      "bps_code": bpsCode.isEmpty ? .null : .code(bpsCode), "province_name": .text(provinceName),
      "province_code": .code(provinceCode),
    ])
  }

  /// The columns by which a row names its region, in every separated-values output.
  static let columns = ["region_code", "region_name", "bps_code", "kind", "province_code", "province_name"]

  var cells: [OutputValue] {
    [
      .code(kemendagriCode), .text(name), bpsCode.isEmpty ? .null : .code(bpsCode), .text(kind.term), .code(provinceCode),
      .text(provinceName),
    ]
  }
}

extension Seratus_V1_Dataset {
  var isSynthetic: Bool { kind == .synthetic }

  /// The cell of the `dataset` column. A server that doesn't say is not taken for one with facts.
  var term: String {
    switch kind {
    case .official: "official"
    case .synthetic: hasSeed ? "synthetic:\(seed)" : "synthetic"
    case .unspecified, .UNRECOGNIZED: "unspecified"
    }
  }

  var output: OutputValue {
    let kind = isSynthetic ? "synthetic" : term
    return .object(["kind": .text(kind), "seed": hasSeed ? .integer(Int(clamping: seed)) : .null, "label": .words(label)])
  }

  func phrase(_ language: Language) -> String {
    kind == .official ? language[Dataset.official.label] : banner(language) ?? language[Words.unknown]
  }

  /// The first line of every table made from synthetic data.
  func banner(_ language: Language) -> String? {
    guard isSynthetic else { return nil }
    let seed = hasSeed ? "\(seed)" : "?"
    return language[
      Phrase(id: "DATA BUATAN (benih \(seed)): bukan fakta.", en: "SYNTHETIC DATA (seed \(seed)): these are not facts.")]
  }

  /// For titles: "Cohorts" becomes "Cohorts [synthetic data]".
  func marked(_ title: String, _ language: Language) -> String {
    isSynthetic ? title + language[Phrase(id: " [data buatan]", en: " [synthetic data]")] : title
  }
}

extension Document {
  /// A document whose title and first line mark synthetic data.
  init(_ title: Phrase, dataset: Seratus_V1_Dataset, _ language: Language) {
    blocks = dataset.banner(language).map { [.paragraph($0)] } ?? []
    blocks.append(.title(dataset.marked(title[language], language)))
    talk = dataset.banner(language).map { [$0] } ?? []
  }
}
