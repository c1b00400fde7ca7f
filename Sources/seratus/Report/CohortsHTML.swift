internal import RegistryModel
internal import RegistryProtocol

/// The report of `compare cohorts --report`.
struct CohortsHTML {
  let comparison: Seratus_V1_CompareCohortsResponse
  let cohorts: Seratus_V1_ListCohortsResponse

  func page(_ language: Language) -> HTMLReport {
    let measure = ComparisonMeasure.label(comparison.measure)
    let title = language[
      Phrase(
        id: "Perbandingan angkatan: \(measure.id), tahun \(comparison.year)",
        en: "Comparison of cohorts: \(measure.en), year \(comparison.year)")]
    var report = HTMLReport(title: comparison.dataset.marked(title, language), language: language)
    if let banner = comparison.dataset.banner(language) { report.addBanner(banner) }
    report.add([.heading(language[Words.verdict]), .notes(comparison.verdict.map { language[$0] })])
    addPictures(&report, language)
    var figures = comparison
    figures.values = []
    // Banner and title stand above already; the verdict comes first on the page.
    let blocks = ComparisonView(response: figures).document(language).blocks.drop { !$0.isTable }
    report.add([.heading(language[Phrase(id: "Angka", en: "Figures")])] + blocks)
    return report
  }

  private func addPictures(_ report: inout HTMLReport, _ language: Language) {
    let scope = "\(language[Words.scope]): \(language[comparison.scope])."
    report.add(
      CohortPlot(comparison: comparison).picture(language),
      heading: language[Phrase(id: "Nilai menurut angkatan", en: "Values by cohort")],
      caption: language[
        Phrase(
          id: "Satu titik: satu daerah. Kotak: kuartil 1 sampai 3, garis tebal: median. n: daerah dengan nilai. \(scope)",
          en: "One dot: one region. Box: first to third quartile, heavy line: median. n: regions with a value. \(scope)")])
    report.add(
      MissingBars(comparison: comparison).picture(language),
      heading: language[Phrase(id: "Berapa yang diketahui", en: "How much is known")],
      caption: language[
        Phrase(
          id:
            "Anggota dengan nilai, tanpa nilai menurut sebabnya, dan anggota yang dihitung kementerian tetapi belum dikenal di sini.",
          en: "Members with a value, without one by reason, and members that the ministry counts but nobody here can name.")])
    guard !cohorts.cohorts.isEmpty else { return }
    report.add(
      CumulativeChart(response: cohorts).picture(language), heading: language[Words.cumulative],
      caption: language[
        Phrase(
          id:
            "Batang: dihitung di sini, menurut tiap aturan. Belah ketupat: angka kementerian. Bintang (*): daftar belum lengkap.",
          en: "Bars: counted here, by each rule. Diamonds: the ministry's figure. Asterisk (*): lists are incomplete.")])
  }
}

extension Document.Block {
  var isTable: Bool {
    if case .table = self { return true }
    return false
  }
}
