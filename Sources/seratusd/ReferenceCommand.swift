internal import ArgumentParser
internal import RegistryModel
internal import RegistryStore

struct ReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: words(
      id: "Data acuan: daerah, angkatan, dimensi, instrumen, nilai yang diterbitkan.",
      en: "The reference data: regions, cohorts, dimensions, instruments, published scores."),
    subcommands: [Load.self])

  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "load",
      abstract: words(
        id: "Periksa semua berkas, muat dalam satu transaksi atau tidak sama sekali, dan sebut yang berubah.",
        en: "Check all files, load them in one transaction or not at all, and say what changed."))

    @OptionGroup var options: SettingsOptions

    @Option(help: helped(id: "Folder berkas CSV.", en: "Folder with the CSV files.", value: "folder"))
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
      var parts = [
        words(id: "\(file.inserted) baru", en: "\(file.inserted) new"),
        words(id: "\(file.updated) berubah", en: "\(file.updated) changed"),
        words(id: "\(file.unchanged) seperti semula", en: "\(file.unchanged) as before"),
      ]
      if file.removed > 0 { parts.append(words(id: "\(file.removed) dihapus", en: "\(file.removed) removed")) }
      if file.vanished != "[]" {
        parts.append(words(id: "tidak lagi di berkas: ", en: "no longer in the file: ") + file.vanished)
      }
      if file.kept != "[]" {
        parts.append(words(id: "dibiarkan seperti diubah orang: ", en: "kept as people changed them: ") + file.kept)
      }
      print("\(file.name): \(parts.joined(separator: ", "))")
    }
    let outcome =
      report.isUnchanged ? words(id: "tidak ada yang berubah", en: "nothing changed") : words(id: "dimuat", en: "loaded")
    print("\(outcome); \(report.dataset.label)")
  }
}
