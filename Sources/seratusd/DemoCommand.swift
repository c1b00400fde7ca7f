internal import ArgumentParser
internal import RegistryModel
internal import RegistryStore

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Made-up scores for all regions and years, in a database of their own.",
    subcommands: [Load.self])

  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "load", abstract: "Fill a database that holds no facts with synthetic scores from a seed.",
      discussion: """
        The database says that it is synthetic, every answer repeats it, and it never takes published scores. The same seed makes the same
        scores on every machine.
        """)

    @OptionGroup var options: SettingsOptions

    @Option(help: "Seed of the generator; the same seed gives the same scores.")
    var seed: Int64

    @Option(help: ArgumentHelp("Folder with the CSV files.", valueName: "folder"))
    var from = "db/reference"

    @Option(help: "First year evaluated.")
    var fromYear = 2017

    @Option(help: "Last year evaluated.")
    var toYear = 2024

    func validate() throws {
      guard fromYear <= toYear, Cohort.years.contains(fromYear), Cohort.years.contains(toYear) else {
        throw ValidationError("--from-year and --to-year must be years of the movement, the first not after the last")
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
            "synthetic, seed \(made.seed): \(made.scores) scores, \(made.unchanged) of them there already; \(made.parts) parts; "
              + "\(made.memberships) memberships")
        }
      }
    }
  }
}
