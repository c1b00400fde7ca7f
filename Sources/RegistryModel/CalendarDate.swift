/// A day of the Gregorian calendar without clock or zone.
package struct CalendarDate: Sendable, Hashable, Comparable {
  package static let years = 1...9999

  package let year: Int
  package let month: Int
  package let day: Int

  /// - Throws: `BAD_DATE` if there is no such day.
  package init(year: Int, month: Int, day: Int, field: String = "date") throws(ModelError) {
    guard Self.years.contains(year), (1...12).contains(month), (1...Self.days(month: month, year: year)).contains(day) else {
      throw Self.bad("\(year)-\(month)-\(day)", field: field)
    }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Reads ISO 8601 `2022-12-05`, with exactly these ten characters.
  package init(parsing text: some StringProtocol, field: String = "date") throws(ModelError) {
    let bytes = Array(text.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count == 10, bytes[4] == dash, bytes[7] == dash,
      let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]), let day = Self.number(bytes[8..<10])
    else { throw Self.bad(String(text.prefix(40)), field: field) }
    try self.init(year: year, month: month, day: day, field: field)
  }

  /// What "as of a year" means everywhere in the registry: its last day, 31 December.
  package init(endOf year: Int, field: String = "year") throws(ModelError) {
    try self.init(year: year, month: 12, day: 31, field: field)
  }

  package static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }

  private static func days(month: Int, year: Int) -> Int {
    switch month {
    case 2: (year.isMultiple(of: 4) && !year.isMultiple(of: 100)) || year.isMultiple(of: 400) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var number = 0
    for byte in bytes {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }

  private static func bad(_ text: String, field: String) -> ModelError {
    ModelError(
      .badDate, field: field, message: "\"\(text)\" is not a day of the calendar", remedy: "write it like 2022-12-05",
      parameters: ["value": text])
  }
}

extension CalendarDate: CustomStringConvertible {
  /// ISO 8601.
  package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// When a dated fact holds: from its first day, included, to its end, excluded. A missing end is open: `from == nil` means since before
/// our records, `to == nil` means still.
package struct DatedRange: Sendable, Hashable {
  package let from: CalendarDate?
  package let to: CalendarDate?

  package static let always = DatedRange(uncheckedFrom: nil, to: nil)

  /// - Throws: `BAD_RANGE` if it would hold on no day at all.
  package init(from: CalendarDate?, to: CalendarDate?) throws(ModelError) {
    if let from, let to, from >= to {
      throw ModelError(
        .badRange, field: "valid_to", message: "a range from \(from) to \(to) (excluded) holds on no day",
        remedy: "let valid_to lie after valid_from", parameters: ["from": "\(from)", "to": "\(to)"])
    }
    self.init(uncheckedFrom: from, to: to)
  }

  private init(uncheckedFrom from: CalendarDate?, to: CalendarDate?) {
    self.from = from
    self.to = to
  }

  package func contains(_ date: CalendarDate) -> Bool {
    if let from, date < from { return false }
    if let to, date >= to { return false }
    return true
  }

  package func overlaps(_ other: DatedRange) -> Bool {
    if let to, let start = other.from, to <= start { return false }
    if let end = other.to, let from, end <= from { return false }
    return true
  }
}
