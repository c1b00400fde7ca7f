/// Colours that people with every kind of colour vision can tell apart (after Okabe and Ito), each with a text colour of at least
/// 4.5 : 1 contrast on it. Red and green are not used: a missing value is neither good nor bad.
enum Palette {
  static let paper = "#ffffff"
  static let ink = "#1b1b1b"
  /// 5.7 : 1 on paper: for ticks and captions.
  static let faint = "#666666"
  static let grid = "#d9d9d9"
  static let blue = "#0072b2"
  static let paleBlue = "#cfe5f3"
  static let orange = "#e69f00"
  static let sky = "#56b4e9"
  static let purple = "#cc79a7"
  static let yellow = "#f0e442"
  static let grey = "#bdbdbd"
  static let darkGrey = "#5a5a5a"

  static func ink(on fill: String) -> String { [blue, darkGrey].contains(fill) ? paper : ink }

  /// Members that nobody has named yet: hatched, because it is no colour of data.
  static func hatch(_ key: String) -> String { "url(#\(key)-hatch)" }

  static func patterns(_ key: String) -> String {
    let stripe = Markup.element(
      "line", ["x1": "0", "y1": "0", "x2": "0", "y2": "6", "stroke": darkGrey, "stroke-width": "1.5"])
    let ground = Markup.element("rect", ["width": "6", "height": "6", "fill": paper])
    let pattern = Markup.element(
      "pattern",
      ["id": "\(key)-hatch", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"],
      inside: ground + stripe)
    return Markup.element("defs", inside: pattern)
  }
}
