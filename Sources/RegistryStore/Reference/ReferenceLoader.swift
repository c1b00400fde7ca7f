package import PostgresClient
package import RegistryModel

/// What loading changed, file by file.
package struct LoadReport: Sendable, Hashable {
  package struct File: Sendable, Hashable {
    package let name: String
    package let inserted: Int
    package let updated: Int
    package let unchanged: Int
    /// Rows of pure detail that are no longer in the file and were deleted.
    package let removed: Int
    /// Keys that the database holds and the file doesn't, as a JSON array. They stay: facts don't vanish with a line.
    package let vanished: String
    /// Keys of scores that people have changed since, as a JSON array. They stay as people left them.
    package let kept: String

    package var isUnchanged: Bool { inserted == 0 && updated == 0 && removed == 0 }
  }

  package let dataset: DatasetRecord
  package let files: [File]

  package var isUnchanged: Bool { files.allSatisfy(\.isUnchanged) }
}

/// Loads the reference data into a migrated database: all files in one transaction, or nothing. Loading again changes nothing.
package struct ReferenceLoader: Sendable {
  /// Loading takes about a second; a database that needs longer is in trouble.
  package static let timeMax: Duration = .seconds(60)

  private let pool: PostgresPool

  /// - Parameter pool: of an administrator, with at least one exclusive connection.
  package init(pool: PostgresPool) {
    self.pool = pool
  }

  /// - Parameter dataset: what this database holds; published scores are loaded into an official one only.
  /// - Throws: `ReferenceError`; the database is then as it was.
  package func load(_ set: ReferenceSet, dataset: Dataset) async throws(ReferenceError) -> LoadReport {
    let tables = set.tables.filter { dataset == .official || !$0.file.isPublishedScore }
    do {
      return try await pool.withConnection { connection in
        let label = dataset.label.id
        let deadline = ContinuousClock.now.advanced(by: Self.timeMax)
        // One trip, one transaction: the context of the loader, the dataset, each file, and what constraints can't say.
        let steps =
          [
            Queries.loaderEnter(),
            Queries.datasetSet(.text(dataset.word), dataset.seed.map { .int8($0) } ?? .null, .text(label)),
          ] + tables.map { $0.file.query(.json($0.json.text)) } + [Queries.referenceFaults()]
        _ = try await connection.execute([RequestRunner.begin], deadline: deadline)
        do {
          let results = try await connection.execute(steps, deadline: deadline)
          try Self.refuse(faults: results[results.count - 1], dataset: results[1])
          _ = try await connection.execute(
            [Queries.referenceLinesRefresh(), Queries.statisticsRefresh(), RequestRunner.commit], deadline: deadline)
          return try Self.report(tables, results, DatasetRecord(dataset: dataset, label: label))
        } catch {
          _ = try? await connection.execute([RequestRunner.rollback], deadline: deadline)
          throw error
        }
      }
    } catch {
      throw ReferenceError(wrapping: error)
    }
  }

  private static func refuse(faults: PostgresResult, dataset: PostgresResult) throws {
    guard dataset.rowCount == 1 else {
      throw ReferenceError(
        .datasetDiffers, "this database holds synthetic data of another seed; use a database of its own for each seed")
    }
    let problems = try faults.rows.prefix(ReferenceLimits.problemsMax).map { row in
      ReferenceProblem(
        file: "db/reference", reason: "REFERENCE_FAULT", message: "\(try row.string("fault")): \(try row.string("object"))")
    }
    guard problems.isEmpty else {
      throw ReferenceError(
        .invalid, "the reference data contradict themselves in \(faults.rowCount) places; nothing was loaded", problems: problems)
    }
  }

  private static func report(
    _ tables: [ReferenceTable], _ results: [PostgresResult], _ dataset: DatasetRecord
  ) throws -> LoadReport {
    let files = try zip(tables, results.dropFirst(2)).map { table, result in
      guard let row = result.first else { throw StoreError.fault("\(table.file.query.name) says nothing") }
      let kept = result.columnNames.contains("kept") ? try row.string("kept") : "[]"
      return LoadReport.File(
        name: table.file.name, inserted: try row.int("inserted"), updated: try row.int("updated"),
        unchanged: try row.int("unchanged"), removed: try row.int("removed"), vanished: try row.string("vanished"), kept: kept)
    }
    return LoadReport(dataset: dataset, files: files)
  }
}

extension ReferenceError {
  init(wrapping error: any Error) {
    switch error {
    case let error as ReferenceError: self = error
    case let error as PostgresError where error.sqlState == "23505" && error.detail?.contains("sole") == true:
      self.init(
        .datasetDiffers, "this database holds the other kind of data; facts and synthetic data are never in one database",
        detail: error.description)
    case let error as PostgresError where ["3F000", "42P01", "42704"].contains(error.sqlState ?? ""):
      self.init(.notMigrated, "the database has no schema of this version yet; migrate it first", detail: error.description)
    case let error as PostgresError where error.sqlState == nil:
      self.init(.unavailable, "the database can't be reached now; try again later", detail: error.description)
    default:
      self.init(.failed, "the database refused the reference data; nothing was loaded", detail: "\(error)")
    }
  }
}
