internal import ArgumentParser
internal import Foundation
internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

@main
enum Program {
  static func main() async {
    Terminal.ignoreBrokenPipes()
    let status = await run(Array(CommandLine.arguments.dropFirst()))
    exit(status.rawValue)
  }

  /// Runs the command line and says how it ended.
  static func run(_ arguments: [String]) async -> ExitStatus {
    do {
      var command = try SeratusCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .ok
    } catch {
      return report(error, arguments: arguments)
    }
  }

  private static func report(_ error: any Error, arguments: [String]) -> ExitStatus {
    if let failed = error as? FailedRun {
      try? OutputFile.standardError.write(failed.text)
      return failed.failure.exit
    }
    let message = SeratusCommand.fullMessage(for: error)
    guard SeratusCommand.exitCode(for: error) != .success else {
      // `--help`: an answer, not an error.
      let text = Help.language == .indonesian ? UsageWords.indonesian(message) : message
      return (try? OutputFile.standardOutput.write(text + "\n")) == nil ? .output : .ok
    }
    let raw = RawArguments(arguments)
    let failure = Failure.usage("BAD_ARGUMENTS", id: UsageWords.indonesian(message), en: message)
    let text = raw.format.isForPrograms ? failure.json(Help.language) : failure.message[Help.language] + "\n"
    try? OutputFile.standardError.write(text)
    return failure.exit
  }
}
