internal import Foundation
internal import RegistryClient
internal import RegistryModel

/// One run of a command: the options as they count, and the ways out.
struct Invocation: Sendable {
  let global: GlobalOptions
  let environment: [String: String]
  let language: Language
  let format: OutputFormat
  let width: Int
  let isDecorated: Bool

  init(_ global: GlobalOptions, environment: [String: String], profileLanguage: String? = nil) {
    self.global = global
    self.environment = environment
    language = Language.chosen(option: global.lang, environment: environment, profile: profileLanguage)
    format = global.output ?? .table
    width = Terminal.width(environment: environment)
    isDecorated = Terminal.isOutputTerminal && !global.noColor && environment["NO_COLOR", default: ""].isEmpty
  }

  var profiles: ProfileFolder { ProfileFolder(environment: environment) }

  var connection: ConnectionChoice { ConnectionChoice(global: global, environment: environment) }

  /// Data to standard output; with csv and ndjson, what the rows can't say to standard error.
  func show(_ document: Document) throws {
    if format == .csv || format == .ndjson { document.talk.forEach(talk) }
    try OutputFile.standardOutput.write(document.text(format, width: width, decorated: isDecorated))
  }

  /// To standard error, unless `--quiet`. Nothing depends on whether it arrives.
  func talk(_ text: String) {
    guard !global.quiet else { return }
    try? OutputFile.standardError.write(TextWidth.harmless(text) + "\n")
  }

  func withClient<Value>(_ body: (RegistryClient) async throws -> Value) async throws -> Value {
    let resolved = try connection.resolved()
    let client = try RegistryClient(
      endpoint: resolved.endpoint, token: resolved.token, timeout: .seconds(global.seconds), software: "seratus")
    do {
      let value = try await body(client)
      await client.shutdown()
      return value
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// The day of an option, or a usage error that names it.
  func day(_ text: String?, option: String) throws -> String {
    guard let text else { return "" }
    do {
      return try CalendarDate(parsing: text, field: option).description
    } catch {
      throw Failure.usage(
        error.reason.rawValue, id: "\(option): \"\(text)\" bukan tanggal; tulis seperti 2022-12-05",
        en: "\(option): \(error.message); \(error.remedy)", parameters: error.parameters)
    }
  }
}
