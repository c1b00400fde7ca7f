internal import Lontar
internal import ProtobufReflection
internal import RegistryClient
internal import RegistryModel
internal import Synchronization

/// One call of a method that is known by its descriptors only.
struct CallRun {
  let client: RegistryClient
  let codec: JSONCodec
  /// `package.Service`.
  let service: String
  let method: MethodType
  let options: CallOptions
  let showsMetadata: Bool
  /// One line for each answer.
  let isCompact: Bool
  let invocation: Invocation

  func run(_ input: CallInput) async throws {
    do {
      try await perform(input)
    } catch let error as RPCError {
      // Programs get it all with the error itself.
      if !invocation.format.isForPrograms { ErrorDetailsText(error: error).lines(invocation.language).forEach(invocation.talk) }
      throw error
    }
  }

  private func perform(_ input: CallInput) async throws {
    if method.streamsRequests {
      try await runStream(input)
    } else {
      var input = input
      let request = try message(try await input.only())
      let descriptor = Method<RawMessage, RawMessage>(service: service, name: method.name, kind: .serverStreaming)
      try await show(try await client.lontar.serverStreaming(descriptor, request, options: options))
    }
  }

  /// The requests go out as they come, whatever the answers do; the call ends with the last answer.
  private func runStream(_ input: CallInput) async throws {
    let descriptor = Method<RawMessage, RawMessage>(service: service, name: method.name, kind: .bidirectional)
    let call = try await client.lontar.bidirectional(descriptor, options: options)
    let fault = Mutex<(any Error)?>(nil)
    let answers = Task { try await show(call.responses) }
    let requests = Task {
      do {
        try await send(input, to: call.requests)
      } catch is RPCError {
        // The answers end with the same error.
      } catch {
        fault.withLock { $0 = error }
        answers.cancel()
      }
    }
    let result = await answers.result
    // A server that has answered takes no more: what waits for input is not waited for.
    requests.cancel()
    if let fault = fault.withLock({ $0 }) { throw fault }
    try result.get()
  }

  private func send(_ input: CallInput, to writer: RequestWriter<RawMessage>) async throws {
    var input = input
    while let json = try await input.next() { try await writer.write(try message(json)) }
    writer.finish()
  }

  private func message(_ json: JSONValue) throws -> RawMessage {
    try RawMessage(try codec.bytes(json, as: method.request))
  }

  // MARK: Answers

  private func show(_ answers: ResponseStream<RawMessage>) async throws {
    if showsMetadata { tell(try await answers.initialMetadata, Phrase(id: "metadata awal", en: "initial metadata")) }
    var count = 0
    do {
      for try await answer in answers {
        count += 1
        guard method.streamsResponses || count == 1 else { throw Self.tooMany }
        let json = try codec.json(answer.bytes, as: method.response)
        try OutputFile.standardOutput.write(json.text(compact: isCompact || method.streamsResponses) + "\n")
      }
    } catch let error as RPCError {
      if showsMetadata { tell(error.metadata, Self.trailing) }
      throw error
    }
    if showsMetadata { tell(answers.trailingMetadata, Self.trailing) }
    guard method.streamsResponses || count == 1 else { throw Self.tooMany }
  }

  private func tell(_ metadata: Metadata, _ title: Phrase) {
    invocation.talk(invocation.language[title] + (metadata.isEmpty ? ": -" : ":"))
    for line in MetadataArgument.lines(metadata) { invocation.talk("  " + line) }
  }

  private static let trailing = Phrase(id: "metadata akhir", en: "trailing metadata")

  private static let tooMany = Failure(
    exit: .other, code: "UNIMPLEMENTED", reason: "ANSWERS_DIFFER",
    message: Phrase(
      id: "server tidak memberi tepat satu jawaban, tidak seperti uraiannya sendiri",
      en: "the server did not give exactly one answer, other than it describes itself"))
}
