/// Pieces of HTML and SVG. All of it is well-formed XML, so that any parser can check and read it.
enum Markup {
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in TextWidth.harmless(text).unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// An element with text inside.
  static func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) -> String {
    element(name, attributes, inside: escaped(text))
  }

  /// An element with markup inside.
  static func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], inside: String = "") -> String {
    let list = attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    return inside.isEmpty && voidElements.contains(name) ? "<\(name)\(list)/>" : "<\(name)\(list)>\(inside)</\(name)>"
  }

  private static let voidElements: Set<String> = ["meta", "br", "rect", "line", "circle", "path", "polyline"]
}
