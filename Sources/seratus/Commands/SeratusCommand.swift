internal import ArgumentParser
internal import RegistryModel

/// The root: groups, and the topic on exit codes.
struct SeratusCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "seratus",
      abstract: Help(
        id: "Seratus: registri Gerakan Menuju 100 Smart City.",
        en: "Seratus: the registry of the movement towards 100 smart cities."
      ).text,
      discussion: Help.examples(
        [
          "seratus login --username analis",
          "seratus compare cohorts --cohorts 2017,2018,2019 --year 2022",
          "seratus region report 35.71 --year 2022 --report kediri.html",
          "seratus export scores -o csv --file scores.csv",
          "seratus region list --lang id",
        ],
        id: "Hasil ke keluaran baku, pesan ke keluaran galat.\n\n" + exitCodes(.indonesian),
        en: "Data on standard output, talk on standard error. Bantuan dalam bahasa Indonesia: seratus --help --lang id\n\n"
          + exitCodes(.english)),
      version: "seratus 0.1.0",
      subcommands: [
        LoginCommand.self, LogoutCommand.self, WhoAmICommand.self, RegionCommand.self, CohortCommand.self, CompareCommand.self,
        ScoreCommand.self, ExportCommand.self, ProfileCommand.self, DescribeCommand.self, CallCommand.self,
      ])
  }

  static func exitCodes(_ language: Language) -> String {
    let heading = language[Phrase(id: "KODE KELUAR:", en: "EXIT CODES:")]
    let lines = ExitStatus.allCases.map { status in
      "  " + TextWidth.padded("\(status.rawValue)", to: 2, right: true) + "  " + language[status.meaning]
    }
    return ([heading] + lines).joined(separator: "\n")
  }
}
