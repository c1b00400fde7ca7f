internal import Foundation
package import Lontar
internal import LontarCompression

/// What Lontar's tests and benchmarks call: answers of any size, number and delay, and errors of any code.
package struct EchoService: Lontar_Testing_V1_EchoHandler {
  package init() {}

  package func unary(_ request: Lontar_Testing_V1_EchoRequest, context: CallContext) async throws
    -> Lontar_Testing_V1_EchoResponse
  {
    try await prepare(request, context)
    return response(request, context)
  }

  package func serverStream(
    _ request: Lontar_Testing_V1_EchoRequest, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>, context: CallContext
  ) async throws {
    context.compressAnswers(MessageCodec(rawValue: UInt8(truncatingIfNeeded: request.responseCodec)))
    for _ in 0..<request.responseCount {
      try await writer.write(response(request, context))
    }
    try await prepare(request, context)
  }

  package func clientStream(_ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, context: CallContext) async throws
    -> Lontar_Testing_V1_EchoResponse
  {
    var sum = Lontar_Testing_V1_EchoRequest()
    for try await request in requests {
      try await prepare(request, context)
      sum.payload.append(request.payload)
      sum.responseBytes = request.responseBytes
    }
    return response(sum, context)
  }

  package func bidiStream(
    _ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>,
    context: CallContext
  ) async throws {
    for try await request in requests {
      try await prepare(request, context)
      for _ in 0..<max(1, request.responseCount) { try await writer.write(response(request, context)) }
    }
  }

  private func prepare(_ request: Lontar_Testing_V1_EchoRequest, _ context: CallContext) async throws {
    context.compressAnswers(MessageCodec(rawValue: UInt8(truncatingIfNeeded: request.responseCodec)))
    if request.expectCompressed, context.requestCodec == nil {
      throw RPCError(.invalidArgument, "the request was to come compressed and came as it is")
    }
    if request.sleepMilliseconds > 0 { try await Task.sleep(for: .milliseconds(request.sleepMilliseconds)) }
    if request.failWithCode != 0 {
      let code = StatusCode(rawValue: UInt16(request.failWithCode)) ?? .unknown
      var details = ErrorDetails(reason: "ECHO_WAS_TOLD_TO_FAIL", domain: "lontar.testing", parameters: ["code": "\(code)"])
      details.localized = ["id": "gagal", "en": "failed"]
      details.fieldViolations = [.init(field: "fail_with_code", description: "is not zero", reason: "NOT_ZERO")]
      throw RPCError(code, request.failMessage, details: details)
    }
  }

  private func response(_ request: Lontar_Testing_V1_EchoRequest, _ context: CallContext) -> Lontar_Testing_V1_EchoResponse {
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = request.responseBytes == 0 ? request.payload : Data(count: Int(request.responseBytes))
    if let remaining = context.remaining {
      let (seconds, attoseconds) = remaining.components
      response.remainingNanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
    return response
  }
}
