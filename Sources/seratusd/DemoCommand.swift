internal import ArgumentParser
internal import RegistryModel
internal import RegistryStore

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: words(
      id: "Nilai buatan untuk semua daerah dan tahun, di basis data tersendiri.",
      en: "Made-up scores for all regions and years, in a database of their own."),
    subcommands: [Load.self])

  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "load",
      abstract: words(
        id: "Isi basis data tanpa fakta dengan nilai buatan dari sebuah benih.",
        en: "Fill a database that holds no facts with synthetic scores from a seed."),
      discussion: words(
        id: """
          Basis data itu mengatakan bahwa isinya buatan, setiap jawaban mengulanginya, dan ia tidak pernah menerima nilai yang diterbitkan. Benih
          yang sama memberi nilai yang sama di mesin mana pun.
          """,
        en: """
          The database says that it is synthetic, every answer repeats it, and it never takes published scores. The same seed makes the same
          scores on every machine.
          """))

    @OptionGroup var options: SettingsOptions

    @Option(
      help: helped(
        id: "Benih pembangkit; benih yang sama memberi nilai yang sama.",
        en: "Seed of the generator; the same seed gives the same scores."))
    var seed: Int64

    @Option(help: helped(id: "Folder berkas CSV.", en: "Folder with the CSV files.", value: "folder"))
    var from = "db/reference"

    @Option(help: helped(id: "Tahun evaluasi pertama.", en: "First year evaluated."))
    var fromYear = 2017

    @Option(help: helped(id: "Tahun evaluasi terakhir.", en: "Last year evaluated."))
    var toYear = 2024

    func validate() throws {
      guard fromYear <= toYear, Cohort.years.contains(fromYear), Cohort.years.contains(toYear) else {
        throw ValidationError(
          words(
            id: "--from-year dan --to-year harus tahun gerakan ini, yang pertama tidak sesudah yang terakhir",
            en: "--from-year and --to-year must be years of the movement, the first not after the last"))
      }
    }

    func run() async throws {
      try await Failure.told {
        let set = try ReferenceSet(folder: from)
        try await AdminDatabase.with(options) { database in
          let report = try await ReferenceLoader(pool: database.pool).load(set, dataset: .synthetic(seed: seed))
          ReferenceCommand.tell(report)
          let made = try await SyntheticLoader(pool: database.pool).load(seed: seed, years: fromYear...toYear)
          print(
            words(
              id:
                "data buatan, benih \(made.seed): \(made.scores) nilai, \(made.unchanged) di antaranya sudah ada; \(made.parts) bagian; "
                + "\(made.memberships) keanggotaan",
              en:
                "synthetic, seed \(made.seed): \(made.scores) scores, \(made.unchanged) of them there already; \(made.parts) parts; "
                + "\(made.memberships) memberships"))
        }
      }
    }
  }
}
