internal import Foundation
internal import Lontar
internal import RegistryClient
internal import RegistryModel

/// One line of `frames decode`: a frame, or what else a log tells.
struct FrameLine: Sendable {
  /// Nanoseconds since 1970; nil: not from a log.
  var time: UInt64?
  var connection = ""
  var direction: Phrase?
  /// For programs.
  var directionName = ""
  var type: String
  var frame: FrameDescription?
  var note: Phrase?
  var fields: [FrameDescription.Field] = []

  init(_ entry: FrameLogEntry) {
    time = entry.time
    connection = entry.connection
    switch entry.event {
    case .opened(let isServer):
      type = "OPENED"
      note =
        isServer ? Phrase(id: "dicatat server", en: "seen by the server") : Phrase(id: "dicatat klien", en: "seen by the client")
    case .closed: type = "CLOSED"
    case .dropped(let count):
      type = "DROPPED"
      note = Phrase(
        id: "\(count) catatan dibuang karena disk terlalu lambat", en: "\(count) records dropped: the disk was too slow")
    case .unreadable(let isSent, let why):
      type = "UNREADABLE"
      note = Phrase(id: "bukan bingkai: \(why)", en: "no frames: \(why)")
      setDirection(isSent)
    case .frame(let isSent, let frame):
      type = frame.type
      self.frame = frame
      fields = frame.fields
      setDirection(isSent)
    }
  }

  init(_ frame: FrameDescription) {
    type = frame.type
    self.frame = frame
    fields = frame.fields
  }

  private mutating func setDirection(_ isSent: Bool) {
    direction = isSent ? Phrase(id: "dikirim", en: "sent") : Phrase(id: "diterima", en: "received")
    directionName = isSent ? "sent" : "received"
  }

  func text(_ language: Language) -> String {
    var words = [time.map(Self.clock) ?? "", connection, direction?[language] ?? "", type].filter { !$0.isEmpty }
    if let frame {
      words.append("stream=\(frame.stream)")
      if !frame.flags.isEmpty { words.append(frame.flags.joined(separator: ",")) }
      if frame.codec != 0 { words.append("codec=\(frame.codec)") }
      words.append("bytes=\(frame.payloadBytes)")
      words += fields.map { "\($0.name)=\(Self.text($0.value))" }
      if let problem = frame.problem {
        words.append(language[Phrase(id: "tidak dapat diurai: \(problem)", en: "can't be decoded: \(problem)")])
      }
    }
    if let note { words.append(note[language]) }
    return words.joined(separator: " ")
  }

  private static func text(_ value: FrameDescription.Value) -> String {
    switch value {
    case .number(let number): "\(number)"
    case .signed(let number): "\(number)"
    case .flag(let flag): flag ? "true" : "false"
    case .text(let text):
      text.allSatisfy { $0.isLetter || $0.isNumber || "._/-:".contains($0) } && !text.isEmpty ? text : JSONText.quoted(text)
    case .list(let values): "[" + values.map(Self.text).joined(separator: " ") + "]"
    case .object(let fields): "{" + fields.map { "\($0.name)=\(Self.text($0.value))" }.joined(separator: " ") + "}"
    }
  }

  static let columns = ["time", "connection", "direction", "type", "stream", "flags", "codec", "bytes", "fields", "problem"]

  func record(_ language: Language) -> [OutputValue] {
    [
      time.map { .text(Self.clock($0)) } ?? .null, .words(connection), .words(directionName), .text(type),
      .optional(frame.map { Int($0.stream) }), frame.map { .list($0.flags.map { .text($0) }) } ?? .null,
      .optional(frame.map { Int($0.codec) }), .optional(frame?.payloadBytes), .object(fields.map(Self.field)),
      .words(frame?.problem ?? note?[language] ?? ""),
    ]
  }

  private static func field(_ field: FrameDescription.Field) -> OutputField {
    OutputField(name: field.name, value: value(field.value))
  }

  /// A number that is too large for most readers of JSON becomes text.
  private static func value(_ value: FrameDescription.Value) -> OutputValue {
    switch value {
    case .number(let number): Int(exactly: number).map { .integer($0) } ?? .text("\(number)")
    case .signed(let number): .integer(Int(number))
    case .flag(let flag): .bool(flag)
    case .text(let text): .text(text)
    case .list(let values): .list(values.map(Self.value))
    case .object(let fields): .object(fields.map(field))
    }
  }

  /// `2026-11-22T03:26:07.123456789Z`.
  static func clock(_ nanoseconds: UInt64) -> String {
    let date = Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000))
    let fraction = "\(nanoseconds % 1_000_000_000)"
    let zeros = String(repeating: "0", count: 9 - fraction.count)
    return "\(date.formatted(.iso8601).dropLast()).\(zeros)\(fraction)Z"
  }
}

/// Lines on their way to standard output: those for people and for `ndjson` as they come, the others as a whole.
struct FrameOutput {
  private static let textBytes = 1 << 16
  private let invocation: Invocation
  private var text = ""
  private var records: [[OutputValue]] = []
  private var fault: (any Error)?

  init(_ invocation: Invocation) {
    self.invocation = invocation
  }

  mutating func add(_ line: FrameLine) {
    guard fault == nil else { return }
    switch invocation.format {
    case .table: text += TextWidth.harmless(line.text(invocation.language)) + "\n"
    case .ndjson:
      let document = Document(columns: FrameLine.columns)
      text += JSONText.compact(document.named(line.record(invocation.language))) + "\n"
    case .csv, .json: records.append(line.record(invocation.language))
    }
    if text.utf8.count >= Self.textBytes { write() }
  }

  private mutating func write() {
    do { try OutputFile.standardOutput.write(text) } catch { fault = error }
    text = ""
  }

  mutating func finish() throws {
    if invocation.format == .csv || invocation.format == .json {
      var document = Document(columns: FrameLine.columns, records: records)
      document.object = .list(records.map(document.named))
      try invocation.show(document)
    } else {
      write()
    }
    if let fault { throw fault }
  }
}
