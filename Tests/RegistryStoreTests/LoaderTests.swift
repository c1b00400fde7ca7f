import Foundation
import PostgresClient
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Loading reference data` {
  private let folder = "\(TestCluster.root)/db/reference"

  /// A copy of the reference data with one file changed.
  private func copy(changing file: String, _ change: (String) -> String) throws -> String {
    let copy = FileManager.default.temporaryDirectory.appending(path: "reference-\(UUID().uuidString)").path()
    try FileManager.default.copyItem(atPath: folder, toPath: copy)
    let path = "\(copy)/\(file)"
    try change(String(contentsOfFile: path, encoding: .utf8)).write(toFile: path, atomically: true, encoding: .utf8)
    return copy
  }

  @Test func `a second load changes nothing and says so for each of the 21 files`() async throws {
    try await TestDatabase.with { database in
      let report = try await ReferenceLoader(pool: database.admin).load(try ReferenceSet(folder: folder), dataset: .official)
      #expect(report.files.count == 21)
      #expect(report.isUnchanged)
      #expect(report.files.first { $0.name == "regions.csv" }?.unchanged == 514)
      #expect(report.files.allSatisfy { $0.vanished == "[]" })
    }
  }

  @Test func `a changed row is reported as updated, a new one as inserted, a missing one as vanished and kept`() async throws {
    try await TestDatabase.with { database in
      let folder = try copy(changing: "cohorts.csv") { text in
        var lines = text.split(separator: "\n").map(String.init)
        lines[1] = lines[1].replacingOccurrences(of: "angkatan pertama", with: "angkatan I")
        lines.append("2025,Angkatan 2025,Cohort of 2025,5,256,,no,a letter,uncertain,")
        return lines.joined(separator: "\n") + "\n"
      }
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let loader = ReferenceLoader(pool: database.admin)
      let changed = try await loader.load(try ReferenceSet(folder: folder), dataset: .official).files.first {
        $0.name == "cohorts.csv"
      }
      #expect(changed?.inserted == 1 && changed?.updated == 1 && changed?.unchanged == 6)
      let back = try await loader.load(try ReferenceSet(folder: self.folder), dataset: .official).files.first {
        $0.name == "cohorts.csv"
      }
      #expect(back?.updated == 1 && back?.vanished == "[[2025]]")
      let stays: Int = try await database.value("select count(*)::int from registry.cohort where year = 2025")
      #expect(stays == 1)
    }
  }

  static let faults: [(file: String, from: String, to: String, row: Int?, column: String?, reason: String)] = [
    ("regions.csv", "1,kabupaten,", "1,distrik,", 2, "kind", "UNKNOWN_WORD"),
    ("region_codes.csv", "1,bps,1103,", "1,bps,11.03,", 2, "code", "BAD_CODE"),
    ("region_codes.csv", "1,bps,1103,", "515,bps,1103,", 2, "region_id", "UNKNOWN_KEY"),
    ("cohorts.csv", "2017-05-22", "2017-02-30", 2, "signed_on", "BAD_DATE"),
    ("memberships.csv", "2017,14.05,", "2017,99.05,", 2, "region", "UNKNOWN_KEY"),
    ("memberships.csv", "2017,14.05,", "2017,14.5,", 2, "region", "BAD_CODE"),
    (
      "instrument_aspects.csv", "evaluasi-10-20-30-20-20-cut,baseline,1,10,", "evaluasi-10-20-30-20-20-cut,baseline,1,11,", 6,
      "weight_percent", "WEIGHT_SUM"
    ),
    ("score_parts.csv", "aspect,baseline,3.60", "aspect,baseline,4.60", 2, "value", "OUT_OF_SCALE"),
    ("plan_realisations.csv", ",branding,6,7,", ",branding,8,7,", 2, "done", "OUT_OF_SCALE"),
    ("scores.csv", "33.75,2018,annual,masterplan,", "33.75,2018,yearly,masterplan,", 2, "stage", "UNKNOWN_WORD"),
    ("provinces.csv", "province_id,name,", "id,name,", nil, "province_id", "CSV_MISSING_COLUMN"),
    ("province_codes.csv", "1,bps,11,", "1,bps,11\",", 2, "3", "CSV_SYNTAX"),
  ]

  @Test(arguments: faults)
  func `a fault is named by file, row, column and reason`(
    fault: (file: String, from: String, to: String, row: Int?, column: String?, reason: String)
  ) throws {
    let folder = try copy(changing: fault.file) { text in
      let place = text.firstRange(of: fault.from)
      return place.map { text.replacingCharacters(in: $0, with: fault.to) } ?? text
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let error = #expect(throws: ReferenceError.self) { try ReferenceSet(folder: folder) }
    let problem = error?.problems.first
    #expect(error?.code == .invalid)
    #expect(problem?.file == fault.file && problem?.row == fault.row && problem?.column == fault.column)
    #expect(problem?.reason == fault.reason)
  }

  @Test func `every fault of a file is found at once`() throws {
    let folder = try copy(changing: "regions.csv") { $0.replacingOccurrences(of: ",kota,", with: ",city,") }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let error = #expect(throws: ReferenceError.self) { try ReferenceSet(folder: folder) }
    #expect(error?.problems.count == 98)
  }

  @Test func `a contradiction that only the database sees leaves nothing behind`() async throws {
    try await TestDatabase.with { database in
      // Two regions with one code on one day: each row is fine by itself.
      let folder = try copy(changing: "region_codes.csv") { text in
        text.replacingOccurrences(of: "\n2,bps,1104,", with: "\n2,bps,1103,")
      }
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let before: String = try await database.value("select md5(string_agg(c::text, '' order by c)) from registry.region_code c")
      await #expect(throws: ReferenceError.self) {
        _ = try await ReferenceLoader(pool: database.admin).load(try ReferenceSet(folder: folder), dataset: .official)
      }
      let after: String = try await database.value("select md5(string_agg(c::text, '' order by c)) from registry.region_code c")
      #expect(before == after)
    }
  }

  @Test func `facts and synthetic data never share a database, nor do two seeds`() async throws {
    try await TestDatabase.with { database in
      let loader = ReferenceLoader(pool: database.admin)
      let set = try ReferenceSet(folder: folder)
      let error = await #expect(throws: ReferenceError.self) { _ = try await loader.load(set, dataset: .synthetic(seed: 1)) }
      #expect(error?.code == .datasetDiffers)
    }
    try await TestDatabase.with(.synthetic(seed: 7)) { database in
      let set = try ReferenceSet(folder: folder)
      let other = await #expect(throws: ReferenceError.self) {
        _ = try await ReferenceLoader(pool: database.admin).load(set, dataset: .synthetic(seed: 8))
      }
      #expect(other?.code == .datasetDiffers)
      let filled = await #expect(throws: ReferenceError.self) {
        _ = try await SyntheticLoader(pool: database.admin).load(seed: 8, years: 2021...2021)
      }
      #expect(filled?.code == .datasetDiffers)
    }
  }

  @Test func `a synthetic database holds 514 regions with a cohort each, no published score, and says its seed`() async throws {
    try await TestDatabase.with(.synthetic(seed: 7)) { database in
      let scores: Int = try await database.value("select count(*)::int from registry.score where dataset = 'synthetic'")
      let published: Int = try await database.value("select count(*)::int from registry.score where published_e4 is not null")
      let members: Int = try await database.value("select count(distinct region_id)::int from registry.membership")
      #expect(scores == 514 * 4)
      #expect(published == 0)
      #expect(members == 514)
      let again = try await SyntheticLoader(pool: database.admin).load(seed: 7, years: 2021...2024)
      #expect(again.scores == 0 && again.unchanged == 514 * 4 && again.memberships == 0)
      let analyst = try await database.session(.ministryAnalyst)
      let answer = try await database.store.datasets.show(analyst.reading)
      #expect(answer.value.dataset == .synthetic(seed: 7))
    }
  }

  @Test func `loading into a database without a schema says to migrate it`() async throws {
    let name = TestCluster.freshName()
    try await TestCluster.command("create database \(name)")
    let pool = TestCluster.pool(TestCluster.conninfo(database: name))
    let error = await #expect(throws: ReferenceError.self) {
      _ = try await ReferenceLoader(pool: pool).load(try ReferenceSet(folder: folder), dataset: .official)
    }
    await pool.shutdown()
    try await TestCluster.command("drop database \(name) with (force)")
    #expect(error?.code == .notMigrated)
  }
}
