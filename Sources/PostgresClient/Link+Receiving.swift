internal import CPostgres

extension Link {
  enum Receiving {
    /// Everything that has arrived is taken.
    case drained
    case broken(String)
    case violation(String)
  }

  /// Reads the socket and takes every complete answer; calls `finished` for each request whose last Sync has come.
  func receive(finished: (PendingRequest) -> Void) -> Receiving {
    let reads = PQconsumeInput(connection) == 1
    var pauses = 0
    // Without a request PQisBusy still parses what came unasked, such as the farewell of a server that shuts down.
    while PQisBusy(connection) == 0, let request = inFlight.first, pauses < 2 {
      guard let result = PQgetResult(connection) else {
        // NULL ends the answer to one statement; for a script it ends everything.
        pauses += 1
        if case .script = request.work { complete(request, finished) }
        continue
      }
      pauses = 0
      if let violation = take(result, for: request, finished) { return .violation(violation) }
      if isBroken { break }
    }
    return reads && !isBroken ? .drained : .broken(inFlight.first?.failure?.message ?? failureText)
  }

  private func complete(_ request: PendingRequest, _ finished: (PendingRequest) -> Void) {
    if case .script = request.work, PQenterPipelineMode(connection) != 1 { isRetiring = true }
    _ = inFlight.popFirst()
    finished(request)
  }

  /// Stores one result; returns what is wrong with it, if it was not owed.
  private func take(_ result: OpaquePointer, for request: PendingRequest, _ finished: (PendingRequest) -> Void) -> String? {
    let status = PQresultStatus(result)
    if case .script = request.work { return takeOfScript(result, status, request) }
    let expected = request.script.expected
    if expected.isSync, status == PGRES_FATAL_ERROR {
      // A deferred constraint fails at the commit that a Sync is, and a backend that dies sends its farewell here.
      noteFailure(result, request)
      return nil
    }
    guard expected.isSync == (status == PGRES_PIPELINE_SYNC) else {
      PQclear(result)
      return "status \(status.rawValue) where \(expected) was owed"
    }
    request.script.advance()
    switch status {
    case PGRES_PIPELINE_SYNC:
      PQclear(result)
      if expected == .lastSync { complete(request, finished) }
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      if case .step = expected { request.results.append(PostgresResult(owning: result)) } else { PQclear(result) }
    case PGRES_FATAL_ERROR:
      noteFailure(result, request)
      forgetPreparation(expected, request)
    case PGRES_PIPELINE_ABORTED:
      PQclear(result)
      forgetPreparation(expected, request)
    default:
      PQclear(result)
      return "status \(status.rawValue) in a pipeline; COPY has no place there"
    }
    return nil
  }

  private func takeOfScript(_ result: OpaquePointer, _ status: ExecStatusType, _ request: PendingRequest) -> String? {
    switch status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      request.results.append(PostgresResult(owning: result))
    case PGRES_FATAL_ERROR:
      noteFailure(result, request)
    default:
      PQclear(result)
      return "status \(status.rawValue) in a script; COPY has no place there"
    }
    return nil
  }

  /// The first error is the cause; later ones follow from it.
  private func noteFailure(_ result: OpaquePointer, _ request: PendingRequest) {
    if request.failure == nil { request.failure = ServerReport(result) }
    PQclear(result)
  }

  private func forgetPreparation(_ expected: ReplyScript.Expectation, _ request: PendingRequest) {
    if case .prepare(let index) = expected { prepared.remove(request.prepares[index]) }
  }
}
