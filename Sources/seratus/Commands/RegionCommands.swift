internal import ArgumentParser
internal import RegistryClient
internal import RegistryProtocol

struct RegionCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "region", abstract: Help(id: "Kabupaten dan kota.", en: "Regions: kabupaten and kota.").text,
      subcommands: [RegionList.self, RegionShow.self, RegionSearch.self, RegionReport.self])
  }
}

struct RegionList: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list", abstract: Help(id: "Daftar daerah.", en: "List regions.").text,
      discussion: Help.examples([
        "seratus region list", "seratus region list --province 35 --kind kota",
        "seratus region list --cohort 2017 --as-of 2017-12-31",
        "seratus region list -o csv",
      ]))
  }

  @Option(help: Help(id: "Provinsi: kode Kemendagri atau nama.", en: "Province: Kemendagri code or name.").option) var province:
    String?
  @Option(help: Help(id: "kabupaten atau kota.", en: "kabupaten or kota.").option) var kind: RegionKindArgument?
  @Option(help: Help(id: "Angkatan, misalnya 2017.", en: "Cohort, e.g. 2017.").option) var cohort: Int32?
  @Option(help: Help(id: "Keadaan pada tanggal ini (YYYY-MM-DD).", en: "As of this day (YYYY-MM-DD).").option) var asOf: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_ListRegionsRequest()
    request.province = province ?? ""
    request.kind = kind?.message ?? .unspecified
    request.cohortYear = cohort ?? 0
    request.asOf.iso = try invocation.day(asOf, option: "--as-of")
    let view = try await invocation.withClient { [request] client in try await Self.all(request, client) }
    try invocation.show(view.document(invocation.language))
  }

  /// All pages: a list that stops at a page would be a silent cap.
  private static func all(_ request: Seratus_V1_ListRegionsRequest, _ client: RegistryClient) async throws -> RegionListView {
    var page = try await client.listRegions(request)
    var regions = page.regions
    var next = request
    while !page.nextCursor.isEmpty {
      next.pageCursor = page.nextCursor
      page = try await client.listRegions(next)
      regions += page.regions
    }
    return RegionListView(
      regions: regions, total: Int(page.total), totals: page.totals, asOf: page.asOf, dataset: page.dataset)
  }
}

struct RegionShow: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show",
      abstract: Help(
        id: "Satu daerah dengan kode, nama dan provinsinya dari masa ke masa.",
        en: "One region, with its codes, names and provinces in time."
      ).text,
      discussion: Help.examples(
        [
          "seratus region show 35.71", "seratus region show bps:3571", "seratus region show \"Kota Kediri\"",
          "seratus region show Mimika --as-of 2017-12-31",
        ],
        id:
          "Kode Kemendagri (35.71), bps:3571, atau nama lengkap. Angka tanpa titik ditolak bila berarti lebih dari satu daerah.",
        en: "A Kemendagri code (35.71), bps:3571, or a full name. A bare number is refused if it means more than one region."))
  }

  @Argument(help: Help(id: "Kode atau nama daerah.", en: "Code or name of the region.").option) var region: String
  @Option(help: Help(id: "Keadaan pada tanggal ini (YYYY-MM-DD).", en: "As of this day (YYYY-MM-DD).").option) var asOf: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_GetRegionRequest()
    request.region = region
    request.asOf.iso = try invocation.day(asOf, option: "--as-of")
    let answer = try await invocation.withClient { [request] client in try await client.getRegion(request) }
    try invocation.show(RegionCardView(response: answer).document(invocation.language))
  }
}

struct RegionSearch: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "search",
      abstract: Help(id: "Cari daerah menurut nama, nama lain atau kode.", en: "Find regions by name, alias or code.").text,
      discussion: Help.examples(["seratus region search Probolinggo", "seratus region search kediri --limit 5 -o ndjson"]))
  }

  @Argument(help: Help(id: "Bagian nama atau kode.", en: "Part of a name or code.").option) var text: String
  @Option(help: Help(id: "Paling banyak sekian, sampai 50.", en: "At most this many, up to 50.").option) var limit: Int32 = 10
  @Option(help: Help(id: "Keadaan pada tanggal ini (YYYY-MM-DD).", en: "As of this day (YYYY-MM-DD).").option) var asOf: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_SearchRegionsRequest()
    request.text = text
    request.limit = limit
    request.asOf.iso = try invocation.day(asOf, option: "--as-of")
    let answer = try await invocation.withClient { [request] client in try await client.searchRegions(request) }
    try invocation.show(SearchView(text: text, response: answer).document(invocation.language))
  }
}

struct RegionReport: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "report",
      abstract: Help(
        id: "Lima angka satu daerah dan tahun: indeks, perubahan, dua peringkat, rincian.",
        en: "The five numbers of a region and year: index, change, two ranks, the split."
      ).text,
      discussion: Help.examples([
        "seratus region report 35.71 --year 2022", "seratus region report \"Kota Kediri\" --year 2022 --lang id",
        "seratus region report 35.71 --year 2022 --report kediri.html", "seratus region report 35.71 --year 2022 -o json",
      ]))
  }

  @Argument(help: Help(id: "Kode atau nama daerah.", en: "Code or name of the region.").option) var region: String
  @Option(help: Help(id: "Tahun yang dievaluasi.", en: "The year evaluated.").option) var year: Int32
  @Option(help: Help(id: "annual (bawaan), I atau II.", en: "annual (default), I or II.").option) var stage: StageArgument =
    .annual
  @Option(
    help: Help(
      id: "Tulis juga laporan HTML bergambar ke berkas ini.", en: "Also write an HTML report with pictures to this file."
    ).option)
  var report: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let view = try await invocation.withClient { client in try await fetch(client) }
    if let report {
      try HTMLReport.write(RegionHTML(view: view).page(invocation.language), to: report)
      invocation.talk(invocation.language[Phrase(id: "laporan: \(report)", en: "report: \(report)")])
    }
    try invocation.show(view.document(invocation.language))
  }

  private func fetch(_ client: RegistryClient) async throws -> ReportView {
    var request = Seratus_V1_ReportRegionRequest()
    request.region = region
    request.year = year
    request.stage = stage.message
    let answer = try await client.reportRegion(request)
    guard answer.hasScore, !answer.score.instrumentID.isEmpty else { return ReportView(response: answer, instrument: nil) }
    // Weights and scale stand in the instrument; the report itself doesn't carry them.
    let instruments = try await client.listInstruments().instruments
    return ReportView(response: answer, instrument: instruments.first { $0.instrumentID == answer.score.instrumentID })
  }
}
