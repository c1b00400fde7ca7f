/// One SVG picture: no script, no font or image from elsewhere, the same bytes for the same data.
struct Picture {
  enum Anchor: String {
    case start, middle, end
  }

  let width: Double
  let height: Double
  private let key: String
  private let title: String
  private let description: String
  private var body: [String] = []

  /// - Parameters:
  ///   - key: unique in the page; ids of title and description are made from it.
  ///   - description: what a reader who can't see the picture must know, in full sentences.
  init(key: String, width: Double, height: Double, title: String, description: String) {
    self.key = key
    self.width = width
    self.height = height
    self.title = title
    self.description = description
  }

  mutating func rect(x: Double, y: Double, width: Double, height: Double, fill: String, stroke: String = "none") {
    body.append(
      Markup.element(
        "rect",
        [
          "x": Self.text(x), "y": Self.text(y), "width": Self.text(max(0, width)), "height": Self.text(max(0, height)),
          "fill": fill,
          "stroke": stroke,
        ]))
  }

  mutating func line(
    from: (x: Double, y: Double), to: (x: Double, y: Double), stroke: String, width: Double = 1, dashes: String? = nil
  ) {
    body.append(
      Markup.element(
        "line",
        [
          "x1": Self.text(from.x), "y1": Self.text(from.y), "x2": Self.text(to.x), "y2": Self.text(to.y), "stroke": stroke,
          "stroke-width": Self.text(width), "stroke-dasharray": dashes ?? "none",
        ]))
  }

  /// - Parameter name: shown where the pointer rests on the dot.
  mutating func dot(x: Double, y: Double, radius: Double, fill: String, name: String) {
    body.append(
      Markup.element(
        "circle",
        [
          "cx": Self.text(x), "cy": Self.text(y), "r": Self.text(radius), "fill": fill, "fill-opacity": "0.75",
          "stroke": Palette.paper,
        ],
        inside: Markup.element("title", text: name)))
  }

  mutating func path(_ points: [(x: Double, y: Double)], fill: String) {
    let steps = points.enumerated().map { ($0 == 0 ? "M" : "L") + "\(Self.text($1.x)) \(Self.text($1.y))" }
    body.append(Markup.element("path", ["d": steps.joined(separator: " ") + " Z", "fill": fill]))
  }

  mutating func text(
    _ words: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start, fill: String = Palette.ink,
    isBold: Bool = false
  ) {
    body.append(
      Markup.element(
        "text",
        [
          "x": Self.text(x), "y": Self.text(y), "font-size": Self.text(size), "text-anchor": anchor.rawValue, "fill": fill,
          "font-weight": isBold ? "700" : "400",
        ], text: words))
  }

  var svg: String {
    let head =
      Markup.element("title", ["id": "\(key)-title"], text: title) + "\n"
      + Markup.element("desc", ["id": "\(key)-desc"], text: description)
    let size = "0 0 \(Self.text(width)) \(Self.text(height))"
    return Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": size, "role": "img", "aria-labelledby": "\(key)-title \(key)-desc",
        "font-family": "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif",
      ], inside: "\n" + ([Palette.patterns(key), head] + body).joined(separator: "\n") + "\n")
  }

  /// One decimal, written by integer arithmetic: the same text on every machine.
  static func text(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, tenth) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return tenth == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(tenth)"
  }
}
