import ArgumentParser
import RegistryModel
import Testing

@testable import seratus

@Suite struct HelpTests {
  private static var leaves: [any ParsableCommand.Type] { leaves(below: SeratusCommand.self) }

  private static func leaves(below command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    let children = command.configuration.subcommands
    return children.isEmpty ? [command] : children.flatMap { leaves(below: $0) }
  }

  /// Words as a shell would split them; what comes after a pipe or a redirection is not ours.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case " " where !isQuoted:
        words.append(word)
        word = ""
      default: word.append(character)
      }
    }
    words.append(word)
    return Array(words.filter { !$0.isEmpty }.prefix { !["|", ">", "<"].contains($0) })
  }

  private static func examples(_ command: any ParsableCommand.Type) -> [[String]] {
    command.configuration.discussion.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("seratus ") }.map(
      words)
  }

  @Test func `every command has examples`() {
    for leaf in Self.leaves { #expect(!Self.examples(leaf).isEmpty, "\(leaf)") }
    #expect(Self.leaves.count == 20)
  }

  @Test func `every example can be typed as it stands and reaches its command`() throws {
    for leaf in Self.leaves + [SeratusCommand.self] {
      for words in Self.examples(leaf) {
        let command = try SeratusCommand.parseAsRoot(Array(words.dropFirst()))
        if leaf != SeratusCommand.self { #expect(type(of: command) == leaf, "\(words)") }
      }
    }
  }

  @Test func `every exit code is documented in both languages`() {
    for language in [Language.indonesian, .english] {
      let text = SeratusCommand.exitCodes(language)
      for status in ExitStatus.allCases { #expect(text.contains("\(status.rawValue)  \(status.meaning[language])")) }
    }
  }

  @Test(arguments: [
    ["region", "report", "35.71"], ["region", "report", "35.71", "--year", "x"], ["score", "put"], ["score", "put", "35.71"],
    ["score", "put", "35.71", "2022", "--file", "x.csv"], ["score", "put", "--file", "x.csv", "--published", "3.31"],
    ["compare", "cohorts", "--cohorts", "2017,2017"], ["compare", "cohorts", "--cohorts", "17"],
    ["compare", "cohorts", "--measure", "aspect"], ["compare", "cohorts", "--measure", "colour:red"],
    ["export", "scores", "-o", "table"], ["export", "scores", "-o", "json", "--for", "excel-id"],
    ["region", "list", "--timeout", "0"],
    ["region", "list", "--port", "65536"], ["region", "list", "--lang", "fr"], ["region", "list", "-o", "xml"], ["nonsense"],
  ])
  func `wrong arguments are refused`(arguments: [String]) {
    #expect(throws: (any Error).self) { try SeratusCommand.parseAsRoot(arguments) }
  }

  @Test(
    arguments: [
      (nil, [:], nil, Language.english), (.indonesian, ["SERATUS_LANG": "en"], "en", .indonesian),
      (nil, ["SERATUS_LANG": "id", "LANG": "en_US.UTF-8"], "en", .indonesian), (nil, ["LANG": "en_US.UTF-8"], "id", .indonesian),
      (nil, ["LANG": "id_ID.UTF-8"], nil, .indonesian), (nil, ["LC_ALL": "en_US", "LANG": "id_ID.UTF-8"], nil, .english),
      (nil, ["LC_ALL": "", "LANG": "id_ID"], nil, .indonesian), (nil, ["SERATUS_LANG": "fr"], nil, .english),
      (nil, ["LANG": "idx"], nil, .english),
    ] as [(Language?, [String: String], String?, Language)])
  func `the language comes from the option, the environment, the profile, the locale`(
    option: Language?, environment: [String: String], profile: String?, expected: Language
  ) {
    #expect(Language.chosen(option: option, environment: environment, profile: profile) == expected)
  }
}
