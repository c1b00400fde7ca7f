import Lontar
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

@Suite struct RegionServiceTests {
  private func get(
    _ database: TestDatabase, _ session: TestSession, _ region: String, asOf: String = ""
  ) async throws -> Seratus_V1_GetRegionResponse {
    var request = Seratus_V1_GetRegionRequest()
    request.region = region
    request.asOf.iso = asOf
    return try await RegionService(database.core).getRegion(
      request, context: TestCall.context("RegionService/GetRegion", token: session.token))
  }

  @Test func `the nation has 514 regions, 416 kabupaten and 98 kota`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.export)
      let service = RegionService(database.core)
      for (kind, count) in [(Seratus_V1_RegionKind.unspecified, 514), (.kabupaten, 416), (.kota, 98)] {
        var request = Seratus_V1_ListRegionsRequest()
        request.kind = kind
        let response = try await service.listRegions(
          request, context: TestCall.context("RegionService/ListRegions", token: session.token))
        #expect(response.total == Int32(count))
        #expect(response.regions.count == count)
        #expect(response.nextCursor.isEmpty)
        #expect(response.dataset.kind == .official)
      }
    }
  }

  @Test func `pages follow each other without gap or overlap`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let service = RegionService(database.core)
      var seen: [Int32] = []
      var request = Seratus_V1_ListRegionsRequest()
      request.pageSize = 100
      repeat {
        let page = try await service.listRegions(
          request, context: TestCall.context("RegionService/ListRegions", token: session.token))
        seen += page.regions.map(\.regionID)
        request.pageCursor = page.nextCursor
      } while !request.pageCursor.isEmpty
      #expect(seen.count == 514)
      #expect(Set(seen).count == 514)
    }
  }

  @Test func `a region is found by code, by either system and by name, and keeps its place in time`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.regionViewer, region: "35.71")
      for typed in ["35.71", "kemendagri:35.71", "bps:3571", "3571", "Kota Kediri", "kota kediri"] {
        let found = try await get(database, session, typed)
        #expect(found.region.name == "Kota Kediri", "\(typed)")
        #expect(found.region.kemendagriCode == "35.71")
        #expect(found.region.provinceName == "Jawa Timur")
      }
      #expect(try await get(database, session, "Mimika", asOf: "2017-12-31").region.provinceName == "Papua")
      #expect(try await get(database, session, "Mimika").region.provinceName == "Papua Tengah")
    }
  }

  @Test func `what names no region is refused with names that are near`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let code = await refusal { try await get(database, session, "35.70") }
      #expect(code?.code == .invalidArgument)
      let unknown = await refusal { try await get(database, session, "35.81") }
      #expect(unknown?.code == .notFound)
      #expect(unknown?.message.contains("35.71") == true)
      let name = await refusal { try await get(database, session, "Kota Kedri") }
      #expect(name?.code == .notFound)
      #expect(name?.message.contains("Kota Kediri (35.71)") == true)
      #expect(name?.details.localized["id"]?.contains("mungkin") == true)
    }
  }

  @Test(arguments: [
    ("Probolinggo", ["Kabupaten Probolinggo", "Kota Probolinggo"]), ("1202", ["kemendagri:12.02", "bps:1202"]),
  ])
  func `an ambiguous name or number is refused and its meanings named`(typed: String, meanings: [String]) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let error = await refusal { try await get(database, session, typed) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.details.reason == "REGION_AMBIGUOUS")
      for meaning in meanings { #expect(error?.message.contains(meaning) == true) }
    }
  }

  @Test(arguments: [(0, "VALUE_MISSING"), (201, "TEXT_TOO_LONG")])
  func `a name has 1 to 200 bytes`(count: Int, reason: String) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let error = await refusal { try await get(database, session, String(repeating: "a", count: count)) }
      #expect(error?.details.reason == reason)
    }
  }

  @Test func `a day that is none is refused by its field`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let error = await refusal { try await get(database, session, "35.71", asOf: "2017-02-29") }
      #expect(error?.details.reason == "BAD_DATE")
      #expect(error?.details.fieldViolations.map(\.field) == ["as_of"])
    }
  }

  @Test func `a search for Probolinggo gives both`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      var request = Seratus_V1_SearchRegionsRequest()
      request.text = "Probolinggo"
      let hits = try await RegionService(database.core).searchRegions(
        request, context: TestCall.context("RegionService/SearchRegions", token: session.token)
      ).hits
      #expect(Set(hits.prefix(2).map(\.region.kemendagriCode)) == ["35.13", "35.74"])
    }
  }

  @Test func `the report of Kota Kediri for 2022 gives the five numbers or says why not`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.regionViewer, region: "35.71")
      var request = Seratus_V1_ReportRegionRequest()
      request.region = "35.71"
      request.year = 2022
      let report = try await RegionService(database.core).reportRegion(
        request, context: TestCall.context("RegionService/ReportRegion", token: session.token))
      #expect(report.score.publishedTotal.text == "3.31")
      #expect(report.change.difference.text == "0.25")
      #expect(report.change.fromYear == 2021)
      #expect(report.change.caveats.contains { $0.en.contains("2021") && $0.en.contains("inferred") })
      #expect(!report.rankNational.hasRank)
      #expect(report.rankNational.among == 1)
      #expect(!report.rankNational.reason.id.isEmpty && !report.rankNational.reason.en.isEmpty)
      #expect(report.claims.contains { $0.claim == "rank_province" && $0.value == 4 })
      #expect(report.score.parts.count == 11)
    }
  }

  @Test func `a year without a score says so, by what the caller may know`() async throws {
    try await TestDatabase.with { database in
      let service = RegionService(database.core)
      var request = Seratus_V1_ReportRegionRequest()
      request.region = "35.78"
      request.year = 2023
      for (session, missing) in [
        (try await database.session(.ministryAnalyst), Seratus_V1_MissingKind.notReported),
        (try await database.session(.regionViewer, region: "35.78"), .notReported),
        (try await database.session(.regionViewer, region: "35.71"), .notVisible),
      ] {
        let report = try await service.reportRegion(
          request, context: TestCall.context("RegionService/ReportRegion", token: session.token))
        #expect(!report.hasScore)
        #expect(report.missing == missing)
      }
    }
  }
}

extension Seratus_V1_Decimal {
  /// As people write it.
  var text: String {
    let digits = String(units.magnitude)
    let padded = String(repeating: "0", count: max(0, Int(scale) + 1 - digits.count)) + digits
    let sign = units < 0 ? "-" : ""
    return scale == 0 ? sign + padded : sign + padded.dropLast(Int(scale)) + "." + padded.suffix(Int(scale))
  }
}
