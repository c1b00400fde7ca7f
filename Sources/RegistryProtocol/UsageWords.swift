/// The argument parser's own words, which are English, in Indonesian: headings of a help page and what is wrong with a command line. Its
/// texts are matched line by line; what is not the parser's (abstracts, options) was chosen in the language before.
package enum UsageWords {
  package static func indonesian(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line($0) }.joined(separator: "\n")
  }

  private static func line(_ line: Substring) -> String {
    for (pattern, text) in patterns {
      guard let found = line.wholeMatch(of: pattern) else { continue }
      let groups = found.output.dropFirst().map { String($0.substring ?? "") }
      return groups.enumerated().reduce(text) { $0.replacing("{\($1.offset)}", with: $1.element) }
    }
    return words.reduce(String(line)) { $0.replacing($1.0, with: $1.1) }
  }

  private static let words = [
    ("(default: ", "(bawaan: "), ("(values: ", "(pilihan: "), ("; default: ", "; bawaan: "),
    ("Show help information.", "Tampilkan bantuan."), ("Show the version.", "Tampilkan versi."),
    ("Show subcommand help information.", "Tampilkan bantuan subperintah."), ("  (default)", "  (bawaan)"),
  ]

  private static var patterns: [(Regex<AnyRegexOutput>, String)] {
    let pairs = [
      ("OVERVIEW: (.*)", "IKHTISAR: {0}"), ("USAGE: (.*)", "CARA PAKAI: {0}"), ("Usage: (.*)", "Cara pakai: {0}"),
      ("ARGUMENTS:", "ARGUMEN:"), ("OPTIONS:", "OPSI:"), ("SUBCOMMANDS:", "SUBPERINTAH:"), ("Help:  (.*)", "Bantuan:  {0}"),
      ("  See '(.+)' for more information\\.", "  Lihat '{0}' untuk keterangan lebih lanjut."),
      ("  See '(.+)' for detailed help\\.", "  Lihat '{0}' untuk keterangan lengkap."),
      ("Error: Unknown option '(.+?)'\\. Did you mean '(.+)'\\?", "Galat: opsi '{0}' tidak dikenal. Maksudnya '{1}'?"),
      ("Error: Unknown option '(.+)'", "Galat: opsi '{0}' tidak dikenal"),
      ("Error: Missing value for '(.+)'", "Galat: nilai untuk '{0}' tidak ada"),
      ("Error: Missing expected argument '(.+)'", "Galat: argumen '{0}' tidak ada"),
      ("Error: Missing one of: '(.+)'", "Galat: salah satu dari '{0}' tidak ada"),
      ("Error: Missing required subcommand\\.", "Galat: subperintah tidak ada."),
      ("Error: Unexpected argument '(.+)'", "Galat: argumen '{0}' tidak terduga"),
      ("Error: (\\d+) unexpected arguments: '(.+)'", "Galat: {0} argumen tidak terduga: '{1}'"),
      (
        "Error: The option '(.+)' does not take any value, but '(.+)' was specified\\.",
        "Galat: opsi '{0}' tidak punya nilai, tetapi diberi '{1}'."
      ),
      (
        "Error: The value '(.*)' is invalid for '(.+?)'\\. Please provide one of (.*)",
        "Galat: nilai '{0}' tidak sah untuk '{1}'; pilih salah satu dari {2}"
      ),
      ("Error: The value '(.*)' is invalid for '(.+?)'(?:: .*)?", "Galat: nilai '{0}' tidak sah untuk '{1}'"),
      ("Error: Value to be set with (.+) had already been set with (.+)", "Galat: nilai dari {0} sudah diberikan oleh {1}"),
      ("Error: (.*)", "Galat: {0}"),
    ]
    return pairs.compactMap { pattern, text in (try? Regex(pattern)).map { ($0, text) } }
  }
}
