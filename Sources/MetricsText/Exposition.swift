/// The labels of a series, by name; of two with one name the last counts.
struct Labels: Sendable, Hashable, Comparable {
  let pairs: [Pair]

  struct Pair: Sendable, Hashable {
    let name: String
    let value: String
  }

  init(_ dimensions: [(String, String)]) {
    var byName: [String: String] = [:]
    for (name, value) in dimensions { byName[MetricName.of(name, isLabel: true)] = value }
    pairs = byName.sorted { $0.key < $1.key }.map { Pair(name: $0.key, value: $0.value) }
  }

  static func < (one: Labels, other: Labels) -> Bool {
    one.pairs.lexicographicallyPrecedes(other.pairs) { ($0.name, $0.value) < ($1.name, $1.value) }
  }

  /// `{method="a",le="1"}`; empty for none.
  func text(_ last: (name: String, value: String)? = nil) -> String {
    var all = pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
    if let last { all.append("\(last.name)=\"\(last.value)\"") }
    return all.isEmpty ? "" : "{\(all.joined(separator: ","))}"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}

enum MetricName {
  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, labels without the colon; everything else becomes an underscore.
  static func of(_ label: String, isLabel: Bool = false) -> String {
    var name = ""
    for scalar in label.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
      case "0"..."9":
        if name.isEmpty { name += "_" }
        name.unicodeScalars.append(scalar)
      case ":" where !isLabel: name += ":"
      default: name += "_"
      }
    }
    return name.isEmpty ? "_" : name
  }
}

/// Prometheus's text format, version 0.0.4.
struct Exposition {
  private struct Family {
    let kind: String
    let help: String
    var lines: [(Labels, [String])] = []
  }

  private var families: [String: Family] = [:]

  mutating func add(_ name: String, _ family: TextMetrics.Family) {
    for (labels, series) in family.series {
      add(name, family.kind.rawValue, family.help, labels, Self.lines(name, labels, series.sample()))
    }
  }

  mutating func add(_ metric: CollectedMetric) {
    let (name, labels) = (MetricName.of(metric.name), Labels(metric.labels))
    add(name, metric.kind.rawValue, metric.help, labels, Self.lines(name, labels, .number(metric.value)))
  }

  private mutating func add(_ name: String, _ kind: String, _ help: String, _ labels: Labels, _ lines: [String]) {
    var family = families[name] ?? Family(kind: kind, help: help)
    guard family.kind == kind else { return }
    family.lines.append((labels, lines))
    families[name] = family
  }

  var text: String {
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
      text += "# TYPE \(name) \(family.kind)\n"
      for (_, lines) in family.lines.sorted(by: { $0.0 < $1.0 }) {
        for line in lines { text += line + "\n" }
      }
    }
    return text
  }

  private static func lines(_ name: String, _ labels: Labels, _ sample: Sample) -> [String] {
    switch sample {
    case .integer(let value): return ["\(name)\(labels.text()) \(value)"]
    case .number(let value): return ["\(name)\(labels.text()) \(number(value))"]
    case .histogram(let bounds, let counts, let sum):
      var total: UInt64 = 0
      var lines: [String] = []
      for (bound, count) in zip(bounds + [.infinity], counts) {
        total += count
        lines.append("\(name)_bucket\(labels.text(("le", number(bound)))) \(total)")
      }
      return lines + ["\(name)_sum\(labels.text()) \(number(sum))", "\(name)_count\(labels.text()) \(total)"]
    }
  }

  /// As Go reads it: `+Inf`, `NaN`, whole numbers without a point.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}
