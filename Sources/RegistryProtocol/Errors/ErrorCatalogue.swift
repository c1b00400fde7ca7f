package import Lontar

/// Every reason that a call of the registry can fail for, with its status code and its text in both languages. A reason is stable:
/// programs and translations hang on it.
package enum ErrorCatalogue {
  /// Goes with each reason, so that it can't be taken for another system's.
  package static let domain = "seratus.go.id"

  package struct Entry: Sendable {
    package let code: StatusCode
    package let id: ErrorTemplate
    package let en: ErrorTemplate
    /// When the same call may be tried again unchanged; nil: it would fail again.
    package let retryDelay: Duration?

    init(_ code: StatusCode, id: String, en: String, retryDelay: Duration? = nil) {
      self.code = code
      self.id = ErrorTemplate(id)
      self.en = ErrorTemplate(en)
      self.retryDelay = retryDelay
    }
  }

  package static let entries: [String: Entry] = {
    var all: [String: Entry] = [:]
    for part in [regions, values, tables, access, database, requests] {
      all.merge(part) { _, _ in preconditionFailure("a reason stands twice in the catalogue") }
    }
    return all
  }()

  package static subscript(reason: String) -> Entry? { entries[reason] }

  /// What is said of a reason that nobody wrote an entry for: a defect of ours, never the caller's.
  static let unlisted = Entry(
    .internalError, id: "galat yang belum dijelaskan ({reason}); laporkan dengan nomor permintaan",
    en: "an error that has no explanation yet ({reason}); report it with the request id")
}

/// A text with places for values: `{name}`. What stands in `[ ]` is left out if one of its values is missing or empty:
/// `tidak ada daerah "{value}"[; mungkin {near}]`.
package struct ErrorTemplate: Sendable, Equatable {
  package let text: String

  init(_ text: String) {
    self.text = text
  }

  /// The names of the values, those of optional parts left out.
  package var required: Set<String> { Set(Self.names(in: Self.segments(text).filter { !$0.isOptional }.map(\.text).joined())) }

  /// A required value that is missing is shown as `…`: an error must get through whatever is known of it.
  package func filled(_ values: [String: String]) -> String {
    Self.segments(text).map { segment in
      if segment.isOptional, Self.names(in: segment.text).contains(where: { values[$0, default: ""].isEmpty }) { return "" }
      return Self.fill(segment.text, values)
    }.joined()
  }

  private struct Segment {
    let text: String
    let isOptional: Bool
  }

  private static func segments(_ text: String) -> [Segment] {
    var segments: [Segment] = []
    for (index, piece) in text.split(separator: "[", omittingEmptySubsequences: false).enumerated() {
      guard index > 0, let end = piece.firstIndex(of: "]") else {
        segments.append(Segment(text: String(piece), isOptional: false))
        continue
      }
      segments.append(Segment(text: String(piece[..<end]), isOptional: true))
      segments.append(Segment(text: String(piece[piece.index(after: end)...]), isOptional: false))
    }
    return segments
  }

  private static func fill(_ text: String, _ values: [String: String]) -> String {
    var result = ""
    for (index, piece) in text.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
      guard index > 0, let end = piece.firstIndex(of: "}") else {
        result += piece
        continue
      }
      result += values[String(piece[..<end]), default: "…"] + piece[piece.index(after: end)...]
    }
    return result
  }

  private static func names(in text: String) -> [String] {
    text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { piece in
      piece.firstIndex(of: "}").map { String(piece[..<$0]) }
    }
  }
}
