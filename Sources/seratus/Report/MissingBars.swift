internal import RegistryModel
internal import RegistryProtocol

/// How many members of each cohort have a value, how many have none and why, and how many nobody can name.
struct MissingBars {
  private static let width = 720.0
  private static let rowHeight = 36.0
  private static let barHeight = 24.0
  private static let left = 70.0
  private static let right = 660.0

  let comparison: Seratus_V1_CompareCohortsResponse

  struct Segment: Equatable {
    let label: Localized
    let fill: String
    let count: Int
  }

  func picture(_ language: Language) -> Picture {
    let cohorts = comparison.cohorts.map { (year: $0.cohortYear, segments: Self.segments($0)) }
    let legend = legend(cohorts.flatMap(\.segments))
    let legendTop = 8 + Double(cohorts.count) * Self.rowHeight + 12
    var picture = Picture(
      key: "missing", width: Self.width, height: legendTop + Double((legend.count + 1) / 2) * 20 + 8,
      title: language[Phrase(id: "Berapa yang diketahui", en: "How much is known")], description: description(cohorts, language))
    let largest = cohorts.map { $0.segments.reduce(0) { $0 + $1.count } }.max() ?? 1
    let scale = (Self.right - Self.left) / Double(max(1, largest))
    for (position, cohort) in cohorts.enumerated() {
      draw(cohort.segments, year: cohort.year, y: 8 + Double(position) * Self.rowHeight, scale: scale, into: &picture)
    }
    for (position, segment) in legend.enumerated() {
      let x = position.isMultiple(of: 2) ? Self.left : Self.left + 310
      let y = legendTop + Double(position / 2) * 20
      picture.rect(x: x, y: y, width: 14, height: 14, fill: segment.fill, stroke: Palette.darkGrey)
      picture.text(language[segment.label], x: x + 22, y: y + 12)
    }
    return picture
  }

  private func draw(_ segments: [Segment], year: Int32, y: Double, scale: Double, into picture: inout Picture) {
    picture.text("\(year)", x: 12, y: y + 17, size: 14, isBold: true)
    var x = Self.left
    for segment in segments {
      let width = Double(segment.count) * scale
      picture.rect(x: x, y: y, width: width, height: Self.barHeight, fill: segment.fill, stroke: Palette.paper)
      if width >= 20 {
        // A number on stripes needs a quiet ground.
        if segment.fill.hasPrefix("url") {
          picture.rect(x: x + width / 2 - 11, y: y + 4, width: 22, height: 16, fill: Palette.paper)
        }
        picture.text("\(segment.count)", x: x + width / 2, y: y + 17, anchor: .middle, fill: Palette.ink(on: segment.fill))
      }
      x += width
    }
    picture.text("\(segments.reduce(0) { $0 + $1.count })", x: x + 8, y: y + 17, fill: Palette.faint)
  }

  static func segments(_ cohort: Seratus_V1_CohortDescription) -> [Segment] {
    var segments = [Segment(label: withValue, fill: Palette.blue, count: Int(cohort.n))]
    var named = Int(cohort.n)
    for missing in cohort.missing {
      segments.append(Segment(label: missing.kind.label, fill: fill(missing.kind), count: Int(missing.count)))
      named += Int(missing.count)
    }
    let excluded = cohort.excluded.reduce(0) { $0 + Int($1.count) }
    segments.append(Segment(label: excludedLabel, fill: Palette.darkGrey, count: excluded))
    let unexplained = Int(cohort.members) - named - excluded
    segments.append(Segment(label: Seratus_V1_MissingKind.unspecified.label, fill: Palette.paper, count: unexplained))
    let unknown = Int(cohort.membersPublished) - Int(cohort.members)
    segments.append(Segment(label: unknownLabel, fill: Palette.hatch("missing"), count: unknown))
    return segments.filter { $0.count > 0 }
  }

  private static let withValue = Localized(fixedID: "dengan nilai", en: "with a value")
  private static let excludedLabel = Localized(fixedID: "dikecualikan", en: "excluded")
  private static let unknownLabel = Localized(
    fixedID: "dihitung kementerian, belum dikenal di sini", en: "counted by the ministry, not known here")

  private static func fill(_ kind: Seratus_V1_MissingKind) -> String {
    switch kind {
    case .notReported: Palette.grey
    case .notApplicable: Palette.sky
    case .withheld: Palette.orange
    case .notYetDue: Palette.yellow
    case .notVisible: Palette.purple
    case .unspecified, .UNRECOGNIZED: Palette.paper
    }
  }

  private func legend(_ segments: [Segment]) -> [Segment] {
    var seen: Set<String> = []
    return segments.filter { seen.insert($0.label.en).inserted }
  }

  private func description(_ cohorts: [(year: Int32, segments: [Segment])], _ language: Language) -> String {
    cohorts.map { cohort in
      let parts = cohort.segments.map { "\($0.count) \(language[$0.label])" }.joined(separator: ", ")
      return "\(cohort.year): \(parts)."
    }.joined(separator: " ")
  }
}
