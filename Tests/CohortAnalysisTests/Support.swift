import RegistryModel
import Testing

@testable import CohortAnalysis

func decimal(_ text: String) -> FixedDecimal {
  do { return try FixedDecimal(parsing: text, mark: .dot) } catch { fatalError("\(error)") }
}

func observed(_ texts: [String]) -> [Observation] { texts.map { .value(decimal($0)) } }

func region(_ id: Int32) -> RegionID {
  do { return try RegionID(id) } catch { fatalError("\(error)") }
}

func province(_ id: Int32) -> ProvinceID {
  do { return try ProvinceID(id) } catch { fatalError("\(error)") }
}

/// `"27/10"` as a fraction.
func fraction(_ text: String) -> Ratio {
  let sides = text.split(separator: "/").compactMap { Int128($0) }
  return Ratio(sides[0], over: sides[1])
}
