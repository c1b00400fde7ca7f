import Foundation
import LontarTesting
import ProtobufReflection
import SwiftProtobuf
import Testing

/// Bytes as they may come from anybody.
@Suite struct WireTests {
  private static func json(_ bytes: [UInt8]) throws -> String {
    try JSONCodec.testing.json(bytes, as: Everything.protoMessageName).text(compact: true)
  }

  /// protobuf's encoding guide: tag = number << 3 | wire type.
  static let good: [(bytes: [UInt8], json: String)] = [
    ([0x18, 0x96, 0x01], #"{"anInt32":150}"#),
    // Of a scalar the last one counts; of a message both are merged.
    ([0x18, 0x01, 0x18, 0x02], #"{"anInt32":2}"#),
    ([0x8A, 0x01, 0x03, 0x0A, 0x01, 0x61, 0x8A, 0x01, 0x02, 0x12, 0x00], #"{"leaf":{"name":"a","child":{}}}"#),
    // Numbers, packed and not, in one list.
    ([0xFA, 0x01, 0x02, 0x01, 0x02, 0xF8, 0x01, 0x03], #"{"int32s":[1,2,3]}"#),
    ([0x82, 0x02, 0x02, 0x01, 0x02], #"{"int64s":["1","2"]}"#),
    // Of the members of a oneof the last one counts: 60 (varint 5), then 61 ("a").
    ([0xE0, 0x03, 0x05, 0xEA, 0x03, 0x01, 0x61], #"{"chosenText":"a"}"#),
    ([0xEA, 0x03, 0x01, 0x61, 0xE0, 0x03, 0x00], #"{"chosenNumber":0}"#),
    // An entry without key and value; the same key again.
    ([0x92, 0x03, 0x00], #"{"counts":{"":0}}"#),
    ([0x92, 0x03, 0x02, 0x10, 0x01, 0x92, 0x03, 0x02, 0x10, 0x02], #"{"counts":{"":2}}"#),
    // Unknown: field 2000 as varint, as bytes and as a group with a group inside; a known number of another wire type.
    ([0x80, 0x7D, 0x05, 0x82, 0x7D, 0x01, 0x61, 0x83, 0x7D, 0x8B, 0x7D, 0x8C, 0x7D, 0x84, 0x7D, 0x18, 0x07], #"{"anInt32":7}"#),
    ([0x1A, 0x01, 0x61, 0x18, 0x07], #"{"anInt32":7}"#),
    // An int32 of ten bytes, an enum without a name, a bool of 2.
    ([0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], #"{"anInt32":-1}"#),
    ([0x80, 0x01, 0x09], #"{"colour":9}"#),
    ([0x68, 0x02], #"{"aBool":true}"#), ([], "{}"),
  ]

  @Test(arguments: good)
  func `bytes are read as the encoding says`(bytes: [UInt8], json: String) throws {
    #expect(try Self.json(bytes) == json)
    #expect(try Everything(serializedBytes: bytes).jsonString().tree == json.tree, "the reference says the same")
  }

  static let bad: [[UInt8]] = [
    [0x18], [0x18, 0x80], [0x72, 0x02, 0x61], [0x00, 0x00], [0x09, 0, 0, 0, 0, 0, 0, 0], [0x15, 0, 0, 0], [0x1F], [0x1C],
    [0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], [0x83, 0x7D], [0x83, 0x7D, 0x8C, 0x7D],
    [0x72, 0x02, 0xC3, 0x28], [0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFA, 0x01, 0x01, 0x80],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  ]

  @Test(arguments: bad)
  func `bytes that are no message are refused`(bytes: [UInt8]) {
    #expect(throws: CodecFault.self) { try Self.json(bytes) }
  }

  @Test func `a time out of its range is refused`() throws {
    let bytes: [UInt8] = try Everything.with { $0.at.seconds = 253_402_300_800 }.serializedBytes()
    #expect(throws: CodecFault.self) { try Self.json(bytes) }
    let mixed: [UInt8] = try Everything.with { $0.lasts = .init(seconds: 1, nanos: -1) }.serializedBytes()
    #expect(throws: CodecFault.self) { try Self.json(mixed) }
  }

  /// Where swift-protobuf 1.39 says something else than the mapping: an Any without content has no "value" there, and a value in a map
  /// that has another wire type than the map's is not skipped but read as the next field.
  private static let odd: Set<String> = ["anything", "counts", "names", "flags", "trees", "blobs", "weights", "values"]

  private static func comparable(_ json: String) throws -> JSONValue {
    guard case .object(let members) = try json.tree else { return .null }
    return .object(members.filter { !odd.contains($0.name) })
  }

  /// A message with something of everything, cut at each place and with each bit turned.
  @Test func `what is damaged is refused or read as the reference reads it`() throws {
    var compared = 0
    for seed in 0..<UInt64(5) {
      var maker = JSONMaker(pool: JSONCodec.testing.pool, chance: Chance(state: 9_000 + seed))
      let whole = try JSONCodec.testing.bytes(maker.message(Everything.protoMessageName), as: Everything.protoMessageName)
      for length in 0..<whole.count { _ = try? Self.json(Array(whole[..<length])) }
      for bit in 0..<whole.count * 8 {
        var bytes = whole
        bytes[bit / 8] ^= 1 << (bit % 8)
        guard let ours = try? Self.json(bytes), let theirs = try? Everything(serializedBytes: bytes).jsonString() else {
          continue
        }
        compared += 1
        #expect(try Self.comparable(ours) == Self.comparable(theirs), "bit \(bit) of seed \(seed): \(ours) \(theirs)")
      }
    }
    #expect(compared > 500)
  }

  @Test func `defaults are written on request, but nothing that can be absent`() throws {
    var codec = JSONCodec.testing
    codec.writesDefaults = true
    let members = try codec.json([], as: Everything.protoMessageName)
    guard case .object(let fields) = members else { return #expect(Bool(false)) }
    let values = Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(values["anInt64"] == .text("0"))
    #expect(values["aBool"] == .bool(false))
    #expect(values["colour"] == .text("COLOUR_UNSPECIFIED"))
    #expect(values["strings"] == .list([]))
    #expect(values["counts"] == .object([]))
    for name in ["leaf", "maybeInt32", "chosenNumber", "at", "wrappedBool"] { #expect(values[name] == nil) }
  }

  static let streams: [(text: String, values: [String])] = [
    ("{}", ["{}"]), (" {}\n{} \n", ["{}", "{}"]), (#"{"a":"}"}{"b":"\"{"}"#, [#"{"a":"}"}"#, #"{"b":"\"{"}"#]),
    ("[1,[2]][3]", ["[1,[2]]", "[3]"]), ("1 2\n\"a b\"true", ["1", "2", "\"a b\"", "true"]), ("1{}", ["1", "{}"]), ("", []),
    (" \n", []),
    ("{\"a\":", ["{\"a\":"]), ("null", ["null"]), ("}{}", ["}", "{}"]),
  ]

  @Test(arguments: streams)
  func `values in a stream are found however their bytes arrive`(text: String, values: [String]) throws {
    for step in [1, 2, 3, 1_000] {
      var splitter = JSONSplitter(bytesMax: 1_000)
      var found: [String] = []
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: step) {
        splitter.feed(bytes[start..<min(start + step, bytes.count)])
        while let value = try splitter.next(atEnd: false) { found.append(String(decoding: value, as: UTF8.self)) }
      }
      while let value = try splitter.next(atEnd: true) { found.append(String(decoding: value, as: UTF8.self)) }
      #expect(found == values, "in steps of \(step)")
    }
  }

  @Test func `an endless value is refused before it is whole`() throws {
    var splitter = JSONSplitter(bytesMax: 10)
    splitter.feed(Array("\"0123456789".utf8))
    #expect(throws: CodecFault.self) { try splitter.next(atEnd: false) }
  }
}
