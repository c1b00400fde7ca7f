package import RegistryModel

/// What every figure here means. Written once and printed with each result, because "quartile" and "rank" alone say too little.
package struct Conventions: Sendable, Hashable {
  /// Hyndman and Fan's type 7: h = (n − 1)·p, linear between the neighbours; what R, numpy and spreadsheets do unasked.
  package let quantileType = 7
  /// The sum of squares is divided by n − 1.
  package let deviationDivisor = "n-1"
  /// "1224": equals share the best place, and as many places are left free.
  package let rankTies = "min"
  /// Rank 1 is the highest score.
  package let rankOrder = "descending"
  /// (rank − 1)/(n − 1): 0 is the first, 1 the last.
  package let percentile = "(rank-1)/(n-1)"
  /// Means and quartiles are exact; shown, they have this many decimals, a half going to the even neighbour.
  package let shownDecimals = 4
  package let shownRounding = "half_even"
  package let missingIsZero = false

  package static let current = Conventions()

  package var lines: [Localized] {
    [
      Localized(
        fixedID: "Kuartil: kuantil tipe 7 (Hyndman–Fan), interpolasi linear.",
        en: "Quartiles: quantile type 7 (Hyndman–Fan), linear interpolation."),
      Localized(fixedID: "Simpangan baku dengan pembagi n − 1.", en: "Standard deviation with divisor n − 1."),
      Localized(
        fixedID: "Peringkat \"1224\": nilai tertinggi nomor 1, nilai sama berbagi nomor terbaik.",
        en: "Ranks \"1224\": the highest score is 1, equal scores share the best rank."),
      Localized(
        fixedID: "Persentil = (peringkat − 1)/(n − 1); 0 terbaik, 1 terakhir.",
        en: "Percentile = (rank − 1)/(n − 1); 0 is the best, 1 the last."),
      Localized(
        fixedID: "Rata-rata dan kuartil dihitung tepat dan ditampilkan 4 desimal, setengah ke genap.",
        en: "Means and quartiles are computed exactly and shown with 4 decimals, half to even."),
      Localized(
        fixedID: "Data yang tidak ada dihitung menurut sebabnya dan tidak pernah menjadi nol.",
        en: "Missing values are counted by reason and are never zero."),
    ]
  }
}
