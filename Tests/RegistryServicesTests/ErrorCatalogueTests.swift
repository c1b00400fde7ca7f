import Lontar
import RegistryAccess
import RegistryModel
import RegistryStore
import Testing

@testable import RegistryProtocol
@testable import RegistryServices

@Suite struct ErrorCatalogueTests {
  @Test(arguments: ModelError.Reason.allCases)
  func `every reason of the model is explained`(reason: ModelError.Reason) {
    #expect(ErrorCatalogue[reason.rawValue] != nil)
  }

  @Test(arguments: AccessError.Reason.allCases)
  func `every reason of access is explained`(reason: AccessError.Reason) {
    #expect(ErrorCatalogue[reason.rawValue] != nil)
  }

  @Test(arguments: RequestReason.allCases)
  func `every reason of the services is explained`(reason: RequestReason) {
    #expect(ErrorCatalogue[reason.rawValue] != nil)
  }

  static let storeCodes: [StoreError.Code] = [
    .sessionUnknown, .sessionExpired, .sessionRevoked, .roleNotPermitted(role: .export), .regionUnknown(typed: "x", near: []),
    .regionAmbiguous(typed: "x", candidates: []), .notFoundOrNotVisible, .staleVersion(row: 1, expected: 1, actual: 2),
    .notOpenToRole(row: 1), .idempotencyConflict, .invalid([]), .unavailable, .overloaded, .deadlineExceeded, .cancelled,
    .internal,
  ]

  @Test(arguments: storeCodes)
  func `every reason of the store is explained`(code: StoreError.Code) {
    #expect(ErrorCatalogue[StoreError(code, "").reason] != nil)
  }

  @Test func `every literal reason of the sources is explained`() throws {
    // What a store's field problem or a service may say beside the enums.
    for reason in [
      "LOGIN_FAILED", "SESSION_UNKNOWN", "INVALID_VALUE", "VALUE_REFUSED", "BAD_CURSOR", "BAD_PAGE_SIZE", "BAD_LIMIT",
      "BAD_ROW_COUNT", "PROVINCE_UNKNOWN",
    ] {
      #expect(ErrorCatalogue[reason] != nil, "\(reason)")
    }
  }

  @Test func `both languages ask for the same values`() {
    for (reason, entry) in ErrorCatalogue.entries where reason != "INVALID_REQUEST" {
      #expect(!entry.id.text.isEmpty && !entry.en.text.isEmpty, "\(reason)")
      #expect(entry.id.required == entry.en.required, "\(reason)")
      #expect(entry.id.text != entry.en.text, "\(reason)")
    }
  }

  @Test func `what can be tried again says when`() {
    for (reason, entry) in ErrorCatalogue.entries where entry.code == .unavailable {
      #expect(entry.retryDelay != nil, "\(reason)")
    }
  }

  static let fillings: [([String: String], String)] = [
    (["value": "Kedri", "near": "Kota Kediri (35.71)"], "no region is called \"Kedri\"; perhaps Kota Kediri (35.71)"),
    (["value": "Kedri", "near": ""], "no region is called \"Kedri\""), (["value": "Kedri"], "no region is called \"Kedri\""),
    ([:], "no region is called \"…\""),
  ]

  @Test(arguments: fillings)
  func `an optional part stands only with its values`(values: [String: String], text: String) {
    #expect(ErrorCatalogue["UNKNOWN_NAME"]?.en.filled(values) == text)
  }

  @Test func `values that look like places stay what they are`() {
    #expect(ErrorTemplate("{a} and [{b}]").filled(["a": "{b}", "b": "[x]"]) == "{b} and [x]")
  }

  @Test func `an error carries code, reason, domain, field, both languages and the request`() {
    let error = RPCError(
      reason: "OUT_OF_SCALE", parameters: ["value": "4.10", "min": "0", "max": "4"], field: "rows[3].parts[1].value",
      requestID: "r-1")
    #expect(error.code == .invalidArgument)
    #expect(error.message == "rows[3].parts[1].value: 4.10 lies outside the scale 0 to 4; correct the value")
    #expect(error.details.reason == "OUT_OF_SCALE")
    #expect(error.details.domain == "seratus.go.id")
    #expect(error.details.localized["id"] == "rows[3].parts[1].value: 4.10 di luar skala 0 sampai 4; perbaiki nilainya")
    #expect(error.details.fieldViolations.map(\.field) == ["rows[3].parts[1].value"])
    #expect(error.details.requestID == "r-1")
  }

  @Test func `a reason without an entry is our defect and says so`() {
    let error = RPCError(reason: "NEVER_HEARD_OF")
    #expect(error.code == .internalError)
    #expect(error.message.contains("NEVER_HEARD_OF"))
  }

  @Test(arguments: [(1, 1), (2, 2), (50, 50), (51, 50)])
  func `several faults stand in one error, at most fifty of them`(count: Int, told: Int) {
    let faults = (0..<count).map { FieldFault("rows[\($0)].year", .valueMissing) }
    let error = RPCError(faults: faults)
    #expect(error.code == .invalidArgument)
    #expect(error.details.fieldViolations.count == told)
    #expect(error.details.reason == (count == 1 ? "VALUE_MISSING" : "INVALID_REQUEST"))
    #expect(error.message.contains("rows[0].year"))
  }

  @Test func `what the store kept for the log does not reach the caller`() {
    let call = TestCall.context("RegionService/GetRegion", token: nil)
    let error = StoreError(.internal, "a mistake", detail: "relation registry.score at 10.0.0.7").rpcError(call, needed: [])
    #expect(error.code == .internalError)
    #expect(!"\(error.message) \(error.details)".contains("registry.score"))
    #expect(error.cause != nil)
  }

  @Test func `a wrong role is told which it is and which are needed`() {
    let call = TestCall.context("ScoreService/PutScores", token: nil)
    let error = StoreError(.roleNotPermitted(role: .regionViewer), "no").rpcError(call, needed: [.ministryAdmin, .regionAdmin])
    #expect(error.code == .permissionDenied)
    #expect(error.message == "the role region_viewer may not do this; it needs one of ministry_admin, region_admin")
  }
}
