internal import CPostgres

extension Link {
  enum Sending {
    case sent
    /// Not sent: the request itself is at fault.
    case refused(PostgresError)
    /// libpq took only part of it; the connection cannot be used any more.
    case broken
  }

  /// Hands a request to libpq, which writes it as far as the socket takes it. `flush` pushes what is left.
  func send(_ request: PendingRequest, arena: inout ParameterArena) -> Sending {
    switch request.work {
    case .steps(let steps, let explicit, _): sendSteps(steps, explicit, request, &arena)
    case .cancelBackend(let processID, _):
      sendSteps([PostgresStep(.cancelBackend, [.int4(processID)])], false, request, &arena)
    case .script(let sql, _): sendScript(sql, request)
    case .lease: preconditionFailure("a lease is granted, not sent")
    }
  }

  private func sendSteps(
    _ steps: [PostgresStep], _ explicit: Bool, _ request: PendingRequest, _ arena: inout ParameterArena
  ) -> Sending {
    let unprepared = unpreparedStatements(of: steps, explicit)
    if !unprepared.isEmpty {
      if role == .shared, let statement = unprepared.first(where: { $0.changesSession && !$0.isOurs }) {
        return .refused(.sessionChange(statement))
      }
      prepared.formUnion(unprepared)
      request.prepares = unprepared
    }
    request.script = ReplyScript(prepares: unprepared.count, begins: explicit, steps: steps.count)
    let isComplete =
      sendPreparations(unprepared)
      && (!explicit || send(.begin, [], &arena))
      && steps.allSatisfy { send($0.statement, $0.parameters, &arena) }
      && sync()
      && (!explicit || (send(.commit, [], &arena) && sync()))
    guard isComplete else { return .broken }
    request.state = .sent
    inFlight.append(request)
    return .sent
  }

  private func unpreparedStatements(of steps: [PostgresStep], _ explicit: Bool) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    func note(_ statement: PostgresStatement) {
      guard !statement.name.isEmpty, !prepared.contains(statement), !statements.contains(statement) else { return }
      statements.append(statement)
    }
    for step in steps { note(step.statement) }
    if explicit {
      note(.begin)
      note(.commit)
    }
    return statements
  }

  private func sendPreparations(_ statements: [PostgresStatement]) -> Bool {
    statements.allSatisfy { PQsendPrepare(connection, $0.name, $0.sql, 0, nil) == 1 } && (statements.isEmpty || sync())
  }

  private func send(_ statement: PostgresStatement, _ parameters: [PostgresValue], _ arena: inout ParameterArena) -> Bool {
    arena.encode(parameters)
    return arena.withParameters { count, values, lengths, formats in
      statement.name.isEmpty
        ? PQsendQueryParams(connection, statement.sql, count, nil, values, lengths, formats, 1)
        : PQsendQueryPrepared(connection, statement.name, count, values, lengths, formats, 1)
    } == 1
  }

  private func sync() -> Bool {
    seratus_pipeline_sync(connection) == 1
  }

  /// Scripts go by the simple protocol, which libpq speaks outside pipeline mode only; nothing else is in flight.
  private func sendScript(_ sql: String, _ request: PendingRequest) -> Sending {
    guard PQexitPipelineMode(connection) == 1, PQsendQuery(connection, sql) == 1 else { return .broken }
    // A script may change the session, so that this connection serves nobody else.
    isRetiring = true
    request.state = .sent
    inFlight.append(request)
    return .sent
  }

  /// Writes what libpq holds. False when the connection broke.
  func flush() -> Bool {
    let left = PQflush(connection)
    isWriteBlocked = left == 1
    return left >= 0
  }
}

extension PostgresStatement {
  fileprivate var isOurs: Bool { self == .begin || self == .commit }
}
