/// A day of the proleptic Gregorian calendar, as PostgreSQL's date counts it.
package struct PostgresDate: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Days from 2000-01-01; negative before.
  package let daysSince2000: Int32

  package init(daysSince2000: Int32) {
    self.daysSince2000 = daysSince2000
  }

  /// Nil unless the calendar has such a day in the years 1 to 9999.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(year: year, month: month)
    else { return nil }
    // Days from civil, Hinnant, "chrono-Compatible Low-Level Date Algorithms": the year starts in March.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    daysSince2000 = Int32(era * 146_097 + dayOfEra - 730_425)
  }

  /// Year, month 1…12, day 1…31.
  package var civil: (year: Int, month: Int, day: Int) {
    let days = Int(daysSince2000) + 730_425
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// YYYY-MM-DD.
  package var description: String {
    let (year, month, day) = civil
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  package static func < (left: Self, right: Self) -> Bool { left.daysSince2000 < right.daysSince2000 }

  private static func days(year: Int, month: Int) -> Int {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }
}

/// An instant as PostgreSQL's timestamptz counts it.
package struct PostgresTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Microseconds from 2000-01-01T00:00:00Z; negative before.
  package let microsecondsSince2000: Int64

  package init(microsecondsSince2000: Int64) {
    self.microsecondsSince2000 = microsecondsSince2000
  }

  /// Microseconds from 1970-01-01T00:00:00Z.
  package init(unixMicroseconds: Int64) {
    microsecondsSince2000 = unixMicroseconds - Self.unixOffset
  }

  package var unixMicroseconds: Int64 { microsecondsSince2000 + Self.unixOffset }

  /// YYYY-MM-DDThh:mm:ss.ffffffZ, the fraction only when there is one.
  package var description: String {
    let dayLength: Int64 = 86_400_000_000
    let days = Int32(floorDivide(microsecondsSince2000, dayLength))
    let rest = microsecondsSince2000 - Int64(days) * dayLength
    let seconds = Int(rest / 1_000_000)
    let fraction = Int(rest % 1_000_000)
    let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return "\(PostgresDate(daysSince2000: days))T\(clock)\(fraction == 0 ? "" : "." + padded(fraction, 6))Z"
  }

  package static func < (left: Self, right: Self) -> Bool { left.microsecondsSince2000 < right.microsecondsSince2000 }

  // 10,957 days lie between the two epochs.
  private static let unixOffset: Int64 = 10_957 * 86_400_000_000
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
