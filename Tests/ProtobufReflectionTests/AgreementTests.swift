import Foundation
import LontarTesting
import ProtobufReflection
import RegistryProtocol
import SwiftProtobuf
import Testing

/// Held to swift-protobuf's generated code, which knows the types from elsewhere: from Swift, not from descriptors.
@Suite struct AgreementTests {
  private static func everything(_ change: (inout Everything) -> Void) -> Everything {
    var message = Everything()
    change(&message)
    return message
  }

  /// `{"a":1,"b":["c",null,true],"d":{"e":{}}}`
  private static let structure: Google_Protobuf_Struct = .with {
    $0.fields["a"] = 1
    $0.fields["b"] = Google_Protobuf_Value(listValue: ["c", nil, true])
    $0.fields["d"] = Google_Protobuf_Value(structValue: .with { $0.fields["e"] = Google_Protobuf_Value(structValue: .init()) })
  }

  static let samples: [Everything] = [
    Everything(),
    everything {
      ($0.aDouble, $0.aFloat) = (.greatestFiniteMagnitude, .leastNonzeroMagnitude)
      ($0.anInt32, $0.anInt64, $0.aSint32, $0.aSint64, $0.aSfixed32, $0.aSfixed64) = (.min, .min, .min, .min, .min, .min)
      ($0.aUint32, $0.aUint64, $0.aFixed32, $0.aFixed64) = (.max, .max, .max, .max)
    },
    everything {
      ($0.aDouble, $0.aFloat) = (-.infinity, .infinity)
      ($0.anInt32, $0.anInt64, $0.aSint32, $0.aSint64, $0.aSfixed32, $0.aSfixed64) = (.max, .max, .max, .max, .max, .max)
    },
    everything {
      ($0.aDouble, $0.aFloat) = (-0.0, -0.0)
      ($0.aBool, $0.aString, $0.someBytes, $0.colour) = (true, "\u{0}\u{7F}\u{202E}é😀", Data([0, 255, 62]), .blue)
    },
    everything { $0.colour = .UNRECOGNIZED(12_345) },
    everything { ($0.maybeInt32, $0.maybeString, $0.maybeColour, $0.maybeBytes) = (0, "", .unspecified, Data()) },
    everything {
      ($0.doubles, $0.floats) = ([0, -0.0, 1e-7], [0, 0.1])
      ($0.int32S, $0.int64S, $0.sint64S, $0.fixed32S) = ([0, -1, .max], [0, .min], [-1, 1], [0, .max])
      ($0.bools, $0.strings, $0.chunks, $0.colours) = ([false, true], ["", "a"], [Data(), Data([1])], [.unspecified, .red])
      $0.leaves = [Everything.Leaf(), .with { $0.name = "x" }]
    },
    everything {
      ($0.counts, $0.names, $0.flags) = (["": 0, "a": -1], [.min: "", 0: "z"], [true: .red, false: .unspecified])
      ($0.trees, $0.blobs, $0.weights) = ([7: .init()], [.max: Data([9])], [-3: 0.5, 0: 0])
    },
    everything { $0.chosenNumber = 0 }, everything { $0.chosenText = "" }, everything { $0.chosenLeaf = .init() },
    everything { $0.chosenColour = .unspecified }, everything { $0.chosenNull = .nullValue },
    everything { $0.leaf.child.child.children = [.init(), .with { $0.child.name = "deep" }] },
    everything {
      $0.at = .init(seconds: -62_135_596_800, nanos: 0)
      $0.times = [
        .init(seconds: 253_402_300_799, nanos: 999_999_999), .init(seconds: 0, nanos: 1_000), .init(seconds: -1, nanos: 1),
      ]
      $0.lasts = .init(seconds: -315_576_000_000, nanos: 0)
    },
    everything { $0.lasts = .init(seconds: 0, nanos: -1) },
    everything { $0.mask = .init(protoPaths: ["a", "foo_bar.baz"]) },
    everything { $0.nothing = .init() },
    everything {
      ($0.wrappedDouble, $0.wrappedFloat, $0.wrappedInt64, $0.wrappedUint64) = (.init(0), .init(1.5), .init(.min), .init(.max))
      ($0.wrappedInt32, $0.wrappedUint32, $0.wrappedBool) = (.init(0), .init(7), .init(false))
      ($0.wrappedString, $0.wrappedBytes) = (.init(""), .init(Data([1, 2])))
    },
    everything {
      $0.structure = structure
      $0.value = nil
      $0.list = [1, "two", nil]
      $0.values = ["x": nil, "y": 2.5]
      $0.manyValues = [nil, "a"]
    },
    everything { $0.oddJsonName = "odd" },
  ]

  @Test(arguments: samples)
  func `messages of all types are read and written as swift-protobuf does`(message: Everything) throws {
    try JSONCodec.testing.agrees(message)
  }

  @Test func `numbers that JSON does not have are texts`() throws {
    let text = try JSONCodec.testing.text(Self.everything { ($0.aDouble, $0.aFloat, $0.doubles) = (.nan, -.infinity, [.nan]) })
    #expect(text == #"{"aDouble":"NaN","aFloat":"-Infinity","doubles":["NaN"]}"#)
    #expect(try JSONCodec.testing.message(text, as: Everything.self).aDouble.isNaN)
  }

  @Test func `any holds messages, those with a JSON of their own and itself`() throws {
    let leaf = Everything.Leaf.with { $0.name = "inner" }
    Google_Protobuf_Any.register(messageType: Everything.Leaf.self)
    for inner in [
      try Google_Protobuf_Any(message: leaf),
      try Google_Protobuf_Any(message: Google_Protobuf_Duration(seconds: 3, nanos: 500_000_000)),
      try Google_Protobuf_Any(message: Google_Protobuf_Any(message: leaf)), Google_Protobuf_Any(),
    ] {
      let message = Self.everything { $0.anything = inner }
      let ours = try JSONCodec.testing.text(message)
      // swift-protobuf keeps the JSON that it read in an Any; its bytes are what counts.
      #expect(try Everything(jsonString: ours).anything.serializedBytes() as Data == inner.serializedBytes() as Data, "\(ours)")
      let back = try JSONCodec.testing.message(message.jsonString(), as: Everything.self)
      #expect(try back.serializedBytes() as Data == message.serializedBytes() as Data)
      #expect(try ours.tree == message.jsonString().tree)
    }
  }

  @Test func `an any of a type that is not known shows its bytes`() throws {
    let message = Self.everything {
      $0.anything.typeURL = "type.googleapis.com/not.Known"
      $0.anything.value = Data([8, 1])
    }
    #expect(
      try JSONCodec.testing.text(message) == #"{"anything":{"@type":"type.googleapis.com/not.Known","@unknown":"CAE="}}"#)
  }

  @Test(arguments: 0..<300)
  func `made-up messages of all types mean the same to both`(seed: UInt64) throws {
    Google_Protobuf_Any.register(messageType: Everything.Leaf.self)
    var maker = JSONMaker(pool: JSONCodec.testing.pool, chance: Chance(state: seed))
    let text = maker.message(Everything.protoMessageName).text(compact: true)
    let ours = try JSONCodec.testing.message(text, as: Everything.self)
    let theirs = try Everything(jsonString: text)
    #expect(try ours == Everything(serializedBytes: theirs.serializedBytes() as [UInt8]), "\(text)")
    #expect(try JSONCodec.testing.text(ours).tree == theirs.jsonString().tree, "\(text)")
  }

  static let registryTypes: [any (Message & Equatable).Type] = [
    Seratus_V1_ListRegionsRequest.self, Seratus_V1_ListRegionsResponse.self, Seratus_V1_GetRegionResponse.self,
    Seratus_V1_SearchRegionsResponse.self, Seratus_V1_ReportRegionRequest.self, Seratus_V1_ReportRegionResponse.self,
    Seratus_V1_GetCohortResponse.self, Seratus_V1_ListCohortsResponse.self, Seratus_V1_CompareCohortsRequest.self,
    Seratus_V1_CompareCohortsResponse.self, Seratus_V1_PutScoresRequest.self, Seratus_V1_PutScoresResponse.self,
    Seratus_V1_ListScoresResponse.self, Seratus_V1_ExplainScoreResponse.self, Seratus_V1_ListInstrumentsResponse.self,
    Seratus_V1_ExportScoresChunk.self, Seratus_V1_WhoAmIResponse.self, Seratus_V1_LoginRequest.self,
  ]

  @Test(arguments: registryTypes.indices)
  func `made-up messages of the registry mean the same to both`(index: Int) throws {
    func check<M: Message & Equatable>(_ type: M.Type) throws {
      for seed in 0..<20 {
        var maker = JSONMaker(pool: JSONCodec.registry.pool, chance: Chance(state: UInt64(seed)))
        let text = maker.message(M.protoMessageName).text(compact: true)
        let ours = try JSONCodec.registry.message(text, as: M.self)
        #expect(try ours == M(jsonString: text), "\(text)")
        try JSONCodec.registry.agrees(ours)
      }
    }
    try check(Self.registryTypes[index])
  }
}
