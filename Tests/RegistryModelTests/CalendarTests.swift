import Testing

@testable import RegistryModel

struct CalendarTests {
  @Test(arguments: ["2024-02-29", "2000-02-29", "2022-12-05", "0001-01-01", "9999-12-31", "2022-04-30"])
  func `a day of the calendar is read and written as ISO 8601`(text: String) throws {
    #expect(try CalendarDate(parsing: text).description == text)
  }

  @Test(arguments: [
    "2023-02-29", "1900-02-29", "2022-04-31", "2022-13-01", "2022-00-10", "2022-01-00", "0000-01-01", "2022-1-01", "22-01-01", "",
    "2022/01/01",
    "2022-01-01T", "+022-01-01",
  ])
  func `what is no day is refused`(text: String) {
    #expect(failure { () throws(ModelError) in try CalendarDate(parsing: text) }?.reason == .badDate)
  }

  @Test func `as of a year means its last day`() throws {
    #expect(try CalendarDate(endOf: 2022) == date("2022-12-31"))
  }

  @Test(arguments: [
    ("2022-07-24", false), ("2022-07-25", true), ("2023-01-01", true), ("2025-06-14", true), ("2025-06-15", false),
  ])
  func `a range holds from its first day to the day before its end`(day: String, holds: Bool) throws {
    let range = try DatedRange(from: date("2022-07-25"), to: date("2025-06-15"))
    #expect(range.contains(date(day)) == holds)
  }

  @Test func `open ends have no bound`() throws {
    #expect(DatedRange.always.contains(date("0001-01-01")))
    #expect(try DatedRange(from: nil, to: date("2022-01-01")).contains(date("0001-01-01")))
    #expect(try !DatedRange(from: nil, to: date("2022-01-01")).contains(date("2022-01-01")))
    #expect(try DatedRange(from: date("2022-01-01"), to: nil).contains(date("9999-12-31")))
  }

  @Test(arguments: ["2022-01-01", "2022-01-02"])
  func `a range that holds on no day is refused`(from: String) {
    #expect(failure { () throws(ModelError) in try DatedRange(from: date(from), to: date("2022-01-01")) }?.reason == .badRange)
  }

  @Test func `ranges that only touch don't overlap`() throws {
    let before = try DatedRange(from: nil, to: date("2022-07-25"))
    let after = try DatedRange(from: date("2022-07-25"), to: nil)
    #expect(!before.overlaps(after))
    #expect(!after.overlaps(before))
    #expect(before.overlaps(.always))
    #expect(DatedRange.always.overlaps(after))
  }
}
