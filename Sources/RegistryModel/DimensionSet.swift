/// One of the parts of a dimension.
package struct SubDimension: Sendable, Hashable {
  package let key: String
  package let name: Localized

  package init(key: String, name: Localized) throws(ModelError) {
    self.key = try key.checkedKey(field: "key")
    self.name = name
  }
}

package struct Dimension: Sendable, Hashable {
  package let key: String
  package let name: Localized
  package let subDimensions: [SubDimension]

  package init(key: String, name: Localized, subDimensions: [SubDimension] = []) throws(ModelError) {
    self.key = try key.checkedKey(field: "key")
    self.name = name
    var keys: Set<String> = []
    for part in subDimensions where !keys.insert(part.key).inserted { throw .duplicateKey(part.key, field: "sub_dimensions") }
    self.subDimensions = subDimensions
  }
}

/// A way to cut a smart city into dimensions: data with a version, never an enum, because regions print other sets than the ministry.
package struct DimensionSet: Sendable, Hashable {
  package let id: String
  package let name: Localized
  package let dimensions: [Dimension]
  package let source: Source
  package let certainty: Certainty
  package let note: String

  package init(
    id: String, name: Localized, dimensions: [Dimension], source: Source, certainty: Certainty, note: String = ""
  ) throws(ModelError) {
    self.id = try id.checkedKey(field: "set_id")
    self.name = name
    guard !dimensions.isEmpty else {
      throw ModelError(.emptyList, field: "dimensions", message: "\(id) has no dimensions", remedy: "give at least one")
    }
    var keys: Set<String> = []
    for dimension in dimensions where !keys.insert(dimension.key).inserted {
      throw .duplicateKey(dimension.key, field: "dimensions")
    }
    self.dimensions = dimensions
    self.source = source
    self.certainty = certainty
    self.note = note
  }

  package subscript(key: String) -> Dimension? { dimensions.first { $0.key == key } }
}

/// How one set's dimensions are read in another. A dimension without counterpart has no row.
package struct DimensionMapping: Sendable, Hashable {
  package struct Row: Sendable, Hashable {
    package let from: String
    package let to: String
    /// The share of `from` that goes to `to`; the shares of one `from` sum to 1.
    package let weight: FixedDecimal
    package let certainty: Certainty
    package let note: String

    package init(from: String, to: String, weight: FixedDecimal, certainty: Certainty, note: String = "") {
      self.from = from
      self.to = to
      self.weight = weight
      self.certainty = certainty
      self.note = note
    }
  }

  package let from: String
  package let to: String
  package let rows: [Row]
  /// Keys of `from` that nothing in `to` answers.
  package let unmapped: [String]

  /// - Throws: `UNKNOWN_KEY`, `DUPLICATE_KEY`, `NEGATIVE_WEIGHT`, `WEIGHT_SUM` (naming the actual sum).
  package init(from: DimensionSet, to: DimensionSet, rows: [Row]) throws(ModelError) {
    var sums: [String: FixedDecimal] = [:]
    var pairs: Set<[String]> = []
    for row in rows {
      guard from[row.from] != nil else { throw .unknownKey(row.from, field: "from_key", among: from.dimensions.map(\.key)) }
      guard to[row.to] != nil else { throw .unknownKey(row.to, field: "to_key", among: to.dimensions.map(\.key)) }
      guard pairs.insert([row.from, row.to]).inserted else { throw .duplicateKey("\(row.from) → \(row.to)", field: "mappings") }
      guard row.weight > .zero else {
        throw ModelError(
          .negativeWeight, field: "weight", message: "\(row.from) → \(row.to) weighs \(row.weight)",
          remedy: "give a weight above 0 or leave the row out", parameters: ["key": row.from, "weight": "\(row.weight)"])
      }
      sums[row.from] = try sums[row.from, default: .zero].adding(row.weight)
    }
    for (key, sum) in sums.sorted(by: { $0.key < $1.key }) where sum != .one {
      throw ModelError(
        .weightSum, field: "mappings", message: "the weights from \(key) sum to \(sum.normalized), not to 1",
        remedy: "correct the weights", parameters: ["key": key, "sum": "\(sum.normalized)", "expected": "1"])
    }
    self.from = from.id
    self.to = to.id
    self.rows = rows
    unmapped = from.dimensions.map(\.key).filter { sums[$0] == nil }
  }

  /// Values of the first set, read in the second: the mean of what flows into a key, weighted by the shares. A key into which nothing
  /// flows, or into which a missing value would flow, is absent. Four decimals, half up.
  package func apply(to values: [String: FixedDecimal]) throws(ModelError) -> [String: FixedDecimal] {
    var result: [String: FixedDecimal] = [:]
    for (key, rows) in Dictionary(grouping: rows, by: \.to) {
      guard rows.allSatisfy({ values[$0.from] != nil }) else { continue }
      var sum = FixedDecimal.zero
      var weight = FixedDecimal.zero
      for row in rows {
        sum = try sum.adding(try (values[row.from] ?? .zero).multiplied(by: row.weight))
        weight = try weight.adding(row.weight)
      }
      result[key] = try sum.divided(by: weight, decimals: 4)
    }
    return result
  }
}
