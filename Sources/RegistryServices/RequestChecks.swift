internal import RegistryModel
internal import RegistryProtocol

/// Several fields that can't be accepted, told together.
struct RequestFaults: Error {
  let faults: [FieldFault]
}

/// Checks the fields of a request one after the other and remembers what is wrong, so that a caller learns it all at once.
struct RequestChecks {
  private(set) var faults: [FieldFault] = []

  /// More faults than this are not looked for: the file is of another kind.
  static let faultsMax = 200

  mutating func add(_ fault: FieldFault) {
    if faults.count < Self.faultsMax { faults.append(fault) }
  }

  mutating func add(_ path: String, _ reason: RequestReason, _ parameters: [String: String] = [:]) {
    add(FieldFault(path, reason, parameters))
  }

  /// - Throws: what was found so far.
  func finish() throws(RequestFaults) {
    if !faults.isEmpty { throw RequestFaults(faults: faults) }
  }

  /// The value of a conversion, or nil after remembering why there is none.
  mutating func take<Value>(_ body: () throws(FieldFault) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      add(error)
      return nil
    }
  }

  /// The same for the model's errors, at `path`.
  mutating func take<Value>(at path: String, _ body: () throws(ModelError) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      add(FieldFault(error, path: path))
      return nil
    }
  }

  /// nil for an empty text.
  mutating func text(_ value: String, _ path: String, max: Int = RequestLimits.textBytesMax) -> String? {
    guard value.utf8.count <= max else {
      add(FieldFault(path, reason: ModelError.Reason.textTooLong.rawValue, parameters: ["max": "\(max)"]))
      return nil
    }
    return value.isEmpty ? nil : value
  }

  mutating func requiredText(_ value: String, _ path: String, max: Int = RequestLimits.textBytesMax) -> String? {
    if value.isEmpty { add(path, .valueMissing) }
    return text(value, path, max: max)
  }

  mutating func region(_ value: String, _ path: String) -> RegionReference? {
    guard let text = requiredText(value, path) else { return nil }
    return take(at: path) { () throws(ModelError) in try RegionReference(parsing: text) }
  }

  mutating func number(_ value: Int, _ path: String, in range: ClosedRange<Int>) -> Int? {
    guard range.contains(value) else {
      add(path, .outOfRange, ["value": "\(value)", "min": "\(range.lowerBound)", "max": "\(range.upperBound)"])
      return nil
    }
    return value
  }

  /// nil for 0, which stands for "not given".
  mutating func optionalYear(_ value: Int32, _ path: String) -> Int? {
    value == 0 ? nil : number(Int(value), path, in: RequestLimits.years)
  }

  mutating func year(_ value: Int32, _ path: String) -> Int? {
    if value == 0 {
      add(path, .valueMissing)
      return nil
    }
    return number(Int(value), path, in: RequestLimits.years)
  }

  /// Both ends or either may be left out.
  mutating func years(from: Int32, to: Int32) -> (from: Int?, to: Int?) {
    let range = (from: optionalYear(from, "from_year"), to: optionalYear(to, "to_year"))
    if let first = range.from, let last = range.to, first > last {
      add(
        FieldFault("to_year", reason: ModelError.Reason.badRange.rawValue, parameters: ["from": "\(first)", "to": "\(last)"]))
    }
    return range
  }

  mutating func size(_ value: Int32, _ path: String, default standard: Int, max: Int) -> Int {
    value == 0 ? standard : number(Int(value), path, in: 1...max) ?? standard
  }
}
