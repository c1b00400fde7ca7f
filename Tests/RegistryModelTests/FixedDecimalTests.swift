import Testing

@testable import RegistryModel

struct FixedDecimalTests {
  @Test func `a tenth and two tenths are exactly three tenths`() throws {
    #expect(try decimal("0.1").adding(decimal("0.2")) == decimal("0.3"))
    #expect(0.1 + 0.2 != 0.3)
  }

  @Test(arguments: [
    ("3.31", 331, 2), ("3,31", 331, 2), ("0", 0, 0), ("-0", 0, 0), ("-2.50", -250, 2), ("007", 7, 0), ("0.000001", 1, 6),
    ("999999999999999999", 999_999_999_999_999_999, 0), ("1.234", 1_234, 3),
  ])
  func `a number is read with one mark, dot or comma`(text: String, units: Int64, scale: Int) throws {
    let number = try FixedDecimal(parsing: text)
    #expect(number.units == units)
    #expect(number.scale == scale)
  }

  @Test(arguments: [
    ("", ModelError.Reason.emptyText), ("1.234,5", .ambiguousNumber), ("1,234.5", .ambiguousNumber),
    ("1.234.567", .ambiguousNumber),
    ("1e3", .badNumber), ("+1", .badNumber), (".5", .badNumber), ("5.", .badNumber), ("-", .badNumber), (".", .badNumber),
    (" 1", .badNumber), ("1 ", .badNumber), ("--1", .badNumber), ("NaN", .badNumber), ("٣", .badNumber), ("0x1", .badNumber),
    ("0.0000001", .tooManyDigits), ("1000000000000000000", .tooManyDigits),
  ])
  func `what is not plainly one number is refused`(text: String, reason: ModelError.Reason) {
    #expect(failure { () throws(ModelError) in try FixedDecimal(parsing: text) }?.reason == reason)
  }

  @Test func `a demanded mark is the only one`() throws {
    #expect(try FixedDecimal(parsing: "3,31", mark: .comma) == decimal("3.31"))
    #expect(failure { () throws(ModelError) in try FixedDecimal(parsing: "3.31", mark: .comma) }?.reason == .badNumber)
    #expect(failure { () throws(ModelError) in try FixedDecimal(parsing: "3,31", mark: .dot) }?.reason == .badNumber)
  }

  @Test(arguments: [
    ("3.60", "3.6"), ("-0.0", "0"), ("1.000000", "1"), ("-2.50", "-2.5"),
  ])
  func `numbers are equal by value and hash alike, however they are written`(long: String, short: String) {
    #expect(decimal(long) == decimal(short))
    #expect(Set([decimal(long), decimal(short)]).count == 1)
  }

  @Test(arguments: [
    ("3.315", "3.32"), ("-3.32", "-3.315"), ("0", "0.000001"), ("-0.000001", "0"), ("999999999999.999999", "1000000000000"),
    ("-999999999999999999", "-999999999999.999999"),
  ])
  func `order is exact across scales`(less: String, more: String) {
    #expect(decimal(less) < decimal(more))
    #expect(!(decimal(more) < decimal(less)))
    #expect(decimal(less) != decimal(more))
  }

  @Test(arguments: [
    ("3.315", 2, RoundingRule.cut, "3.31"), ("3.315", 2, .halfUp, "3.32"), ("3.3149", 2, .halfUp, "3.31"),
    ("-3.315", 2, .cut, "-3.31"), ("-3.315", 2, .halfUp, "-3.32"), ("-3.314", 2, .halfUp, "-3.31"), ("0.5", 0, .halfUp, "1"),
    ("-0.5", 0, .halfUp, "-1"), ("-0.5", 0, .cut, "0"), ("2.5", 0, .halfUp, "3"), ("9.995", 2, .halfUp, "10.00"),
    ("3.2", 2, .cut, "3.20"),
  ])
  func `cut goes toward zero and half up away from it at a half`(
    text: String, decimals: Int, rule: RoundingRule, expected: String
  ) throws {
    #expect(try decimal(text).rounded(toDecimals: decimals, rule: rule).text() == expected)
  }

  @Test(arguments: [-1, 7])
  func `there are no other decimals than 0 to 6`(decimals: Int) {
    #expect(failure { () throws(ModelError) in try decimal("1").rounded(toDecimals: decimals, rule: .cut) }?.reason == .badScale)
    #expect(failure { () throws(ModelError) in try FixedDecimal(units: 1, scale: decimals) }?.reason == .badScale)
  }

  @Test func `what doesn't fit is an error, never a wrapped number`() throws {
    let largest = try FixedDecimal(units: .max, scale: 0)
    let step = try FixedDecimal(units: 1, scale: 0)
    #expect(failure { () throws(ModelError) in try largest.adding(step) }?.reason == .numberOverflow)
    #expect(failure { () throws(ModelError) in try largest.negated.subtracting(step) }?.reason == .numberOverflow)
    #expect(failure { () throws(ModelError) in try largest.multiplied(by: largest) }?.reason == .numberOverflow)
    #expect(failure { () throws(ModelError) in try largest.rounded(toDecimals: 1, rule: .cut) }?.reason == .numberOverflow)
    #expect(failure { () throws(ModelError) in try largest.tenThousandths }?.reason == .numberOverflow)
    #expect(failure { () throws(ModelError) in try FixedDecimal(units: .min, scale: 0) }?.reason == .numberOverflow)
    #expect(try largest.adding(largest.negated) == .zero)
  }

  @Test func `a product keeps every decimal or refuses`() throws {
    #expect(try decimal("1.25").multiplied(by: decimal("-0.4")).text() == "-0.500")
    #expect(try decimal("0.0010").multiplied(by: decimal("0.0100")) == decimal("0.00001"))
    #expect(failure { () throws(ModelError) in try decimal("0.0001").multiplied(by: decimal("0.001")) }?.reason == .tooManyDigits)
    #expect(try decimal("3.65").percentage(decimal("20")) == decimal("0.73"))
  }

  @Test func `ten-thousandths go in and out unchanged`() throws {
    #expect(try FixedDecimal(tenThousandths: 33_150) == decimal("3.315"))
    #expect(try decimal("3.31").tenThousandths == 33_100)
    #expect(try decimal("-0.0001").tenThousandths == -1)
    #expect(try decimal("1.500000").tenThousandths == 15_000)
    #expect(failure { () throws(ModelError) in try decimal("0.00001").tenThousandths }?.reason == .tooManyDigits)
  }

  @Test(arguments: [
    ("3.6", 2, "3,60", "3.60"), ("-1234567.5", 0, "-1.234.567,5", "-1,234,567.5"), ("0.05", 0, "0,05", "0.05"),
    ("-0.5", 1, "-0,5", "-0.5"),
    ("1000", 0, "1.000", "1,000"), ("999", 2, "999,00", "999.00"), ("3.315", 2, "3,315", "3.315"),
  ])
  func `each language has its marks, and formatting never rounds`(text: String, decimals: Int, id: String, en: String) {
    #expect(Language.indonesian.format(decimal(text), minimumDecimals: decimals) == id)
    #expect(Language.english.format(decimal(text), minimumDecimals: decimals) == en)
  }

  @Test func `whole numbers are grouped and changes carry their sign`() {
    #expect(Language.indonesian.format(284_973_643) == "284.973.643")
    #expect(Language.english.format(-1_000) == "-1,000")
    #expect(Language.english.format(Int.min) == "-9,223,372,036,854,775,808")
    #expect(Language.indonesian.formatChange(decimal("0.25")) == "+0,25")
    #expect(Language.english.formatChange(decimal("-0.10")) == "-0.10")
    #expect(Language.english.formatChange(decimal("0.00")) == "0.00")
  }
}
