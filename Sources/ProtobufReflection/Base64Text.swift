internal import FoundationEssentials

/// Base64 of RFC 4648. Written with padding in the first alphabet; read in both, with padding or without, as protobuf's JSON has it.
package enum Base64Text {
  package static func encode(_ bytes: some Collection<UInt8>) -> String { Data(bytes).base64EncodedString() }

  /// nil for what is no Base64.
  package static func decode(_ text: String) -> [UInt8]? {
    var letters = text.utf8.map { letter in
      switch letter {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: letter
      }
    }
    if letters.last == UInt8(ascii: "=") {
      guard letters.count % 4 == 0 else { return nil }
    } else {
      letters += Array(repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
    }
    return Data(base64Encoded: Data(letters)).map(Array.init)
  }
}
