/// The languages in which the registry speaks to people.
package enum Language: String, Word {
  package static let wordField = "language"

  case indonesian = "id"
  case english = "en"

  package var decimalMark: DecimalMark { self == .indonesian ? .comma : .dot }
  package var thousandsSeparator: String { self == .indonesian ? "." : "," }

  /// `1.234,50` in Indonesian, `1,234.50` in English. Never rounds; pads to `minimumDecimals`.
  package func format(_ number: FixedDecimal, minimumDecimals: Int = 0) -> String {
    number.text(mark: decimalMark, minimumDecimals: minimumDecimals, thousands: thousandsSeparator)
  }

  /// `284.973.643` in Indonesian, `284,973,643` in English.
  package func format(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var grouped = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position).isMultiple(of: 3) { grouped += thousandsSeparator }
      grouped.append(digit)
    }
    return (number < 0 ? "-" : "") + grouped
  }

  /// A change, always with its sign: `+0,25`, `-0,10`, `0,00`.
  package func formatChange(_ number: FixedDecimal, minimumDecimals: Int = 0) -> String {
    (number > .zero ? "+" : "") + format(number, minimumDecimals: minimumDecimals)
  }
}

/// The same thing in both languages. Neither may be empty: a missing translation is an error of the data, not of the reader.
package struct Localized: Sendable, Hashable {
  package let id: String
  package let en: String

  package init(id: String, en: String) throws(ModelError) {
    self.id = try id.checkedText(field: "name_id")
    self.en = try en.checkedText(field: "name_en")
  }

  /// For texts written in this source, which are not empty.
  package init(fixedID: StaticString, en: StaticString) {
    self.id = "\(fixedID)"
    self.en = "\(en)"
  }

  /// For sentences that are put together here and are not empty either.
  package init(builtID: String, en: String) {
    self.id = builtID
    self.en = en
  }

  package subscript(language: Language) -> String { language == .indonesian ? id : en }
}

extension String {
  /// Names, notes and sources stay below this; longer text is a file in the wrong column.
  package static let modelTextBytesMax = 4_000

  func checkedText(field: String) throws(ModelError) -> String {
    guard utf8.contains(where: { $0 > 0x20 }) else {
      throw ModelError(.emptyText, field: field, message: "\(field) is empty", remedy: "write some text")
    }
    guard utf8.count <= Self.modelTextBytesMax else {
      throw ModelError(
        .textTooLong, field: field, message: "\(field) has \(utf8.count) bytes", remedy: "use at most \(Self.modelTextBytesMax)",
        parameters: ["bytes": "\(utf8.count)", "max": "\(Self.modelTextBytesMax)"])
    }
    return self
  }
}
