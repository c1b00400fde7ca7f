internal import Foundation
internal import Lontar
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
    let frameLog = try frameLog()
    defer { frameLog?.flush() }
    let client = try RegistryClient(
      endpoint: resolved.endpoint, token: resolved.token, timeout: .seconds(global.seconds), software: "seratus",
      traceParent: environment["TRACEPARENT"], frameLog: frameLog)
    do {
      let value = try await body(client)
      await client.shutdown()
      return value
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// `--frame-log`, else SERATUS_FRAME_LOG.
  private func frameLog() throws -> FrameLog? {
    guard let path = global.frameLog ?? environment["SERATUS_FRAME_LOG"], !path.isEmpty else { return nil }
    do {
      return try FrameLog(path: path)
    } catch {
      let id =
        error.reason == .notALog
        ? "\(error.path) bukan berkas bingkai dan dibiarkan; pilih jalur lain"
        : "berkas bingkai \(error.path) tidak dapat ditulis; periksa folder dan haknya"
      throw Failure.usage("FRAME_LOG_UNWRITABLE", id: id, en: "\(error)", parameters: ["path": error.path])
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
