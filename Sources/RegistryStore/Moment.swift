/// An instant as the database keeps it: microseconds since 1970-01-01T00:00:00Z.
package struct Moment: Sendable, Hashable, Comparable {
  package let unixMicroseconds: Int64

  package init(unixMicroseconds: Int64) {
    self.unixMicroseconds = unixMicroseconds
  }

  package static func < (left: Moment, right: Moment) -> Bool { left.unixMicroseconds < right.unixMicroseconds }
}
