import Testing

@testable import RegistryModel

func decimal(_ text: String) -> FixedDecimal {
  do { return try FixedDecimal(parsing: text, mark: .dot) } catch { fatalError("\(error)") }
}

func date(_ text: String) -> CalendarDate {
  do { return try CalendarDate(parsing: text) } catch { fatalError("\(error)") }
}

/// The error that a body throws, or nil and a recorded issue if it throws none.
func failure<Value>(
  of body: () throws(ModelError) -> Value, sourceLocation: SourceLocation = #_sourceLocation
) -> ModelError? {
  do {
    let value = try body()
    Issue.record("no error, but \(value)", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

let press = try! Source("letter B-1003/DJAI/AI.01.04/12/2022")
