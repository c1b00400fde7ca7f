internal import ArgumentParser
internal import RegistryClient
internal import RegistryProtocol

struct CohortCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "cohort",
      abstract: Help(id: "Angkatan gerakan dan anggotanya.", en: "Cohorts of the movement and their members.").text,
      subcommands: [CohortList.self, CohortShow.self])
  }
}

struct CohortList: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: Help(
        id: "Semua angkatan, dan jumlah daerah sampai masing-masing menurut tiap aturan.",
        en: "All cohorts, and the regions up to each by every counting rule."
      ).text,
      discussion: Help.examples(["seratus cohort list", "seratus cohort list --lang id -o csv"]))
  }

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let answer = try await invocation.withClient { client in try await client.listCohorts() }
    try invocation.show(CohortListView(response: answer).document(invocation.language))
  }
}

struct CohortShow: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show", abstract: Help(id: "Satu angkatan dan anggotanya.", en: "One cohort and its members.").text,
      discussion: Help.examples([
        "seratus cohort show 2017", "seratus cohort show 2017 --borders-as-of 2017-12-31", "seratus cohort show 2019 -o ndjson",
      ]))
  }

  @Argument(help: Help(id: "Tahun angkatan.", en: "Year of the cohort.").option) var year: Int32
  @Option(
    help: Help(id: "Provinsi dan kode menurut batas wilayah tanggal ini.", en: "Provinces and codes by the borders of this day.")
      .option)
  var bordersAsOf: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_GetCohortRequest()
    request.year = year
    request.bordersAsOf.iso = try invocation.day(bordersAsOf, option: "--borders-as-of")
    let answer = try await invocation.withClient { [request] client in try await client.getCohort(request) }
    try invocation.show(CohortView(response: answer).document(invocation.language))
  }
}

struct CompareCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "compare", abstract: Help(id: "Perbandingan.", en: "Comparisons.").text, subcommands: [CompareCohorts.self])
  }
}

struct CompareCohorts: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "cohorts",
      abstract: Help(
        id: "Bandingkan angkatan: n, tanpa nilai, kuartil, rerata, simpangan baku, urutan.",
        en: "Compare cohorts: n, missing, quartiles, mean, standard deviation, rank."
      ).text,
      discussion: Help.examples(
        [
          "seratus compare cohorts", "seratus compare cohorts --cohorts 2017,2018,2019 --year 2022",
          "seratus compare cohorts --measure dimension:governance --values -o csv",
          "seratus compare cohorts --year 2022 --report cohorts.html",
        ],
        id: "Dengan --values, csv dan ndjson berisi satu baris untuk tiap keanggotaan; tanpa itu satu baris untuk tiap angkatan.",
        en: "With --values, csv and ndjson hold one row for each membership; without it one for each cohort."))
  }

  @Option(help: Help(id: "Angkatan, dipisah koma; bawaan semua.", en: "Cohorts, separated by commas; default: all.").option)
  var cohorts: YearList?
  @Option(
    help: Help(
      id: "Tahun yang dievaluasi; bawaan yang terakhir dengan nilai.",
      en: "The year evaluated; default: the latest with any score."
    ).option)
  var year: Int32?
  @Option(help: Help(id: "annual (bawaan), I atau II.", en: "annual (default), I or II.").option) var stage: StageArgument =
    .annual
  @Option(
    help: Help(id: "total (bawaan), aspect:KUNCI atau dimension:KUNCI.", en: "total (default), aspect:KEY or dimension:KEY.")
      .option)
  var measure: MeasureArgument?
  @Flag(help: Help(id: "Juga daerah dan nilainya.", en: "Also the regions and their values.").option) var values = false
  @Option(
    help: Help(
      id: "Tulis juga laporan HTML bergambar ke berkas ini.", en: "Also write an HTML report with pictures to this file."
    ).option)
  var report: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_CompareCohortsRequest()
    request.cohortYears = cohorts?.years ?? []
    request.year = year ?? 0
    request.stage = stage.message
    request.measure = measure?.text ?? ""
    // The pictures need every value, whether or not the table shows them.
    request.includeValues = values || report != nil
    var (answer, cohortList) = try await invocation.withClient { [request] client in
      (try await client.compareCohorts(request), report == nil ? nil : try await client.listCohorts())
    }
    if let report, let cohortList {
      try HTMLReport.write(CohortsHTML(comparison: answer, cohorts: cohortList).page(invocation.language), to: report)
      invocation.talk(invocation.language[Phrase(id: "laporan: \(report)", en: "report: \(report)")])
    }
    if !values { answer.values = [] }
    try invocation.show(ComparisonView(response: answer).document(invocation.language))
  }
}
