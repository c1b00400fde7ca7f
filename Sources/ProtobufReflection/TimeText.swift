/// Times and durations in the texts of protobuf's JSON mapping (RFC 3339 and seconds with an `s`).
enum TimeText {
  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970.
  private static let timestampSeconds = Int64(-62_135_596_800)...253_402_300_799
  /// 10,000 years.
  private static let durationSeconds = Int64(-315_576_000_000)...315_576_000_000

  /// nil: out of range.
  static func timestamp(_ seconds: Int64, _ nanos: Int64) -> String? {
    guard timestampSeconds.contains(seconds), (0...999_999_999).contains(nanos) else { return nil }
    let day = (seconds - timestampSeconds.lowerBound) / 86_400 + timestampSeconds.lowerBound / 86_400
    let rest = seconds - day * 86_400
    let (year, month, dayOfMonth) = civil(day)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T\(padded(rest / 3_600, 2)):"
      + "\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))\(fraction(nanos))Z"
  }

  static func timestamp(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard
      let match = text.wholeMatch(
        of:
          /([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))/
      ),
      let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3), let hour = Int64(match.4),
      let minute = Int64(match.5), let second = Int64(match.6), year >= 1, (1...12).contains(month), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let days = days(year, month, day)
    // A day that the month does not have comes back as another.
    guard day >= 1, civil(days) == (year, month, day) else { return nil }
    var offset: Int64 = 0
    if let sign = match.8, let hours = match.9.flatMap({ Int64($0) }), let minutes = match.10.flatMap({ Int64($0) }) {
      guard hours < 24, minutes < 60 else { return nil }
      offset = (hours * 3_600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    guard timestampSeconds.contains(seconds) else { return nil }
    return (seconds, nanos(match.7))
  }

  /// nil: out of range, or seconds and nanoseconds of different signs.
  static func duration(_ seconds: Int64, _ nanos: Int64) -> String? {
    guard durationSeconds.contains(seconds), (-999_999_999...999_999_999).contains(nanos), seconds >= 0 || nanos <= 0,
      seconds <= 0 || nanos >= 0
    else { return nil }
    return (seconds < 0 || nanos < 0 ? "-" : "") + "\(abs(seconds))\(fraction(abs(nanos)))s"
  }

  static func duration(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard let match = text.wholeMatch(of: /(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s/), let seconds = Int64(match.2),
      durationSeconds.contains(seconds)
    else { return nil }
    let sign: Int64 = match.1.isEmpty ? 1 : -1
    let nanos = nanos(match.3)
    guard seconds < durationSeconds.upperBound || nanos == 0 else { return nil }
    return (sign * seconds, Int32(sign) * nanos)
  }

  private static func nanos(_ digits: Substring?) -> Int32 {
    guard let digits else { return 0 }
    return Int32(String(digits) + String(repeating: "0", count: 9 - digits.count)) ?? 0
  }

  /// No digits, or 3, 6 or 9 of them.
  private static func fraction(_ nanos: Int64) -> String {
    if nanos == 0 { return "" }
    if nanos % 1_000_000 == 0 { return "." + padded(nanos / 1_000_000, 3) }
    return "." + (nanos % 1_000 == 0 ? padded(nanos / 1_000, 6) : padded(nanos, 9))
  }

  private static func padded(_ number: Int64, _ count: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }

  // MARK: The calendar

  /// Days since 1970-01-01 of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}
