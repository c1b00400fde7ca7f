import RegistryModel
import RegistryStore
import RegistryTestKit

/// The day on which tests read names, codes and provinces.
let today = try! CalendarDate(year: 2025, month: 6, day: 1)

/// The error of a repository call, or nil if it succeeded.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? StoreError
  }
}

func number(_ text: String) -> FixedDecimal { try! FixedDecimal(parsing: text, mark: .dot) }

func region(_ text: String) -> RegionReference { try! RegionReference(parsing: text) }

/// A score of Kota Blitar (35.72), of which nothing is published, unless said otherwise.
func draft(
  _ code: String = "35.72", year: Int = 2023, total: String? = "2.50", missing: MissingKind? = nil, expecting version: Int = 0,
  release: Bool = false, parts: [ScorePartRecord]? = nil
) -> ScorePut {
  ScorePut(
    region: region(code), key: ScoreKey(year: year, stage: .annual, kind: .implementation), published: total.map(number),
    missing: missing, source: "a letter", certainty: .verified, release: release, expectedVersion: version, parts: parts)
}

/// Sixteen bytes of one value.
func idempotencyKey(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 16) }
