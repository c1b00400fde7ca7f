/// Finds the values in a stream of JSON texts, one behind the other with or without blanks or lines between, as their bytes arrive.
/// What is inside of a value is left to the parser.
package struct JSONSplitter: Sendable {
  private let bytesMax: Int
  private var bytes: [UInt8] = []
  /// Bytes of the value at hand that have been looked at.
  private var seen = 0
  private var depth = 0
  private var isInText = false
  private var isEscaped = false

  /// - Parameter bytesMax: a longer value is refused before it is whole.
  package init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  package mutating func feed(_ more: some Sequence<UInt8>) {
    bytes += more
  }

  /// The bytes of the next value; nil: more must come, or at the end: there is none.
  /// - Parameter atEnd: nothing more will come: what is left is a value, if only the beginning of one.
  package mutating func next(atEnd: Bool) throws(CodecFault) -> [UInt8]? {
    if seen == 0 { bytes.removeFirst(bytes.prefix { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }.count) }
    while seen < bytes.count {
      let ends = look(at: bytes[seen])
      guard seen < bytesMax else { throw CodecFault(.tooLong, ["max": "\(bytesMax)"]) }
      switch ends {
      case .here:
        seen += 1
        return takeSeen()
      case .before: return takeSeen()
      case .later: seen += 1
      }
    }
    return atEnd && seen > 0 ? takeSeen() : nil
  }

  private enum End { case here, before, later }

  private mutating func look(at byte: UInt8) -> End {
    if isInText {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = true
      case UInt8(ascii: "\""):
        isInText = false
        return depth == 0 ? .here : .later
      default: break
      }
      return .later
    }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if depth == 0, seen > 0 { return .before }
      depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      if depth <= 0 { return .here }
    case UInt8(ascii: "\""):
      if depth == 0, seen > 0 { return .before }
      isInText = true
    case 0x20, 0x0A, 0x0D, 0x09:
      if depth == 0 { return .before }
    default: break
    }
    return .later
  }

  private mutating func takeSeen() -> [UInt8] {
    let value = Array(bytes[..<seen])
    bytes.removeFirst(seen)
    (seen, depth, isInText, isEscaped) = (0, 0, false, false)
    return value
  }
}
