/// A SPIFFE identity, `spiffe://trust-domain/path`, checked letter by letter.
///
/// Rules: SPIFFE ID specification, sections 2.1 to 2.4. No percent signs, queries, fragments, ports or user names; at most 2,048 bytes;
/// the path of a workload is not empty, has no empty segment, no "." and no "..".
package struct SpiffeID: Sendable, Hashable, CustomStringConvertible {
  package static let bytesMax = 2_048
  package static let trustDomainBytesMax = 255

  package let trustDomain: String
  /// Begins with a slash.
  package let path: String

  package var description: String { "spiffe://\(trustDomain)\(path)" }

  /// Nil unless all of `text` is a workload's identity.
  package init?(_ text: String) {
    let scheme = "spiffe://"
    guard text.utf8.count <= Self.bytesMax, text.hasPrefix(scheme) else { return nil }
    let rest = text.dropFirst(scheme.count)
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    let domain = rest[..<slash]
    let segments = rest[rest.index(after: slash)...].split(separator: "/", omittingEmptySubsequences: false)
    guard (1...Self.trustDomainBytesMax).contains(domain.utf8.count), domain.utf8.allSatisfy(Self.isDomainByte),
      segments.allSatisfy(Self.isSegment)
    else { return nil }
    trustDomain = String(domain)
    path = String(rest[slash...])
  }

  private static func isSegment(_ segment: Substring) -> Bool {
    !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.allSatisfy { isDomainByte($0) || isUpper($0) }
  }

  private static func isDomainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func isUpper(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
