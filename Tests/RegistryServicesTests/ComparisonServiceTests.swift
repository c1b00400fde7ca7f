import Lontar
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

@Suite struct ComparisonServiceTests {
  private func compare(
    _ database: TestDatabase, _ session: TestSession, adjust: (inout Seratus_V1_CompareCohortsRequest) -> Void = { _ in }
  ) async throws -> Seratus_V1_CompareCohortsResponse {
    var request = Seratus_V1_CompareCohortsRequest()
    adjust(&request)
    return try await ComparisonService(database.core).compareCohorts(
      request, context: TestCall.context("ComparisonService/CompareCohorts", token: session.token))
  }

  @Test func `where one score is published the answer is that nothing can be concluded`() async throws {
    try await TestDatabase.with { database in
      let answer = try await compare(database, try await database.session(.ministryAnalyst)) { $0.year = 2022 }
      #expect(!answer.conclusive)
      #expect(answer.verdict.contains { $0.en.contains("hardly any values") && !$0.id.isEmpty })
      #expect(answer.cohorts.allSatisfy { !$0.hasRank })
      #expect(answer.all.n == 1)
      #expect(answer.all.median.text == "3.3100")
      #expect(!answer.all.hasStandardDeviation && !answer.all.hasLowerQuartile && !answer.all.hasUpperQuartile)
      let kediri = try #require(answer.cohorts.first { $0.n == 1 })
      #expect(!kediri.hasLowerQuartile && !kediri.hasUpperQuartile && kediri.median.text == "3.3100")
      #expect(kediri.remark.en.contains("a single value is too few for quartiles"))
      #expect(kediri.remark.id.contains("satu nilai saja terlalu sedikit untuk kuartil"))
      #expect(answer.scales.map(\.instrumentID) == ["evaluasi-10-20-30-20-20-cut"])
      #expect(answer.scales.map(\.scaleMin.text) == ["0.00"] && answer.scales.map(\.scaleMax.text) == ["4.00"])
      for cohort in answer.cohorts {
        let missing = cohort.missing.map(\.count).reduce(0, +)
        let excluded = cohort.excluded.map(\.count).reduce(0, +)
        #expect(cohort.n + missing + excluded == cohort.members, "\(cohort.cohortYear)")
      }
      #expect(!answer.conventions.isEmpty)
    }
  }

  @Test(arguments: [(2022, 2022, false), (2023, 2022, true), (2024, 2022, true), (2023, 2023, false)])
  func `nothing was asked of a region before it joined`(cohort: Int32, year: Int32, isBefore: Bool) async throws {
    try await TestDatabase.with { database in
      let answer = try await compare(database, try await database.session(.ministryAnalyst)) {
        $0.year = year
        $0.cohortYears = [cohort]
        $0.includeValues = true
      }
      #expect(answer.cohorts[0].missing.map(\.kind) == [isBefore ? .notApplicable : .notReported])
      #expect(Set(answer.values.map(\.missing)) == [isBefore ? .notApplicable : .notReported])
    }
  }

  @Test func `whoever may not see why a value is missing is not told`() async throws {
    try await TestDatabase.with { database in
      let answer = try await compare(database, try await database.session(.export)) { $0.year = 2022 }
      let kinds = Set(answer.cohorts.filter { $0.cohortYear <= 2022 }.flatMap { $0.missing.map(\.kind) })
      #expect(kinds == [.notVisible])
      #expect(answer.scope.en == "released scores only")
    }
  }

  @Test func `synthetic scores compare at full size, and every answer says that they are made up`() async throws {
    try await TestDatabase.with(.synthetic(seed: 7)) { database in
      let answer = try await compare(database, try await database.session(.ministryAnalyst)) {
        $0.year = 2022
        $0.includeValues = true
      }
      #expect(answer.conclusive)
      #expect(answer.dataset.kind == .synthetic)
      #expect(answer.dataset.seed == 7)
      #expect(answer.verdict.first?.en.contains("synthetic") == true)
      for cohort in answer.cohorts where cohort.n > 1 {
        let own = answer.values.filter { $0.cohortYear == cohort.cohortYear && $0.hasValue }.map { Self.number($0.value) }
          .sorted()
        #expect(own.count == Int(cohort.n))
        #expect(abs(Self.number(cohort.mean) - own.reduce(0, +) / Double(own.count)) <= 0.00005 + 1e-9)
        #expect(abs(Self.number(cohort.median) - Self.type7(own, 0.5)) <= 0.00005 + 1e-9)
        #expect(abs(Self.number(cohort.lowerQuartile) - Self.type7(own, 0.25)) <= 0.00005 + 1e-9)
        #expect(abs(Self.number(cohort.upperQuartile) - Self.type7(own, 0.75)) <= 0.00005 + 1e-9)
      }
    }
  }

  private static func number(_ decimal: Seratus_V1_Decimal) -> Double {
    Double(decimal.units) / (0..<decimal.scale).reduce(1.0) { product, _ in product * 10 }
  }

  /// Hyndman and Fan's definition, written out in binary numbers.
  private static func type7(_ sorted: [Double], _ p: Double) -> Double {
    let h = Double(sorted.count - 1) * p
    let low = Int(h)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (h - Double(low)) * (sorted[high] - sorted[low])
  }

  @Test(arguments: [("fame", "MEASURE_UNKNOWN"), ("aspect", "MEASURE_UNKNOWN"), (":x", "MEASURE_UNKNOWN")])
  func `a measure that is none is refused`(measure: String, reason: String) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let error = await refusal { try await compare(database, session) { $0.measure = measure } }
      #expect(error?.details.reason == reason)
    }
  }
}
