internal import RegistryModel
internal import RegistryProtocol

/// Box and dots for each cohort, one below the other, on one axis.
struct CohortPlot {
  private static let width = 720.0
  private static let rowHeight = 70.0
  private static let left = 110.0
  private static let right = 700.0
  private static let top = 16.0
  private static let dotRadius = 3.5
  /// Fewer values have no quartiles worth a box; the dots alone say more.
  private static let boxValuesMin = 5

  let comparison: Seratus_V1_CompareCohortsResponse

  func picture(_ language: Language) -> Picture {
    let height = Self.top + Double(max(1, comparison.cohorts.count)) * Self.rowHeight + 36
    var picture = Picture(
      key: "values", width: Self.width, height: height,
      title: language[Phrase(id: "Nilai menurut angkatan", en: "Values by cohort")],
      description: description(language))
    guard let axis = Axis(covering: values.map(\.value), from: Self.left, to: Self.right) else {
      picture.text(
        language[
          Phrase(id: "Tidak ada daerah dengan nilai yang terlihat.", en: "No region has a visible value.")],
        x: Self.width / 2, y: height / 2, size: 14, anchor: .middle)
      return picture
    }
    drawAxis(axis, height: height, into: &picture, language)
    for (position, cohort) in comparison.cohorts.enumerated() {
      draw(cohort, middle: Self.top + (Double(position) + 0.5) * Self.rowHeight, axis, into: &picture, language)
    }
    return picture
  }

  private struct Dot {
    let cohort: Int32
    let name: String
    let value: Double
  }

  private var values: [Dot] {
    comparison.values.compactMap { value in
      guard value.hasValue, let number = value.value.exact else { return nil }
      return Dot(
        cohort: value.cohortYear, name: "\(value.region.name) (\(value.region.kemendagriCode)): \(number)",
        value: number.approximate)
    }
  }

  private func drawAxis(_ axis: Axis, height: Double, into picture: inout Picture, _ language: Language) {
    for tick in axis.ticks {
      let x = axis.point(tick)
      picture.line(from: (x, Self.top), to: (x, height - 36), stroke: Palette.grid)
      picture.text(Axis.label(tick, language), x: x, y: height - 18, anchor: .middle, fill: Palette.faint)
    }
  }

  private func draw(
    _ cohort: Seratus_V1_CohortDescription, middle: Double, _ axis: Axis, into picture: inout Picture, _ language: Language
  ) {
    picture.text("\(cohort.cohortYear)", x: 12, y: middle - 2, size: 14, isBold: true)
    picture.text("n = \(cohort.n)", x: 12, y: middle + 16, fill: Palette.faint)
    drawBox(cohort, middle: middle, axis, into: &picture)
    let dots = values.filter { $0.cohort == cohort.cohortYear }
    for (dot, y) in Self.swarm(dots.sorted { ($0.value, $0.name) < ($1.value, $1.name) }, axis) {
      picture.dot(x: axis.point(dot.value), y: middle + y, radius: Self.dotRadius, fill: Palette.blue, name: dot.name)
    }
    if let warning = warning(cohort, language) {
      // Beside the dots, on the side with more room.
      let mean = dots.map { axis.point($0.value) }.reduce(0, +) / Double(max(1, dots.count))
      let isLeft = !dots.isEmpty && mean > (Self.left + Self.right) / 2
      picture.text(
        warning, x: isLeft || dots.isEmpty ? Self.left + 6 : Self.right - 6, y: middle + 5,
        anchor: isLeft || dots.isEmpty ? .start : .end,
        fill: Palette.faint)
    }
  }

  private func drawBox(_ cohort: Seratus_V1_CohortDescription, middle: Double, _ axis: Axis, into picture: inout Picture) {
    guard hasBox(cohort), let low = cohort.lowerQuartile.exact,
      let high = cohort.upperQuartile.exact, let median = cohort.median.exact
    else { return }
    let (x1, x2, x) = (axis.point(low.approximate), axis.point(high.approximate), axis.point(median.approximate))
    if cohort.hasMinimum, cohort.hasMaximum, let least = cohort.minimum.exact, let most = cohort.maximum.exact {
      picture.line(
        from: (axis.point(least.approximate), middle), to: (axis.point(most.approximate), middle), stroke: Palette.darkGrey)
    }
    picture.rect(x: x1, y: middle - 20, width: x2 - x1, height: 40, fill: Palette.paleBlue, stroke: Palette.darkGrey)
    picture.line(from: (x, middle - 20), to: (x, middle + 20), stroke: Palette.ink, width: 3)
  }

  private func hasBox(_ cohort: Seratus_V1_CohortDescription) -> Bool {
    cohort.n >= Self.boxValuesMin && cohort.hasLowerQuartile && cohort.hasUpperQuartile && cohort.hasMedian
  }

  private func warning(_ cohort: Seratus_V1_CohortDescription, _ language: Language) -> String? {
    if cohort.n == 0 { return language[Phrase(id: "tidak ada nilai", en: "no value")] }
    guard !hasBox(cohort) else { return nil }
    return language[
      Phrase(
        id: "terlalu sedikit nilai untuk kuartil (n = \(cohort.n))", en: "too few values for quartiles (n = \(cohort.n))")]
  }

  /// Moves dots that would cover each other up and down, in a fixed order, within the row.
  private static func swarm(_ dots: [Dot], _ axis: Axis) -> [(Dot, Double)] {
    let lanes = [0.0, 7, -7, 14, -14, 21, -21, 28, -28]
    var lastX = [Double](repeating: -.infinity, count: lanes.count)
    return dots.map { dot in
      let x = axis.point(dot.value)
      let free = lanes.indices.first { x - lastX[$0] >= 2 * dotRadius } ?? lanes.indices.min { lastX[$0] < lastX[$1] } ?? 0
      lastX[free] = x
      return (dot, lanes[free])
    }
  }

  private func description(_ language: Language) -> String {
    comparison.cohorts.map { cohort in
      let median = cohort.hasMedian ? language.number(cohort.median) : language[cohort.n == 0 ? Words.noValue : Words.tooFew]
      return language[
        Phrase(
          id: "Angkatan \(cohort.cohortYear): n \(cohort.n), median \(median).",
          en: "Cohort \(cohort.cohortYear): n \(cohort.n), median \(median).")]
    }.joined(separator: " ")
  }
}
