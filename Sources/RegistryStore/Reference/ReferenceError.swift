/// One thing that is wrong in a reference file.
package struct ReferenceProblem: Sendable, Hashable, CustomStringConvertible {
  /// `memberships.csv`
  package let file: String
  /// 1 is the header; nil for a fault of the file as a whole.
  package let row: Int?
  package let column: String?
  /// UPPER_SNAKE.
  package let reason: String
  package let message: String

  package init(file: String, row: Int? = nil, column: String? = nil, reason: String, message: String) {
    self.file = file
    self.row = row
    self.column = column
    self.reason = reason
    self.message = message
  }

  /// `memberships.csv row 12, region: no region has the code 35.99 today`
  package var description: String {
    let place = [row.map { "row \($0)" }, column].compactMap { $0 }.joined(separator: ", ")
    return "\(file)\(place.isEmpty ? "" : " \(place)"): \(message)"
  }
}

/// Why reference data were not loaded. The database is as it was before.
package struct ReferenceError: Error, Sendable, CustomStringConvertible {
  package enum Code: Sendable, Hashable {
    /// The files are wrong; see `problems`.
    case invalid
    /// The database holds another kind of data, or another seed.
    case datasetDiffers
    /// The database has no schema yet, or an older one.
    case notMigrated
    case unavailable
    case failed
  }

  package let code: Code
  package let message: String
  /// At most `ReferenceLimits.problemsMax`.
  package let problems: [ReferenceProblem]
  package let detail: String?

  package init(_ code: Code, _ message: String, problems: [ReferenceProblem] = [], detail: String? = nil) {
    self.code = code
    self.message = message
    self.problems = problems
    self.detail = detail
  }

  package var reason: String {
    switch code {
    case .invalid: "REFERENCE_INVALID"
    case .datasetDiffers: "DATASET_DIFFERS"
    case .notMigrated: "DATABASE_NOT_MIGRATED"
    case .unavailable: "DATABASE_UNAVAILABLE"
    case .failed: "REFERENCE_FAILED"
    }
  }

  package var description: String { ([message] + problems.map(\.description)).joined(separator: "\n") }
}

enum ReferenceLimits {
  /// More than a person reads at once; the rest shows when these are mended.
  static let problemsMax = 100
}
