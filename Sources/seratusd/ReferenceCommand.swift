internal import ArgumentParser
internal import RegistryModel
internal import RegistryStore

struct ReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "The reference data: regions, cohorts, dimensions, instruments, published scores.",
    subcommands: [Load.self])

  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "load", abstract: "Check all files, load them in one transaction or not at all, and say what changed.")

    @OptionGroup var options: SettingsOptions

    @Option(help: ArgumentHelp("Folder with the CSV files.", valueName: "folder"))
    var from = "db/reference"

    func run() async throws {
      try await Failure.told {
        let set = try ReferenceSet(folder: from)
        let report = try await AdminDatabase.with(options) { database in
          try await ReferenceLoader(pool: database.pool).load(set, dataset: .official)
        }
        ReferenceCommand.tell(report)
      }
    }
  }

  static func tell(_ report: LoadReport) {
    for file in report.files {
      var parts = ["\(file.inserted) new", "\(file.updated) changed", "\(file.unchanged) as before"]
      if file.removed > 0 { parts.append("\(file.removed) removed") }
      if file.vanished != "[]" { parts.append("no longer in the file: \(file.vanished)") }
      if file.kept != "[]" { parts.append("kept as people changed them: \(file.kept)") }
      print("\(file.name): \(parts.joined(separator: ", "))")
    }
    print(report.isUnchanged ? "nothing changed; \(report.dataset.label)" : "loaded; \(report.dataset.label)")
  }
}
