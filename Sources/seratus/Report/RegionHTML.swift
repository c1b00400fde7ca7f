internal import RegistryModel
internal import RegistryProtocol

/// The report of `region report --report`.
struct RegionHTML {
  let view: ReportView

  private var response: Seratus_V1_ReportRegionResponse { view.response }

  func page(_ language: Language) -> HTMLReport {
    let title = "\(response.region.line): \(response.year), \(language[response.stage.label])"
    var report = HTMLReport(title: response.dataset.marked(title, language), language: language)
    if let banner = response.dataset.banner(language) { report.addBanner(banner) }
    // Title and banner stand above already.
    let blocks = ReportView(response: response, instrument: view.instrument, hasBars: false).document(language).blocks
      .drop { !$0.isFacts }
    report.add([.heading(language[Phrase(id: "Lima angka", en: "The five numbers")])] + blocks.prefix(1))
    addParts("aspect", Words.byAspect, to: &report, language)
    addParts("dimension", Words.byDimension, to: &report, language)
    addChange(to: &report, language)
    addRealisations(to: &report, language)
    report.add([.heading(language[Phrase(id: "Angka", en: "Figures")])] + blocks.dropFirst())
    return report
  }

  private var scale: FixedDecimal? { view.instrument?.scaleMax.exact }

  private func addParts(_ part: String, _ heading: Localized, to report: inout HTMLReport, _ language: Language) {
    let parts = response.score.parts(part)
    guard !parts.isEmpty else { return }
    let weights = Dictionary(
      (part == "aspect" ? view.instrument?.aspects ?? [] : []).map { ($0.key, language.number($0.weightPercent) + " %") },
      uniquingKeysWith: { first, _ in first })
    let bars = parts.map { part in
      PartBars.Bar(
        label: part.label(language, instrument: view.instrument), value: part.value.exact ?? .zero,
        text: language.number(part.value),
        detail: weights[part.key])
    }
    let picture = PartBars(key: part, title: language[heading], bars: bars, scale: scale).picture(language)
    let caption =
      weights.isEmpty
      ? ""
      : language[
        Phrase(
          id: "Persen: bobot menurut \(view.instrument?.instrumentID ?? "").",
          en: "Percentages: weights by \(view.instrument?.instrumentID ?? "").")]
    report.add(picture, heading: language[heading], caption: caption)
  }

  private func addChange(to report: inout HTMLReport, _ language: Language) {
    let change = response.change
    guard change.hasDifference, change.hasFromValue, let from = change.fromValue.exact, let to = response.score.total else {
      return
    }
    let picture = PartBars(
      key: "change", title: change.label(language),
      bars: [
        PartBars.Bar(label: "\(change.fromYear)", value: from, text: language.format(from), detail: nil),
        PartBars.Bar(
          label: "\(response.year)", value: to, text: language.format(to), detail: language.change(change.difference)),
      ], scale: scale
    ).picture(language)
    report.add(
      picture, heading: change.label(language), caption: change.caveats.map { language[$0] }.joined(separator: "; "))
  }

  private func addRealisations(to report: inout HTMLReport, _ language: Language) {
    guard !response.realisations.isEmpty else { return }
    let bars = response.realisations.map { item in
      PartBars.Bar(
        label: language[item.name].isEmpty ? item.dimension : language[item.name],
        value: FixedDecimal(whole: item.planned > 0 ? item.done * 100 / item.planned : 0), text: "\(item.done)/\(item.planned)",
        detail: nil)
    }
    let picture = PartBars(
      key: "realisations", title: language[Words.realisations], bars: bars, scale: FixedDecimal(whole: 100)
    ).picture(language)
    report.add(
      picture, heading: language[Words.realisations],
      caption: language[
        Phrase(id: "Terlaksana dari yang direncanakan: jumlah, bukan nilai.", en: "Done out of planned: counts, not scores.")])
  }
}

extension Document.Block {
  fileprivate var isFacts: Bool {
    if case .facts = self { return true }
    return false
  }
}
