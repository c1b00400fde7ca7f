internal import ArgumentParser
internal import Foundation
internal import RegistryAccess
internal import RegistryModel
internal import RegistryProtocol
internal import RegistryServer
internal import RegistryServices
internal import RegistryStore

/// Turns what went wrong into one line on stderr and a status for the shell.
enum Failure {
  /// Runs a command's work. Mistakes in its arguments stay ArgumentParser's.
  static func told<Result>(_ work: () async throws -> Result) async throws -> Result {
    do {
      return try await work()
    } catch let error as ValidationError {
      throw error
    } catch let error as ExitCode {
      throw error
    } catch {
      let report = report(error)
      say("seratusd: \(report.message)")
      if let detail = report.detail, !detail.isEmpty { say(words(id: "  sebab: \(detail)", en: "  cause: \(detail)")) }
      throw ExitCode(report.code)
    }
  }

  static func say(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }

  private static func report(_ error: any Error) -> (message: String, detail: String?, code: Int32) {
    switch error {
    case let error as SettingsError: (words(id: error.indonesian, en: error.message), nil, 78)
    case let error as ServerError: (words(id: error.indonesian, en: error.message), error.detail, error.reason.exitCode)
    case let error as MigrationError:
      (words(id: error.indonesian, en: error.message), error.detail, error.code == .unavailable ? 69 : 70)
    case let error as ReferenceError: (words(id: error.indonesian, en: error.description), error.detail, status(error))
    case let error as StoreError: (words(id: error.sentence(.indonesian), en: error.message), error.detail, status(error))
    case let error as AccessError:
      (words(id: sentence(error.reason.rawValue, error.parameters), en: error.message), error.detail, 65)
    case let error as ModelError:
      (words(id: sentence(error.reason.rawValue, error.parameters), en: "\(error.message); \(error.remedy)"), nil, 65)
    default: ("\(error)", nil, 70)
    }
  }

  private static func sentence(_ reason: String, _ parameters: [String: String]) -> String {
    FieldFault("", reason: reason, parameters: parameters).sentence(.indonesian)
  }

  private static func status(_ error: ReferenceError) -> Int32 {
    switch error.code {
    case .invalid, .datasetDiffers: 65
    case .notMigrated, .unavailable: 69
    case .failed: 70
    }
  }

  private static func status(_ error: StoreError) -> Int32 {
    switch error.code {
    case .unavailable, .overloaded, .deadlineExceeded: 69
    case .internal, .cancelled: 70
    default: 65
    }
  }
}
