package import RegistryModel
internal import RegistryStore

/// Days and instants without a time library: the proleptic Gregorian calendar, as Howard Hinnant's `civil_from_days` has it.
package enum CivilTime {
  /// The day of an instant, so many seconds east of Greenwich.
  package static func date(unixSeconds: Int64, offsetSeconds: Int64 = 0) throws(ModelError) -> CalendarDate {
    let shifted = unixSeconds + offsetSeconds
    let days = shifted >= 0 ? shifted / 86_400 : (shifted - 86_399) / 86_400
    let day = civil(days: days)
    return try CalendarDate(year: day.year, month: day.month, day: day.day)
  }

  /// WIB, the time of Jakarta and of the ministry: UTC+7 the whole year.
  package static let jakartaOffsetSeconds: Int64 = 7 * 3_600

  private static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), Int(month), Int(day))
  }
}

extension Moment {
  /// RFC 3339 in UTC, whole seconds: `2026-11-21T21:22:02Z`. Empty for an instant outside the calendar.
  var rfc3339: String {
    let seconds = unixMicroseconds >= 0 ? unixMicroseconds / 1_000_000 : (unixMicroseconds - 999_999) / 1_000_000
    guard let date = try? CivilTime.date(unixSeconds: seconds) else { return "" }
    let rest = ((seconds % 86_400) + 86_400) % 86_400
    return "\(date)T\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
