internal import CPostgres

/// What one step brought: rows, or the count of rows it touched. Nothing is copied out of libpq's memory until asked for.
// SAFETY: a PGresult is not changed after libpq hands it over, its readers only read, and it is cleared once, in deinit.
package final class PostgresResult: @unchecked Sendable {
  private let result: OpaquePointer

  /// Takes over a PGresult.
  init(owning result: OpaquePointer) {
    self.result = result
  }

  deinit {
    PQclear(result)
  }

  package var rowCount: Int { Int(PQntuples(result)) }
  package var columnCount: Int { Int(PQnfields(result)) }

  /// For example `SELECT 3`, `UPDATE 1`, `BEGIN`.
  package var commandTag: String { String(cString: PQcmdStatus(result)) }

  /// Rows selected, inserted, updated, deleted or fetched; 0 for commands that count none.
  package var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

  package var columnNames: [String] {
    (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
  }

  package var rows: PostgresRows { PostgresRows(result: self) }

  /// The first row, or nil when there is none.
  package var first: PostgresRow? { rows.first }

  /// The place of a column; of the first if several have this name. To look a name up once for many rows.
  package func column(_ name: String) throws(PostgresError) -> PostgresColumn {
    .index(try index(of: .name(name)))
  }

  func index(of column: PostgresColumn) throws(PostgresError) -> Int {
    switch column {
    case .index(let index):
      guard index >= 0, index < columnCount else {
        throw .misuse("The result has \(columnCount) columns; column \(index) does not exist.")
      }
      return index
    case .name(let name):
      // PQfnumber would fold case and allocate. From the first on: of columns with one name it is always the same that answers.
      for index in 0..<PQnfields(result) where isNamed(index, name) { return Int(index) }
      throw .misuse("The result has no column named \(name); it has \(columnNames.joined(separator: ", ")).")
    }
  }

  private func isNamed(_ index: Int32, _ name: String) -> Bool {
    // SAFETY: libpq ends the name with NUL and keeps it as long as the result.
    guard var byte = PQfname(result, index) else { return false }
    for expected in name.utf8 {
      guard UInt8(bitPattern: byte.pointee) == expected else { return false }
      byte += 1
    }
    return byte.pointee == 0
  }

  /// Calls `body` with the bytes of one cell; its row and column exist.
  // SAFETY: the bytes live in the PGresult, which `self` keeps until `body` has returned.
  func withCell<R>(row: Int, column: Int, _ body: (PostgresCell) throws(PostgresError) -> R) throws(PostgresError) -> R {
    let row = Int32(row)
    let index = Int32(column)
    let bytes: UnsafeRawBufferPointer? =
      PQgetisnull(result, row, index) == 1
      ? nil : UnsafeRawBufferPointer(start: PQgetvalue(result, row, index), count: Int(PQgetlength(result, row, index)))
    let cell = PostgresCell(bytes: bytes, type: PQftype(result, index), isText: PQfformat(result, index) == 0, column: column)
    return try body(cell)
  }
}

/// Names a column by place (from 0) or by name; a literal does.
package enum PostgresColumn: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case index(Int)
  case name(String)

  package init(integerLiteral value: Int) { self = .index(value) }
  package init(stringLiteral value: String) { self = .name(value) }
}

/// The rows of a result, in the server's order.
package struct PostgresRows: RandomAccessCollection, Sendable {
  package let result: PostgresResult
  package var startIndex: Int { 0 }
  package var endIndex: Int { result.rowCount }
  package subscript(position: Int) -> PostgresRow { PostgresRow(result: result, index: position) }
}

/// One row. Reading a cell fails with `misuse` when the column is absent, of another type, or NULL and not asked for as Optional.
package struct PostgresRow: Sendable {
  package let result: PostgresResult
  package let index: Int

  /// `let name: String? = try row["name"]`
  package subscript<Value: PostgresDecodable>(column: PostgresColumn) -> Value {
    get throws(PostgresError) {
      let place = try result.index(of: column)
      return try result.withCell(row: index, column: place) { (cell) throws(PostgresError) in try Value.decode(cell) }
    }
  }

  package func isNull(_ column: PostgresColumn) throws(PostgresError) -> Bool {
    let place = try result.index(of: column)
    return try result.withCell(row: index, column: place) { (cell) throws(PostgresError) in cell.bytes == nil }
  }

  package func int(_ column: PostgresColumn) throws(PostgresError) -> Int { try self[column] }
  package func int64(_ column: PostgresColumn) throws(PostgresError) -> Int64 { try self[column] }
  package func double(_ column: PostgresColumn) throws(PostgresError) -> Double { try self[column] }
  package func bool(_ column: PostgresColumn) throws(PostgresError) -> Bool { try self[column] }
  /// Text as it is; dates, instants and uuids in their ISO form.
  package func string(_ column: PostgresColumn) throws(PostgresError) -> String { try self[column] }
  package func bytes(_ column: PostgresColumn) throws(PostgresError) -> [UInt8] { try self[column] }
  package func date(_ column: PostgresColumn) throws(PostgresError) -> PostgresDate { try self[column] }
  package func timestamp(_ column: PostgresColumn) throws(PostgresError) -> PostgresTimestamp { try self[column] }
  package func uuid(_ column: PostgresColumn) throws(PostgresError) -> PostgresUUID { try self[column] }
}
