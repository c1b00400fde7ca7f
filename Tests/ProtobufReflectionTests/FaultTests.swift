import LontarTesting
import ProtobufReflection
import SwiftProtobuf
import Testing

/// What is refused, with its reason and the path to it.
@Suite struct FaultTests {
  private static func fault(_ text: String, as type: String = Everything.protoMessageName) -> CodecFault? {
    do throws(CodecFault) {
      _ = try JSONCodec.testing.bytes(try JSONParser.parse(Array(text.utf8)), as: type)
      return nil
    } catch {
      return error
    }
  }

  static let wrong: [(json: String, reason: CodecFault.Reason, path: String)] = [
    (#"{"anInt33":1}"#, .unknownField, ""), (#"{"leaf":{"nam":"x"}}"#, .unknownField, "leaf"),
    (#"{"leaves":[{},{"children":[{"nam":"x"}]}]}"#, .unknownField, "leaves[1].children[0]"),
    (#"{"trees":{"7":{"nam":"x"}}}"#, .unknownField, #"trees["7"]"#), (#"{"an_int32":1,"anInt32":1}"#, .duplicateField, ""),
    (#"{"a":{"b":1,"b":2}}"#, .duplicateField, "a"), (#"{"chosenNumber":1,"chosenText":"x"}"#, .oneofConflict, ""),
    (#"{"chosenNull":null,"chosenText":"x"}"#, .oneofConflict, ""), (#"{"anInt32":2147483648}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":-2147483649}"#, .outOfRange, "anInt32"), (#"{"anInt32":1.5}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":1e10}"#, .outOfRange, "anInt32"), (#"{"aUint32":-1}"#, .outOfRange, "aUint32"),
    (#"{"aUint64":"18446744073709551616"}"#, .outOfRange, "aUint64"),
    (#"{"anInt64":9223372036854775808}"#, .outOfRange, "anInt64"), (#"{"aDouble":1e400}"#, .outOfRange, "aDouble"),
    (#"{"aFloat":3.5e38}"#, .outOfRange, "aFloat"), (#"{"anInt32":1e99999999999999999999}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":" 1"}"#, .malformedValue, "anInt32"), (#"{"anInt32":"0x1"}"#, .malformedValue, "anInt32"),
    (#"{"aDouble":"1.0x"}"#, .malformedValue, "aDouble"), (#"{"anInt32":true}"#, .wrongType, "anInt32"),
    (#"{"aBool":"true"}"#, .wrongType, "aBool"), (#"{"aBool":1}"#, .wrongType, "aBool"),
    (#"{"aString":1}"#, .wrongType, "aString"),
    (#"{"someBytes":"A"}"#, .malformedValue, "someBytes"), (#"{"someBytes":"A*=="}"#, .malformedValue, "someBytes"),
    (#"{"colour":"COLOUR_GREEN"}"#, .unknownEnumValue, "colour"), (#"{"colour":2147483648}"#, .outOfRange, "colour"),
    (#"{"colour":[]}"#, .wrongType, "colour"), (#"{"strings":"a"}"#, .wrongType, "strings"),
    (#"{"strings":["a",null]}"#, .nullElement, "strings[1]"), (#"{"counts":{"a":null}}"#, .nullElement, #"counts["a"]"#),
    (#"{"counts":[]}"#, .wrongType, "counts"), (#"{"flags":{"yes":1}}"#, .malformedValue, #"flags["yes"]"#),
    (#"{"names":{"1":"a","01":"b"}}"#, .malformedValue, #"names["01"]"#), (#"{"leaf":[]}"#, .wrongType, "leaf"),
    ("[]", .wrongType, ""),
    (#"{"at":"2022-02-30T00:00:00Z"}"#, .malformedValue, "at"), (#"{"at":"2022-12-05"}"#, .malformedValue, "at"),
    (#"{"at":"0000-12-31T23:59:59Z"}"#, .malformedValue, "at"), (#"{"at":"9999-12-31T23:59:59-00:01"}"#, .malformedValue, "at"),
    (#"{"at":"2022-12-05t08:00:00z"}"#, .malformedValue, "at"), (#"{"lasts":"1"}"#, .malformedValue, "lasts"),
    (#"{"lasts":"315576000001s"}"#, .malformedValue, "lasts"), (#"{"lasts":"1.0000000001s"}"#, .malformedValue, "lasts"),
    (#"{"mask":"foo_bar"}"#, .malformedValue, "mask"), (#"{"anything":{"name":"x"}}"#, .malformedValue, "anything"),
    (#"{"anything":{"@type":"type.googleapis.com/not.Known"}}"#, .unknownType, "anything"),
    (#"{"anything":{"@type":"x/google.protobuf.Duration","value":1}}"#, .wrongType, "anything.value"),
    (#"{"value":1e999}"#, .outOfRange, "value"), (#"{"wrappedInt32":2147483648}"#, .outOfRange, "wrappedInt32"),
    ("{", .jsonMalformed, ""),
    ("{}{}", .jsonMalformed, ""), (#"{"a":01}"#, .jsonMalformed, ""), (#"{"a":1.}"#, .jsonMalformed, ""),
    (#"{"a":NaN}"#, .jsonMalformed, ""),
    (#"{"aString":"\ud800"}"#, .jsonMalformed, ""), (#"{"aString":"\ud800A"}"#, .jsonMalformed, ""),
    (#"{"aString":"\x"}"#, .jsonMalformed, ""), ("{\"aString\":\"\n\"}", .jsonMalformed, ""), ("", .jsonMalformed, ""),
    ("[1,]", .jsonMalformed, ""), (#"{"a":1,}"#, .jsonMalformed, ""), ("nul", .jsonMalformed, ""),
  ]

  @Test(arguments: wrong)
  func `wrong JSON is refused with its reason and path`(json: String, reason: CodecFault.Reason, path: String) {
    let fault = Self.fault(json)
    #expect(fault?.reason == reason, "\(json): \(String(describing: fault))")
    #expect(fault?.path == path, "\(json)")
    #expect(fault?.description.isEmpty == false)
  }

  @Test func `an unknown field or value names those that may be meant`() {
    #expect(Self.fault(#"{"anInt33":1}"#)?.parameters["near"]?.contains("anInt32") == true)
    #expect(Self.fault(#"{"colour":"COLOUR_BLU"}"#)?.parameters["near"] == "COLOUR_BLUE")
    #expect(
      Self.fault(#"{"leaf":{"nam":"x"}}"#)?.description
        == #"leaf: lontar.testing.v1.Everything.Leaf has no field "nam"; perhaps name"#)
    #expect(Self.fault(#"{"zzzz":1}"#)?.parameters["near"] == "")
  }

  @Test(arguments: [
    #"{"anInt32":null,"strings":null,"counts":null,"leaf":null,"at":null,"chosenText":null,"chosenNumber":null}"#, "{}",
  ])
  func `null is an absence`(json: String) throws {
    #expect(try JSONCodec.testing.message(json, as: Everything.self) == Everything())
  }

  static let accepted: [(json: String, number: Int64)] = [
    ("1", 1), ("1.0", 1), ("1e2", 100), (#""1e2""#, 100), ("-0", 0), ("120e-1", 12), ("0e99999", 0),
    (#""9223372036854775807""#, .max),
    ("-9223372036854775808", .min), ("9.223372036854775807e18", .max),
  ]

  @Test(arguments: accepted)
  func `an integer may be written as any number that is one`(json: String, number: Int64) throws {
    #expect(try JSONCodec.testing.message(#"{"anInt64":\#(json)}"#, as: Everything.self).anInt64 == number)
  }

  @Test(arguments: [("_-8=", [255, 239] as [UInt8]), ("/+8", [255, 239]), ("", []), ("AQ", [1]), ("AQ==", [1])])
  func `Base64 is read in both alphabets, with padding or without`(text: String, bytes: [UInt8]) {
    #expect(Base64Text.decode(text) == bytes)
  }

  @Test(arguments: ["A", "AQ=", "AQ===", "AQ==AQ==", "=", "A Q=", "AQ\n=", "ÄQ==", "AQID=", "A=Q="])
  func `what is no Base64 is refused`(text: String) {
    #expect(Base64Text.decode(text) == nil)
  }

  /// Levels of objects in the text: 99 lists or leaves inside the one around.
  @Test(arguments: [(99, true), (100, false)])
  func `JSON and messages may be nested 100 levels deep and not one more`(levels: Int, isAccepted: Bool) throws {
    let type = "lontar.testing.v1.Everything.Leaf"
    let text = String(repeating: #"{"child":"#, count: levels) + "{}" + String(repeating: "}", count: levels)
    #expect((Self.fault(text, as: type) == nil) == isAccepted)
    // The same in bytes: field 2, length, content.
    var bytes: [UInt8] = []
    for _ in 0..<levels {
      var length: [UInt8] = []
      var rest = bytes.count
      repeat {
        length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
        rest >>= 7
      } while rest > 0
      bytes = [0x12] + length + bytes
    }
    #expect(((try? JSONCodec.testing.json(bytes, as: type)) != nil) == isAccepted)
  }

  /// é as one letter, and as e with an accent behind it: Swift takes them for the same text, protobuf and JSON do not.
  @Test func `names that differ in their bytes are two`() throws {
    let json = "{\"counts\":{\"\u{E9}\":1,\"e\u{301}\":2}}"
    let bytes = try JSONCodec.testing.bytes(JSONParser.parse(Array(json.utf8)), as: Everything.protoMessageName)
    let written = try JSONCodec.testing.json(bytes, as: Everything.protoMessageName)
    guard case .object(let members) = written, case .object(let counts)? = members.first(where: { $0.name == "counts" })?.value
    else { return #expect(Bool(false), "no counts: \(written)") }
    #expect(counts.count == 2)
  }

  /// Descriptors come from servers that nobody vouches for.
  @Test(arguments: [-1, 0, 536_870_912, .max] as [Int32]) func `a field whose number is none is no field`(number: Int32) throws {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = "odd.proto"
    file.syntax = "proto3"
    var message = Google_Protobuf_DescriptorProto()
    message.name = "Odd"
    for (name, number) in [("odd", number), ("even", 2)] {
      var field = Google_Protobuf_FieldDescriptorProto()
      (field.name, field.jsonName, field.number, field.type, field.label) = (name, name, number, .int32, .optional)
      message.field.append(field)
    }
    file.messageType = [message]
    let codec = JSONCodec(DescriptorPool([file]))
    #expect(try codec.bytes(JSONParser.parse(Array(#"{"even":1}"#.utf8)), as: "Odd") == [0x10, 1])
    let fault = #expect(throws: CodecFault.self) { try codec.bytes(JSONParser.parse(Array(#"{"odd":1}"#.utf8)), as: "Odd") }
    #expect(fault?.reason == .unknownField)
  }
}
