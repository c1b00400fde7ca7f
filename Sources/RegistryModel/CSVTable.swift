/// A whole small file with its header: what reference data are read from.
package struct CSVTable: Sendable {
  package let columns: [String]
  package let rows: [CSVRow]
  private let positions: [String: Int]

  /// - Parameter required: columns that must be there; others may.
  /// - Throws: what `CSVReader` throws; `EMPTY_LIST` without a header; `DUPLICATE_KEY` for a column twice; `CSV_MISSING_COLUMN`;
  ///   `CSV_FIELD_COUNT` for a row that is shorter or longer than the header.
  package init(
    _ bytes: some Sequence<UInt8>, required: [String] = [], format: CSVFormat = .standard, limits: CSVLimits = .standard
  ) throws(ModelError) {
    var reader = CSVReader(format: format, limits: limits)
    var records = try reader.read(bytes)
    records += try reader.finish()
    guard let header = records.first else {
      throw ModelError(.emptyList, field: "csv", message: "the file has no header", remedy: "begin with the names of the columns")
    }
    var positions: [String: Int] = [:]
    for (position, name) in header.fields.enumerated() where positions.updateValue(position, forKey: name) != nil {
      throw .duplicateKey(name, field: "csv.columns")
    }
    for name in required where positions[name] == nil {
      throw ModelError(
        .csvMissingColumn, field: "csv.columns", message: "the column \(name) is missing",
        remedy: "the file has \(header.fields.joined(separator: ", "))", parameters: ["column": name])
    }
    for row in records.dropFirst() where row.fields.count != header.fields.count {
      throw ModelError(
        .csvFieldCount, field: "csv",
        message: "row \(row.number) (line \(row.line)) has \(row.fields.count) fields, the header \(header.fields.count)",
        remedy: "put fields that hold a separator in quotes",
        parameters: [
          "row": "\(row.number)", "line": "\(row.line)", "fields": "\(row.fields.count)", "expected": "\(header.fields.count)",
        ])
    }
    columns = header.fields
    rows = Array(records.dropFirst())
    self.positions = positions
  }

  /// The field of a row by its column; `""` if it is empty.
  /// - Throws: `CSV_MISSING_COLUMN`.
  package func text(_ row: CSVRow, _ column: String) throws(ModelError) -> String {
    guard let position = positions[column] else {
      throw ModelError(
        .csvMissingColumn, field: "csv.columns", message: "the column \(column) is missing",
        remedy: "the file has \(columns.joined(separator: ", "))", parameters: ["column": column])
    }
    return row.fields[position]
  }

  /// The same, with nil for an empty field.
  package func optional(_ row: CSVRow, _ column: String) throws(ModelError) -> String? {
    let text = try text(row, column)
    return text.isEmpty ? nil : text
  }
}

extension ModelError {
  /// The same error, with the row and column of the file where the value stands.
  package func at(_ row: CSVRow, column: String) -> ModelError {
    var parameters = parameters
    parameters["row"] = "\(row.number)"
    parameters["line"] = "\(row.line)"
    parameters["column"] = column
    return ModelError(
      reason, field: field, message: "row \(row.number) (line \(row.line)), \(column): \(message)", remedy: remedy,
      parameters: parameters)
  }
}
