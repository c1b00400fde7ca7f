internal import Lontar
package import RegistryModel
internal import RegistryProtocol
package import RegistryStore

extension StoreError {
  /// The caller's view of what the store could not do. `detail` stays behind as the cause, for the log.
  /// - Parameter needed: the roles that may call this method.
  func rpcError(_ call: CallContext, needed: [Role]) -> RPCError {
    if case .invalid(let problems) = code {
      return RPCError(faults: problems.map(FieldFault.init), requestID: call.requestID)
    }
    return RPCError(
      reason: reason, parameters: callerParameters(needed: needed), field: field,
      retryDelay: retryable ? retryDelay : nil, requestID: call.requestID, cause: detail == nil ? nil : self)
  }

  /// For an operator at the console, with the paths of faulty fields.
  package func sentence(_ language: Language) -> String {
    if case .invalid(let problems) = code {
      return problems.map { "\($0.path): \(FieldFault($0).sentence(language))" }.joined(separator: "\n")
    }
    return FieldFault("", reason: reason, parameters: callerParameters(needed: [])).sentence(language)
  }

  private func callerParameters(needed: [Role]) -> [String: String] {
    switch code {
    case .roleNotPermitted(let role):
      ["role": role?.rawValue ?? "", "needed": needed.map(\.rawValue).joined(separator: ", ")]
    case .regionUnknown(let typed, let near):
      ["value": typed, "near": near.map(\.labelled).joined(separator: ", ")]
    case .regionAmbiguous(let typed, let candidates):
      ["value": typed, "candidates": candidates.map(\.labelled).joined(separator: ", ")]
    case .staleVersion(_, let expected, let actual): ["expected": "\(expected)", "actual": "\(actual)"]
    default: [:]
    }
  }

  /// Rows are counted from 1 by the database, from 0 in paths.
  private var field: String {
    switch code {
    case .regionUnknown, .regionAmbiguous: "region"
    case .staleVersion(let row, _, _): "rows[\(row - 1)].expected_version"
    case .notOpenToRole(let row): "rows[\(row - 1)]"
    default: ""
    }
  }

  private var retryDelay: Duration { code == .overloaded ? .seconds(2) : .seconds(1) }
}

extension FieldFault {
  /// A reason that the catalogue doesn't know is told in the store's own words.
  init(_ problem: FieldProblem) {
    if ErrorCatalogue[problem.reason] != nil {
      self.init(problem.path, reason: problem.reason, parameters: problem.parameters)
    } else {
      self.init(problem.path, reason: "INVALID_VALUE", parameters: ["message": problem.message])
    }
  }
}
