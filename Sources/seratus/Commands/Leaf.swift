internal import ArgumentParser
internal import Foundation
internal import RegistryClient
internal import RegistryModel

/// A command that does something, as opposed to one that only groups others.
protocol Leaf: AsyncParsableCommand {
  var global: GlobalOptions { get }
  func perform(_ invocation: Invocation) async throws
}

extension Leaf {
  mutating func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let profile = try? ConnectionChoice(global: global, environment: environment).profile()
    let invocation = Invocation(global, environment: environment, profileLanguage: profile?.language)
    do {
      try await perform(invocation)
    } catch {
      throw FailedRun(failure: Failure(error), language: invocation.language, format: invocation.format)
    }
  }
}

/// A failure, and how the person or script that caused it wants to be told.
struct FailedRun: Error {
  let failure: Failure
  let language: Language
  let format: OutputFormat

  var text: String {
    if failure.isSilent { return "" }
    return format.isForPrograms ? failure.json(language) : failure.text(language)
  }
}
