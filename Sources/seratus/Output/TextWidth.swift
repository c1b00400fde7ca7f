/// How many cells of a terminal a text takes, and how to cut it without tearing a character apart.
enum TextWidth {
  static func cells(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + cells($1) }
  }

  /// 0 for what only decorates, 2 for East Asian wide characters and emoji, else 1.
  static func cells(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars { width = max(width, cells(scalar)) }
    return width
  }

  private static func cells(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// The blocks of Unicode's EastAsianWidth.txt that are W or F throughout, put together.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]

  static func padded(_ text: String, to width: Int, right: Bool) -> String {
    let blanks = String(repeating: " ", count: max(0, width - cells(text)))
    return right ? blanks + text : text + blanks
  }

  /// Lines of at most `width` cells, broken at blanks; a word that is longer is broken where it must. Never empty.
  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      if !line.isEmpty, cells(line) + 1 + cells(word) <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      var pieces = broken(word, to: width)
      line = pieces.removeLast()
      lines += pieces
    }
    return lines + [line]
  }

  private static func broken(_ word: Substring, to width: Int) -> [String] {
    var pieces = [""]
    var used = 0
    for character in word {
      let needed = cells(character)
      if used + needed > width, used > 0 {
        pieces.append("")
        used = 0
      }
      pieces[pieces.count - 1].append(character)
      used += needed
    }
    return pieces
  }

  /// Names and notes come from others: what would move the cursor, colour the screen or turn the reading direction is shown as `�`.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHarmful) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { clean.append(isHarmful(scalar) ? "\u{FFFD}" : scalar) }
    return String(clean)
  }

  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
