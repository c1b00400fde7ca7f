import ArgumentParser
import Foundation
import Lontar
import ProtobufReflection
import RegistryModel
import RegistryProtocol
import SwiftProtobuf
import Testing

@testable import seratus

/// The parts of `call` and `describe` that need no server.
@Suite struct CallTests {
  private static let pool = DescriptorPool(DescriptorSet.seratus.files)

  static let metadata: [(argument: String, key: String, value: [UInt8])] = [
    ("a=b", "a", [0x62]), ("a=", "a", []), ("a=b=c", "a", [0x62, 0x3D, 0x63]), ("a-bin=AQI=", "a-bin", [1, 2]),
    ("a-bin=AQI", "a-bin", [1, 2]), ("a.b_c-9=x", "a.b_c-9", [0x78]),
  ]

  @Test(arguments: metadata)
  func `metadata is a key and its value, Base64 for keys that end with -bin`(argument: String, key: String, value: [UInt8]) throws
  {
    let parsed = try #require(MetadataArgument(argument: argument))
    #expect(parsed.key == key)
    #expect(parsed.value == value)
  }

  @Test(arguments: [
    "a", "=b", "A=b", "a b=c", "a-bin=*", "a-bin=A", String(repeating: "k", count: 65) + "=v",
  ])
  func `other metadata is refused`(argument: String) {
    #expect(MetadataArgument(argument: argument) == nil)
  }

  @Test func `metadata of the server is shown as text, or as Base64 where it is none`() {
    var metadata = Metadata()
    metadata.add("a", "b")
    metadata.add("a-bin", bytes: [1, 2])
    metadata.add("c", bytes: [0xFF])
    #expect(MetadataArgument.lines(metadata) == ["a: b", "a-bin: AQI=", "c: /w=="])
  }

  @Test func `the request is a text, a file, or nothing`() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("call-\(UUID().uuidString).json").path
    _ = FileManager.default.createFile(atPath: path, contents: Data(#"{"a":1} {"b":2}"#.utf8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    var text = try CallInput(#"{"a":1}"#)
    #expect(try await text.only() == .object([.init("a", .number("1"))]))
    var file = try CallInput("@" + path)
    #expect(try await file.next() == .object([.init("a", .number("1"))]))
    #expect(try await file.next() == .object([.init("b", .number("2"))]))
    #expect(try await file.next() == nil)
    var nothing = try CallInput(nil)
    #expect(try await nothing.only() == .object([]))
    var two = try CallInput("{}{}")
    await #expect(throws: Failure.self) { try await two.only() }
    #expect(throws: Failure.self) { try CallInput("@/no/such/file") }
  }

  @Test(arguments: [
    (#"{"pageSzie":1}"#, "UNKNOWN_FIELD"), (#"{"pageSize":1e10}"#, "OUT_OF_RANGE"),
    (#"{"kind":"REGION_KIND_X"}"#, "UNKNOWN_ENUM_VALUE"),
    (#"{"province":1}"#, "WRONG_TYPE"), ("{", "JSON_MALFORMED"), (#"{"pageSize":1,"page_size":2}"#, "DUPLICATE_FIELD"),
  ])
  func `what is wrong with a request is told in both languages`(json: String, reason: String) {
    do {
      _ = try JSONCodec(Self.pool).bytes(try JSONParser.parse(Array(json.utf8)), as: "seratus.v1.ListRegionsRequest")
      Issue.record("accepted")
    } catch {
      let failure = Failure(error)
      #expect(failure.exit == .invalidData)
      #expect(failure.reason == reason)
      #expect(failure.message.id != failure.message.en)
    }
  }

  @Test func `a service is described with the kinds of its methods and their comments`() throws {
    let document = try SymbolView(pool: Self.pool, name: "seratus.v1.ExportService").document(.english)
    #expect(document.columns == ["service", "method", "kind", "request", "response", "comment"])
    #expect(
      document.records == [
        [
          .text("seratus.v1.ExportService"), .text("ExportScores"), .text("server-streaming"),
          .text("seratus.v1.ExportScoresRequest"), .text("seratus.v1.ExportScoresChunk"), .null,
        ]
      ])
    #expect(document.text(.table, width: 100).contains("a slow reader holds it back"))
    #expect(
      try SymbolView(pool: Self.pool, name: "seratus.v1.ExportService").document(.indonesian).text(.table, width: 100).contains(
        "Layanan"))
  }

  @Test func `a message is described with its fields`() throws {
    let document = try SymbolView(pool: Self.pool, name: "seratus.v1.Dataset").document(.english)
    let types = document.records.map { [$0[1], $0[2], $0[3], $0[4]] }
    #expect(
      types == [
        [.integer(1), .text("kind"), .text("kind"), .text("seratus.v1.Dataset.Kind")],
        [.integer(2), .text("seed"), .text("seed"), .text("optional uint64")],
        [.integer(3), .text("label"), .text("label"), .text("string")],
      ])
    #expect(throws: Failure.self) { try SymbolView(pool: Self.pool, name: "seratus.v1.Nothing").document(.english) }
  }

  @Test func `the rich part of an error is told line by line`() {
    var details = ErrorDetails(reason: "R", domain: "d", parameters: ["b": "2", "a": "1"])
    details.fieldViolations = [.init(field: "f", description: "is odd", reason: "ODD")]
    details.retryDelay = .milliseconds(1_500)
    let lines = ErrorDetailsText(error: RPCError(.invalidArgument, "m", details: details)).lines(.english)
    #expect(lines == ["INVALID_ARGUMENT R (d)", "  a = 1", "  b = 2", "  f: is odd [ODD]", "  try again after 1.5 s"])
  }
}
