internal import RegistryModel
internal import RegistryProtocol

/// Distinct regions up to each cohort: counted here by every rule, beside what the ministry published.
struct CumulativeChart {
  private static let width = 720.0
  private static let height = 300.0
  private static let left = 44.0
  private static let right = 710.0
  private static let top = 40.0
  private static let bottom = 262.0
  private static let fills = [Palette.blue, Palette.orange, Palette.sky, Palette.purple]

  let response: Seratus_V1_ListCohortsResponse

  func picture(_ language: Language) -> Picture {
    var picture = Picture(
      key: "cumulative", width: Self.width, height: Self.height, title: language[Words.cumulative],
      description: description(language))
    let counts = response.cohorts.flatMap(\.cumulative)
    let largest = counts.map { max($0.known, $0.hasPublished ? $0.published : 0) }.max() ?? 0
    let axis = Axis(zeroTo: Double(largest), from: Self.bottom, to: Self.top)
    for tick in axis.ticks {
      picture.line(from: (Self.left, axis.point(tick)), to: (Self.right, axis.point(tick)), stroke: Palette.grid)
      picture.text(Axis.label(tick, language), x: Self.left - 6, y: axis.point(tick) + 4, anchor: .end, fill: Palette.faint)
    }
    let group = (Self.right - Self.left) / Double(max(1, response.cohorts.count))
    for (position, cohort) in response.cohorts.enumerated() {
      draw(cohort, x: Self.left + Double(position) * group, group: group, axis, into: &picture)
    }
    drawLegend(into: &picture, language)
    return picture
  }

  private var rules: [String] {
    var rules: [String] = []
    for count in response.cohorts.flatMap(\.cumulative) where !rules.contains(count.rule) { rules.append(count.rule) }
    return rules
  }

  private func draw(_ cohort: Seratus_V1_Cohort, x: Double, group: Double, _ axis: Axis, into picture: inout Picture) {
    let slots = Double(rules.count) + 0.8
    let width = group * 0.86 / slots
    for count in cohort.cumulative {
      let slot = Double(rules.firstIndex(of: count.rule) ?? 0)
      let left = x + group * 0.07 + slot * width
      let y = axis.point(Double(count.known))
      picture.rect(x: left, y: y, width: width - 2, height: Self.bottom - y, fill: fill(count.rule))
      picture.text("\(count.known)" + (count.incomplete ? "*" : ""), x: left + width / 2, y: y - 5, size: 11, anchor: .middle)
    }
    if let count = cohort.cumulative.first(where: \.hasPublished) {
      let middle = (x: x + group * 0.07 + (Double(rules.count) + 0.4) * width, y: axis.point(Double(count.published)))
      picture.path(
        [(middle.x, middle.y - 5), (middle.x + 5, middle.y), (middle.x, middle.y + 5), (middle.x - 5, middle.y)],
        fill: Palette.ink)
      picture.text("\(count.published)", x: middle.x, y: middle.y - 8, size: 11, anchor: .middle, isBold: true)
    }
    picture.text("\(cohort.year)", x: x + group / 2, y: Self.bottom + 20, size: 13, anchor: .middle, isBold: true)
  }

  private func fill(_ rule: String) -> String {
    Self.fills[(rules.firstIndex(of: rule) ?? 0) % Self.fills.count]
  }

  private func drawLegend(into picture: inout Picture, _ language: Language) {
    var x = Self.left
    for rule in rules {
      let label = language[Phrase(id: "aturan: \(ServerWord.translated(rule, language))", en: "rule: \(rule)")]
      picture.rect(x: x, y: 6, width: 12, height: 12, fill: fill(rule))
      picture.text(label, x: x + 18, y: 16)
      x += 40 + Double(TextWidth.cells(label)) * 7
    }
    picture.path([(x + 6, 7), (x + 11, 12), (x + 6, 17), (x + 1, 12)], fill: Palette.ink)
    picture.text(language[Phrase(id: "diterbitkan kementerian", en: "published by the ministry")], x: x + 18, y: 16)
  }

  private func description(_ language: Language) -> String {
    response.cohorts.map { cohort in
      let counts = cohort.cumulative.map { count in
        let published = count.hasPublished ? " (\(language[Words.published].lowercased()) \(count.published))" : ""
        return "\(ServerWord.translated(count.rule, language)) \(count.known)\(published)"
      }
      return "\(cohort.year): \(counts.joined(separator: ", "))."
    }.joined(separator: " ")
  }
}
