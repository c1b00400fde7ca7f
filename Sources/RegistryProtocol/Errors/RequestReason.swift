/// What a service itself finds wrong with a request. Reasons of the model, of access and of the store come with their errors.
package enum RequestReason: String, Sendable, CaseIterable {
  case valueMissing = "VALUE_MISSING"
  case notAWord = "NOT_A_WORD"
  case outOfRange = "OUT_OF_RANGE"
  case tooManyRows = "TOO_MANY_ROWS"
  case measureUnknown = "MEASURE_UNKNOWN"
  case instrumentUnknown = "INSTRUMENT_UNKNOWN"
  case instrumentNeeded = "INSTRUMENT_NEEDED"
  case valueAndMissing = "VALUE_AND_MISSING"
  case nothingToStore = "NOTHING_TO_STORE"
  case weightsAndInstrument = "WEIGHTS_AND_INSTRUMENT"
  case partsAbsent = "PARTS_ABSENT"
  case tooManyDecimals = "TOO_MANY_DECIMALS"
  case sameRowTwice = "SAME_ROW_TWICE"
}

/// One field of a request that can't be accepted.
package struct FieldFault: Error, Sendable, Equatable {
  /// Path as in the message, lists counted from 0: `rows[3].parts[1].value`.
  package let path: String
  package let reason: String
  package let parameters: [String: String]

  package init(_ path: String, reason: String, parameters: [String: String] = [:]) {
    self.path = path
    self.reason = reason
    self.parameters = parameters
  }

  package init(_ path: String, _ reason: RequestReason, _ parameters: [String: String] = [:]) {
    self.init(path, reason: reason.rawValue, parameters: parameters)
  }
}
