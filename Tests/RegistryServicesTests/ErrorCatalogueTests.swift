import Foundation
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

  /// Words in capitals that are no reasons: variables of the environment.
  private static let noReasons: Set<String> = ["SERATUS_LANG", "LC_ALL", "LC_MESSAGES"]

  @Test(arguments: ["RegistryServices", "RegistryStore", "RegistryAccess", "RegistryModel"])
  func `every reason that stands in the sources is explained in both languages`(target: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appending(path: "Sources/\(target)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
      // The operator's errors have catalogues of their own.
      name.hasSuffix(".swift") && !["Migration/", "Reference/", "Generated/"].contains { name.hasPrefix($0) }
    }
    #expect(files.count > 5)
    var seen = 0
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for found in text.matches(of: /"([A-Z]+(?:_[A-Z]+)+)"/) where !Self.noReasons.contains(String(found.1)) {
        seen += 1
        let entry = ErrorCatalogue[String(found.1)]
        #expect(entry?.id.text.isEmpty == false && entry?.en.text.isEmpty == false, "\(found.1) of \(file)")
      }
    }
    #expect(seen > 2)
  }

  @Test func `faults travel with their parameters, so that each can be told in either language`() throws {
    let faults = [
      FieldFault("rows[0].published_total", reason: "OUT_OF_SCALE", parameters: ["value": "4.10", "min": "0", "max": "4"]),
      FieldFault("rows[1].parts[0].key", reason: "UNKNOWN_KEY", parameters: ["key": "x", "near": "", "among": "a, b"]),
      FieldFault("rows[10].year", .valueMissing),
    ]
    for given in [faults, Array(faults.prefix(1))] {
      let error = RPCError(faults: given)
      #expect(error.faults == given)
    }
    #expect(RPCError(faults: faults).faults[0].sentence(.indonesian) == "4.10 di luar skala 0 sampai 4; perbaiki nilainya")
    #expect(RPCError(faults: faults).details.ownParameters.keys.sorted() == ["count", "first_en", "first_id"])
  }

  @Test func `many long faults leave room in the status`() {
    let long = String(repeating: "kunci, ", count: 60)
    let error = RPCError(
      faults: (0..<50).map { FieldFault("rows[\($0)].key", reason: "UNKNOWN_KEY", parameters: ["key": "x", "among": long]) })
    let told = error.details.fieldViolations.count
    #expect(told >= 1 && told < 20)
    #expect(error.faults.count == told)
    let bytes = error.details.parameters.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    #expect(bytes < 10_000)
    #expect(error.details.parameters["count"] == "50")
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
