internal import LontarWire

/// Small facts beside a call's messages: keys `[0-9a-z_.-]{1,64}`, values any bytes, in order, keys may repeat.
/// At most 64 entries and 8 KiB in all.
public struct Metadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  public struct Entry: Sendable, Equatable {
    public var key: String
    public var value: [UInt8]
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { add(key, value) }
  }

  public var isEmpty: Bool { entries.isEmpty }

  public mutating func add(_ key: String, _ text: String) {
    entries.append(Entry(key: key, value: Array(text.utf8)))
  }

  public mutating func add(_ key: String, bytes: [UInt8]) {
    entries.append(Entry(key: key, value: bytes))
  }

  /// The first value of a key as text; bytes that are not UTF-8 are repaired.
  public subscript(_ key: String) -> String? {
    bytes(key).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first value of a key.
  public func bytes(_ key: String) -> [UInt8]? {
    entries.first { $0.key == key }?.value
  }

  init(_ block: MetadataBlock) {
    block.forEach { key, value in entries.append(Entry(key: key, value: value)) }
  }

  func block(_ limits: WireLimits) throws(RPCError) -> MetadataBlock {
    if entries.isEmpty { return .empty }
    do {
      return try MetadataBlock(entries.map { (key: $0.key, value: $0.value) }, limits: limits)
    } catch {
      throw RPCError(.internalError, "metadata can't be sent: \(error.reason)")
    }
  }
}
