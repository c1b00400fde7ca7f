import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

/// Facts of the official lists: Kepmendagri 300.2.2-2138/2025, Dukcapil semester II 2024.
@Suite struct `Regions of the nation` {
  @Test func `the nation has 514 regions on one page, 416 kabupaten and 98 kota, with 284,973,643 people`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      let all = try await database.store.regions.list(reader, filter: RegionFilter(asOf: today), page: PageRequest(size: 600))
      #expect(all.value.page.total == 514 && all.value.page.elements.count == 514 && all.value.page.next == nil)
      #expect(all.value.page.elements.count { $0.kind == .kabupaten } == 416)
      let cities = try await database.store.regions.list(
        reader, filter: RegionFilter(kind: .kota, asOf: today), page: PageRequest(size: 1))
      #expect(cities.value.page.total == 98 && cities.value.totals.kabupaten == 0 && cities.value.totals.kota == 98)
      let population: Int = try await database.value("select sum(population)::bigint from registry.region")
      #expect(population == 284_973_643)
      #expect(all.value.totals.population == 284_973_643 && all.value.totals.populationUnknown == 0)
    }
  }

  @Test func `pages follow each other without gap or overlap`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.export).reading
      var ids: [RegionID] = []
      var cursor: String?
      repeat {
        let page = try await database.store.regions.list(
          reader, filter: RegionFilter(asOf: today), page: PageRequest(size: 100, cursor: cursor))
        ids += page.value.page.elements.map(\.id)
        cursor = page.value.page.next
      } while cursor != nil
      #expect(ids.map(\.value) == Array(1...514))
    }
  }

  @Test(arguments: [("35", 38), ("Jawa Timur", 38), ("jawa timur", 38), ("31", 6), ("34", 5)])
  func `a province is filtered by code or name`(province: String, count: Int) async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let page = try await database.store.regions.list(
        reader, filter: RegionFilter(province: province, asOf: today), page: PageRequest(size: 100))
      #expect(page.value.page.total == count)
    }
  }

  @Test func `an unknown province is an error, not an empty list`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let error = await storeError {
        _ = try await database.store.regions.list(
          reader, filter: RegionFilter(province: "Atlantis", asOf: today), page: PageRequest(size: 10))
      }
      #expect(error?.fields.first?.reason == "PROVINCE_UNKNOWN")
    }
  }

  @Test(arguments: [
    ("35.71", "Kota Kediri"), ("kemendagri:35.71", "Kota Kediri"), ("bps:3571", "Kota Kediri"), ("3571", "Kota Kediri"),
    ("Kota Kediri", "Kota Kediri"), ("kota  kediri", "Kota Kediri"), ("Kab. Kediri", "Kabupaten Kediri"),
    ("Kotabaru", "Kabupaten Kotabaru"), ("Toba Samosir", "Kabupaten Toba"),
  ])
  func `a reference without doubt finds its region`(typed: String, name: String) async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      let answer = try await database.store.regions.get(reader, region: region(typed), asOf: today)
      #expect(answer.value.summary.name == name)
    }
  }

  @Test func `a bare number with readings in two regions is refused with both, each as it must be written`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let error = await storeError { _ = try await database.store.regions.get(reader, region: region("9404"), asOf: today) }
      guard case .regionAmbiguous(let typed, let candidates) = error?.code else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(typed == "9404")
      #expect(Set(candidates.map(\.id)).count > 1)
      #expect(candidates.contains { $0.code == "bps:9404" } && candidates.contains { $0.code == "kemendagri:94.04" })
    }
  }

  @Test func `a name of both a kabupaten and a kota is refused with both, and the search finds both`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      let error = await storeError {
        _ = try await database.store.regions.get(reader, region: region("Probolinggo"), asOf: today)
      }
      guard case .regionAmbiguous(_, let candidates) = error?.code else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(Set(candidates.map(\.labelled)) == ["Kabupaten Probolinggo (35.13)", "Kota Probolinggo (35.74)"])
      let hits = try await database.store.regions.search(reader, text: "probolinggo", limit: 10, asOf: today).value
      #expect(Set(hits.map(\.region.kemendagriCode)) == ["35.13", "35.74"])
      #expect(hits.allSatisfy { $0.how == "exact" })
    }
  }

  @Test func `a slip of the pen is answered with what is near`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      let error = await storeError {
        _ = try await database.store.regions.get(reader, region: region("Kota Kedirii"), asOf: today)
      }
      guard case .regionUnknown(_, let near) = error?.code else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(near.contains { $0.labelled == "Kota Kediri (35.71)" })
      let hits = try await database.store.regions.search(reader, text: "Kota Kedirii", limit: 5, asOf: today).value
      #expect(hits.contains { $0.region.kemendagriCode == "35.71" && $0.how == "near" })
    }
  }

  @Test func `a code is searched in every reading`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      _ = try await database.store.datasets.inspect(deadline: nil)
      let hits = try await database.store.regions.search(reader, text: "35.71", limit: 5, asOf: today).value
      #expect(hits.map(\.region.name) == ["Kota Kediri"])
      #expect(hits.first?.matched == "kemendagri:35.71" && hits.first?.how == "code")
    }
  }

  @Test func `Mimika lies in Papua in 2017 and in Papua Tengah today, with the codes of each time`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let then = try CalendarDate(endOf: 2017)
      let old = try await database.store.regions.get(reader, region: region("Kabupaten Mimika"), asOf: then).value
      let new = try await database.store.regions.get(reader, region: region("Kabupaten Mimika"), asOf: today).value
      #expect(old.summary.provinceName == "Papua" && old.summary.provinceCode == "91")
      #expect(new.summary.provinceName == "Papua Tengah" && new.summary.provinceCode == "94")
      #expect(old.summary.kemendagriCode == "91.09" && new.summary.kemendagriCode == "94.04")
      #expect(old.summary.id == new.summary.id)
      #expect(new.provinces.count == 2 && new.codes.count == 4)
      #expect(new.askedBy == nil)
      let byOldCode = try await database.store.regions.get(reader, region: region("91.09"), asOf: today).value
      #expect(byOldCode.summary.id == new.summary.id)
      #expect(byOldCode.askedBy?.code == "91.09" && byOldCode.askedBy?.valid.to != nil)
    }
  }

  @Test func `Kota Kediri's page tells its people, its cohort and where that is from`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      let detail = try await database.store.regions.get(reader, region: region("35.71"), asOf: today).value
      #expect(detail.summary.bpsCode == "3571" && detail.summary.provinceName == "Jawa Timur")
      #expect((detail.place.population ?? 0) > 250_000)
      #expect(detail.memberships.map(\.cohortYear) == [2019])
      #expect(detail.names.isEmpty)
    }
  }
}
