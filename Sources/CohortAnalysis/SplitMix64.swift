/// Steele, Lea and Flood's SplitMix64 ("Fast splittable pseudorandom number generators", 2014): the state grows by the golden ratio
/// and is stirred. Whole numbers only, so that every machine draws the same. Not for secrets.
package struct SplitMix64: Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// 0 ..< bound, by the high half of the product. The bias is below bound / 2^64, nothing for bounds of a few thousands.
  package mutating func next(below bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  /// A whole number between −reach and reach, near 0 more often: the difference of two draws (a triangle).
  package mutating func nextAroundZero(reach: Int) -> Int {
    let width = UInt64(reach) + 1
    return Int(next(below: width)) - Int(next(below: width))
  }
}
