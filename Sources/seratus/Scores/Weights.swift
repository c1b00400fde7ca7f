internal import RegistryModel
internal import RegistryProtocol

/// `baseline=10,output=20,outcome=30,impact=30,quick_win=10`: percentages that sum to 100.
struct Weights: Sendable, Equatable {
  let items: [(key: String, percent: FixedDecimal)]

  static func == (left: Weights, right: Weights) -> Bool {
    left.items.elementsEqual(right.items) { $0.key == $1.key && $0.percent == $1.percent }
  }

  /// - Throws: `Failure` with WEIGHTS_MALFORMED, DUPLICATE_KEY, NEGATIVE_WEIGHT or WEIGHT_SUM.
  init(parsing text: String) throws {
    var items: [(key: String, percent: FixedDecimal)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2, !pair[0].isEmpty, let percent = try? FixedDecimal(parsing: pair[1], mark: .dot) else {
        throw Self.malformed(String(part))
      }
      let key = String(pair[0])
      guard !items.contains(where: { $0.key == key }) else {
        throw Failure.invalid(
          "DUPLICATE_KEY", field: "--weights", id: "bobot \(key) diberikan dua kali", en: "the weight of \(key) is given twice",
          parameters: ["key": key])
      }
      guard !percent.isNegative else {
        throw Failure.invalid(
          "NEGATIVE_WEIGHT", field: "--weights", id: "bobot \(key) negatif (\(percent))",
          en: "the weight of \(key) is negative (\(percent))",
          parameters: ["key": key, "value": "\(percent)"])
      }
      items.append((key, percent))
    }
    try Self.check(items.map(\.percent))
    self.items = items
  }

  var messages: [Seratus_V1_WeightInput] {
    items.map { key, percent in
      var input = Seratus_V1_WeightInput()
      input.key = key
      input.percent = percent.message
      return input
    }
  }

  private static func check(_ percentages: [FixedDecimal]) throws {
    var sum = FixedDecimal.zero
    for percentage in percentages { sum = try sum.adding(percentage) }
    guard sum == .hundred else {
      let difference = try FixedDecimal.hundred.subtracting(sum)
      let lack = difference.isNegative ? Phrase(id: "lebih", en: "more") : Phrase(id: "kurang", en: "less")
      let amount = difference.isNegative ? difference.negated : difference
      throw Failure.invalid(
        "WEIGHT_SUM", field: "--weights",
        id: "bobot berjumlah \(sum), \(amount) \(lack.id) dari 100; beri semua aspek dengan jumlah 100",
        en: "the weights sum to \(sum), \(amount) \(lack.en) than 100; give all aspects, summing to 100",
        parameters: ["sum": "\(sum)"])
    }
  }

  private static func malformed(_ part: String) -> Failure {
    Failure.invalid(
      "WEIGHTS_MALFORMED", field: "--weights",
      id: "\"\(part)\" bukan bobot; tulis KUNCI=PERSEN dipisah koma, dengan titik untuk desimal: baseline=10,output=20",
      en: "\"\(part)\" is not a weight; write KEY=PERCENT, separated by commas, with a dot for decimals: baseline=10,output=20",
      parameters: ["value": part])
  }
}
