/// Bounds of what a request may say, checked before anything is looked up.
enum RequestLimits {
  /// The longest name of a region has 30 bytes; a letter's number less than 60.
  static let textBytesMax = 200
  /// A source may be an address or two.
  static let sourceBytesMax = 1_000
  /// The movement began in 2017; masterplans and plans reach further in both directions.
  static let years = 2000...2100
  /// A batch that the database writes in about a second.
  static let rowsMax = 1_000
  /// Five aspects, and the dimensions of the largest set with room to spare.
  static let partsPerRowMax = 40
  static let weightsMax = 20
  static let cohortYearsMax = 50
  /// One page holds the nation: 514 regions.
  static let regionPageMax = 1_000
  static let regionPageDefault = 600
  static let scorePageMax = 1_000
  static let scorePageDefault = 500
  static let searchHitsMax = 50
  static let searchHitsDefault = 10
  /// Opaque, made by the store.
  static let cursorBytesMax = 500
  /// Below this a rank says more about who has published than about who is good.
  static let rankedMin = 5
}
