internal import Foundation
package import Logging

/// One line for each event, as logfmt or JSON, with its metadata in order of keys.
package struct LogLineHandler: LogHandler {
  package enum Format: String, Sendable {
    case logfmt, json
  }

  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel: Logger.Level
  private let format: Format
  private let sink: LogSink

  package init(format: Format, level: Logger.Level, sink: LogSink) {
    self.format = format
    logLevel = level
    self.sink = sink
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = [("time", Self.timestamp()), ("level", event.level.rawValue), ("msg", "\(event.message)")]
    let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
    fields += merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
    if let error = event.error { fields.append(("error", "\(error)")) }
    sink.write(format == .json ? Self.json(fields) : Self.logfmt(fields))
  }

  static func logfmt(_ fields: [(String, String)]) -> String {
    fields.map { key, value in
      let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 < 0x7F }
      return "\(key)=\(isPlain ? value : quoted(value))"
    }.joined(separator: " ")
  }

  static func json(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0)):\(quoted($1))" }.joined(separator: ",") + "}"
  }

  /// As JSON writes text: no line break, so that one event stays one line.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where Self.mustBeEscaped(scalar):
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// What would begin another line, move the cursor or turn the direction of writing on a terminal: callers choose some of these words.
  private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private static func timestamp() -> String {
    Date().formatted(.iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
  }
}
