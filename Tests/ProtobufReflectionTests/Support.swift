import Foundation
import Lontar
import LontarTesting
import ProtobufReflection
import RegistryProtocol
import SwiftProtobuf
import Testing

typealias Everything = Lontar_Testing_V1_Everything

extension JSONCodec {
  static let testing = JSONCodec(DescriptorPool(DescriptorSet.testing.files))
  static let registry = JSONCodec(DescriptorPool(DescriptorSet.seratus.files))

  func text(_ message: some Message) throws -> String {
    try json(message.serializedBytes(), as: type(of: message).protoMessageName).text(compact: true)
  }

  func message<M: Message>(_ text: String, as type: M.Type = M.self) throws -> M {
    try M(serializedBytes: bytes(JSONParser.parse(Array(text.utf8)), as: M.protoMessageName))
  }

  /// swift-protobuf's own JSON is the reference: it must read ours, we must read its, and both must say the same.
  func agrees<M: Message & Equatable>(_ message: M, _ location: SourceLocation = #_sourceLocation) throws {
    let ours = try text(message)
    #expect(try M(jsonString: ours) == message, "it reads ours: \(ours)", sourceLocation: location)
    let theirs = try message.jsonString()
    #expect(try self.message(theirs, as: M.self) == message, "we read its: \(theirs)", sourceLocation: location)
    #expect(try ours.tree == theirs.tree, "\(ours) \(theirs)", sourceLocation: location)
  }
}

extension String {
  /// The value in an order of its own, with numbers as numbers, so that equal texts are equal.
  var tree: JSONValue { get throws { try JSONParser.parse(Array(utf8)).ordered } }
}

extension JSONValue {
  fileprivate var ordered: JSONValue {
    switch self {
    case .number(let digits): .number("\(Double(digits) ?? .nan)")
    case .list(let elements): .list(elements.map(\.ordered))
    case .object(let members): .object(members.map { .init($0.name, $0.value.ordered) }.sorted { $0.name < $1.name })
    default: self
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers on every machine.
struct Chance: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func happens(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

/// Makes up JSON for a type from its descriptor.
struct JSONMaker {
  let pool: DescriptorPool
  var chance: Chance

  mutating func message(_ name: String, depth: Int = 0) -> JSONValue {
    if let known = wellKnown(name, depth) { return known }
    var members: [JSONValue.Member] = []
    var oneofs: Set<String> = []
    for field in pool.messages[name]?.fields ?? [] where chance.happens(depth > 2 ? 0.1 : 0.5) {
      if let oneof = field.oneof, !oneofs.insert(oneof).inserted { continue }
      if depth > 4, case .message = field.kind { continue }
      let name = chance.happens(0.5) ? field.name : field.jsonName
      members.append(.init(name, value(of: field, depth)))
    }
    return .object(members.shuffled(using: &chance))
  }

  private mutating func value(of field: ProtobufReflection.FieldType, _ depth: Int) -> JSONValue {
    if let (key, value) = pool.mapEntry(field) {
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...3, using: &chance) {
        switch single(key, depth) {
        case .text(let text), .number(let text): members[text] = single(value, depth)
        case .bool(let flag): members["\(flag)"] = single(value, depth)
        default: break
        }
      }
      return .object(members.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }
    guard field.isRepeated else { return single(field, depth) }
    return .list((0..<Int.random(in: 0...3, using: &chance)).map { _ in single(field, depth) })
  }

  private mutating func single(_ field: ProtobufReflection.FieldType, _ depth: Int) -> JSONValue {
    func pick(_ values: [String]) -> String { values[Int.random(in: values.indices, using: &chance)] }
    let isKeyLike = chance.happens(0.3)
    switch field.kind {
    case .double: return .number(pick(["0", "1", "-2.5", "1e300", "5e-324", "0.1", "-1.7976931348623157e308"]))
    case .float: return .number(pick(["0", "1", "-2.5", "3.4028235e38", "1e-45", "0.1"]))
    case .int32, .sint32, .sfixed32:
      let digits = pick(["0", "1", "-1", "2147483647", "-2147483648", "100"])
      return isKeyLike ? .text(digits) : .number(digits)
    case .uint32, .fixed32: return .number(pick(["0", "1", "4294967295", "128"]))
    case .int64, .sint64, .sfixed64: return .text(pick(["0", "1", "-1", "9223372036854775807", "-9223372036854775808"]))
    case .uint64, .fixed64: return .text(pick(["0", "1", "18446744073709551615", "300"]))
    case .bool: return .bool(chance.happens(0.5))
    case .string: return .text(pick(["", "a", "Kota Kediri", "\u{0}\u{1F600}\"\\\n", "ü"]))
    case .bytes: return .text(pick(["", "AA==", "/+8=", "c2VyYXR1cw=="]))
    case .enumeration("google.protobuf.NullValue"): return .null
    case .enumeration(let name):
      let values = pool.enums[name]?.values ?? []
      return .text(pick(values.map(\.name)))
    case .message(let name): return message(name, depth: depth + 1)
    case .group: return .null
    }
  }

  private mutating func wellKnown(_ name: String, _ depth: Int) -> JSONValue? {
    func pick(_ values: [JSONValue]) -> JSONValue { values[Int.random(in: values.indices, using: &chance)] }
    let scalars: [JSONValue] = [.null, .bool(true), .number("1.5"), .text("x")]
    switch name {
    case "google.protobuf.Timestamp":
      return pick([.text("0001-01-01T00:00:00Z"), .text("9999-12-31T23:59:59.999999999Z"), .text("2022-12-05T08:00:00.5+07:00")])
    case "google.protobuf.Duration": return pick([.text("0s"), .text("-1.000000001s"), .text("315576000000s"), .text("1.5s")])
    case "google.protobuf.FieldMask": return pick([.text(""), .text("a"), .text("fooBar.baz,qux")])
    case "google.protobuf.Struct": return .object([.init("a", pick(scalars)), .init("b", .list([pick(scalars)]))])
    case "google.protobuf.Value": return pick(scalars + [.object([.init("a", pick(scalars))]), .list(scalars)])
    case "google.protobuf.ListValue": return .list([pick(scalars), .list([])])
    case "google.protobuf.Any":
      let duration = JSONValue.Member("@type", .text("type.googleapis.com/google.protobuf.Duration"))
      let leaf = JSONValue.Member("@type", .text("type.googleapis.com/lontar.testing.v1.Everything.Leaf"))
      return pick([.object([duration, .init("value", .text("3s"))]), .object([leaf, .init("name", .text("inner"))])])
    case "google.protobuf.DoubleValue", "google.protobuf.FloatValue":
      return pick([.number("0"), .number("0.5"), .text("Infinity")])
    case "google.protobuf.Int64Value", "google.protobuf.UInt64Value": return pick([.text("0"), .text("9223372036854775807")])
    case "google.protobuf.Int32Value", "google.protobuf.UInt32Value": return pick([.number("0"), .number("7")])
    case "google.protobuf.BoolValue": return .bool(chance.happens(0.5))
    case "google.protobuf.StringValue": return pick([.text(""), .text("w")])
    case "google.protobuf.BytesValue": return pick([.text(""), .text("AQID")])
    default: return nil
    }
  }
}
