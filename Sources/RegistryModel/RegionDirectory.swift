/// What is needed of one region to find it by name: today's name and code, and everything else it has been called.
package struct RegionEntry: Sendable, Hashable {
  package let id: RegionID
  package let name: String
  package let baseName: String
  package let code: RegionCode
  /// Former names, other spellings and short forms.
  package let aliases: [String]

  package init(id: RegionID, name: String, baseName: String, code: RegionCode, aliases: [String] = []) {
    self.id = id
    self.name = name
    self.baseName = baseName
    self.code = code
    self.aliases = aliases
  }

  /// `Kota Kediri (35.71)`.
  package var labelled: String { "\(name) (\(code.text))" }
}

/// One dated row of a code: many regions may have had it, each in its time.
package struct CodeRow: Sendable, Hashable {
  package let code: RegionCode
  package let region: RegionID
  package let valid: DatedRange

  package init(code: RegionCode, region: RegionID, valid: DatedRange = .always) {
    self.code = code
    self.region = region
    self.valid = valid
  }
}

/// All regions with their names and codes, to turn what a person typed into a region, or into a question back.
package struct RegionDirectory: Sendable {
  struct Keyed: Sendable {
    let entry: RegionEntry
    let name: NameKey
    let aliases: [NameKey]
  }

  let keyed: [Keyed]
  let byID: [RegionID: RegionEntry]
  let byDigits: [String: [CodeRow]]

  /// - Throws: `EMPTY_LIST`, `DUPLICATE_KEY` (a region twice), `UNKNOWN_KEY` (a code of a region that isn't there).
  package init(entries: [RegionEntry], codes: [CodeRow]) throws(ModelError) {
    guard !entries.isEmpty else {
      throw ModelError(.emptyList, field: "regions", message: "there are no regions", remedy: "load the reference data")
    }
    var byID: [RegionID: RegionEntry] = [:]
    for entry in entries where byID.updateValue(entry, forKey: entry.id) != nil {
      throw .duplicateKey("\(entry.id)", field: "regions")
    }
    for row in codes where byID[row.region] == nil {
      throw .unknownKey("\(row.region)", field: "region_codes", among: [])
    }
    self.byID = byID
    byDigits = Dictionary(grouping: codes, by: \.code.digits)
    keyed = entries.sorted { $0.id < $1.id }.map {
      Keyed(entry: $0, name: NameKey($0.name), aliases: $0.aliases.map { NameKey($0) })
    }
  }

  package subscript(id: RegionID) -> RegionEntry? { byID[id] }
  package var count: Int { keyed.count }

  /// The one region that a reference names, for reads and writes alike: it never guesses.
  /// - Throws: `UNKNOWN_CODE`, `AMBIGUOUS_CODE`, `UNKNOWN_NAME`, `AMBIGUOUS_NAME`, the last two with names that are near.
  package func resolve(_ reference: RegionReference, asOf date: CalendarDate) throws(ModelError) -> RegionEntry {
    switch reference {
    case .code(let code): try resolve(code: code, asOf: date)
    case .bareNumber(let digits): try resolve(bareNumber: digits)
    case .name(let name): try resolve(name: name)
    }
  }
}

extension ModelError {
  static func duplicateKey(_ key: String, field: String) -> ModelError {
    ModelError(
      .duplicateKey, field: field, message: "\"\(key)\" appears twice in \(field)", remedy: "keep one of them",
      parameters: ["key": key])
  }

  static func unknownKey(_ key: String, field: String, among keys: [String]) -> ModelError {
    let list = keys.joined(separator: ", ")
    return ModelError(
      .unknownKey, field: field, message: "\"\(key)\" is not known in \(field)",
      remedy: keys.isEmpty ? "add it first" : "use one of \(list)", parameters: ["key": key, "among": list])
  }
}
