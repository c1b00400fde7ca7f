import Foundation
import Lontar
import RegistryClient
import RegistryModel
import Testing

@testable import seratus

@Suite struct FailureTests {
  @Test(arguments: [
    (StatusCode.notFound, "REGION_UNKNOWN", 3), (.permissionDenied, "ROLE_NOT_PERMITTED", 4),
    (.unauthenticated, "SESSION_EXPIRED", 5),
    (.unauthenticated, "SESSION_REVOKED", 5), (.invalidArgument, "OUT_OF_SCALE", 6), (.invalidArgument, "AMBIGUOUS_NUMBER", 6),
    (.outOfRange, "BAD_YEAR", 6), (.aborted, "STALE_VERSION", 7), (.failedPrecondition, "IDEMPOTENCY_CONFLICT", 7),
    (.alreadyExists, "", 7), (.unavailable, "DATABASE_DOWN", 8), (.deadlineExceeded, "", 8), (.resourceExhausted, "", 8),
    (.invalidArgument, "REGION_AMBIGUOUS", 9), (.invalidArgument, "AMBIGUOUS_NAME", 9), (.internalError, "", 1),
    (.unknown, "", 1),
    (.dataLoss, "EXPORT_INCOMPLETE", 1), (.unimplemented, "", 1), (.cancelled, "", 1),
  ])
  func `every way a call can end has its exit code`(code: StatusCode, reason: String, status: Int32) {
    let error = RPCError(code, "message", details: ErrorDetails(reason: reason, domain: "seratus.go.id"))
    #expect(Failure(error).exit.rawValue == status)
  }

  @Test func `no failure ends with 0`() {
    for code in StatusCode.allCases where code != .ok { #expect(Failure(RPCError(code, "")).exit != .ok) }
    #expect(Failure(CancellationError()).exit == .other)
    #expect(Failure(FileFault(path: "/full", act: "write", code: ENOSPC)).exit == .output)
  }

  @Test func `a failure for scripts is one json object on one line`() throws {
    var error = RPCError(
      .invalidArgument, "rows[3].parts[1].value: out of scale",
      details: ErrorDetails(reason: "OUT_OF_SCALE", domain: "d", parameters: ["max": "4.00"]))
    error.details.localized = ["id": "di luar skala", "en": "out of scale"]
    error.details.requestID = "7f3a"
    error.details.fieldViolations = [
      .init(field: "rows[3].parts[1].value", description: "9.00 is outside 0–4", reason: "OUT_OF_SCALE")
    ]
    let text = Failure(error).onLines([2, 3, 5, 9]).json(.indonesian)
    #expect(text.hasSuffix("}\n") && text.split(separator: "\n").count == 1)
    #expect(
      text
        == #"{"error":{"code":"INVALID_ARGUMENT","reason":"OUT_OF_SCALE","message":"di luar skala","field":"rows[3].parts[1].value","row":9,"column":null,"request_id":"7f3a","retryable":false,"exit":6,"parameters":{"max":"4.00"},"faults":[{"field":"rows[3].parts[1].value","row":9,"column":null,"reason":"OUT_OF_SCALE","message":"9.00 is outside 0–4"}]}}"#
        + "\n")
  }

  @Test func `people read one line, the faults below it and the request id`() {
    var failure = Failure.invalid("X", field: "a", id: "dua galat", en: "two faults")
    failure.faults = (1...25).map { Failure.Fault(field: "value", row: $0, column: "aspect:output", message: .same("is wrong")) }
    failure.requestID = "7f3a"
    let lines = failure.text(.english).split(separator: "\n")
    #expect(lines.first == "seratus: two faults")
    #expect(lines[1] == "  row 1, aspect:output: is wrong")
    #expect(lines[21] == "  … and 5 more faults")
    #expect(lines.last == "  request id: 7f3a")
  }

  @Test func `an unreachable server names the remedy in both languages`() {
    let failure = Failure(RPCError(.unavailable, "can't reach 127.0.0.1:7443: connection refused"))
    #expect(
      failure.text(.english)
        == "seratus: can't reach 127.0.0.1:7443: connection refused; try again in a moment, or check host and port\n")
    #expect(failure.text(.indonesian).contains("coba lagi sebentar"))
    #expect(failure.isRetryable)
  }

  @Test func `a reader that has gone is not told about it`() {
    let failure = Failure(FileFault(path: "standard output", act: "write", code: EPIPE))
    #expect(FailedRun(failure: failure, language: .english, format: .csv).text.isEmpty)
    #expect(failure.exit == .output)
  }

  @Test func `bad arguments are json where json was asked for`() async {
    #expect(RawArguments(["region", "list", "-o", "json", "--nonsense"]).format == .json)
    #expect(RawArguments(["region", "list", "--output=ndjson"]).format == .ndjson)
    #expect(RawArguments(["region", "--", "-o", "json"]).format == .table)
    #expect(RawArguments(["--lang", "id"]).language == .indonesian)
    #expect(RawArguments(["--lang"]).language == nil)
  }
}
