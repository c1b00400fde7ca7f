/// A list of ALPN names and its wire form (RFC 7301, section 3.1): each name with its length in one byte before it.
struct ApplicationProtocols: Equatable, Sendable {
  static let nameBytesMax = 255
  static let listBytesMax = 65_535

  let names: [String]
  let wire: [UInt8]

  init(_ names: [String]) throws(TLSError) {
    var wire: [UInt8] = []
    for name in names {
      let bytes = Array(name.utf8)
      guard (1...Self.nameBytesMax).contains(bytes.count) else {
        throw TLSError(
          .configurationInvalid, "the application protocol \"\(name)\" has \(bytes.count) bytes",
          remedy: "use names of 1 to \(Self.nameBytesMax) bytes", parameters: ["name": name])
      }
      wire.append(UInt8(bytes.count))
      wire.append(contentsOf: bytes)
    }
    guard wire.count <= Self.listBytesMax else {
      throw TLSError(
        .configurationInvalid, "the application protocols take \(wire.count) bytes", remedy: "name fewer of them")
    }
    self.names = names
    self.wire = wire
  }
}
