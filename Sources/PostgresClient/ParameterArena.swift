/// Reusable memory in which the parameters of one statement are laid out for libpq.
///
/// One lives with the pool's thread; after the first requests it allocates nothing.
struct ParameterArena {
  private var bytes: [UInt8] = []
  private var offsets: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private var pointers: [UnsafePointer<CChar>?] = []

  private static let absent = -1
  private static let text: Int32 = 0
  private static let binary: Int32 = 1

  mutating func encode(_ parameters: [PostgresValue]) {
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    formats.removeAll(keepingCapacity: true)
    for parameter in parameters {
      let start = bytes.count
      let format = append(parameter)
      offsets.append(format == nil ? Self.absent : start)
      lengths.append(Int32(bytes.count - start))
      formats.append(format ?? Self.text)
      // libpq measures text by its NUL.
      if format == Self.text { bytes.append(0) }
    }
  }

  /// Calls `body` with count, values, lengths and formats as PQsendQueryPrepared takes them.
  // SAFETY: the pointers lead into `bytes`, which nobody changes before `body` returns; libpq copies within the call.
  mutating func withParameters<R>(
    _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
  ) -> R {
    let count = Int32(offsets.count)
    return bytes.withUnsafeBytes { memory in
      pointers.removeAll(keepingCapacity: true)
      let base = memory.baseAddress?.assumingMemoryBound(to: CChar.self)
      for offset in offsets {
        pointers.append(offset == Self.absent ? nil : base.map { $0 + offset } ?? Self.emptyText)
      }
      return pointers.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(count, values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }

  // A lone empty bytea leaves no bytes at all, yet is not NULL.
  // SAFETY: one byte for the life of the process, never written again.
  private nonisolated(unsafe) static let emptyText: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()

  /// The format of what was appended; nil for NULL.
  private mutating func append(_ value: PostgresValue) -> Int32? {
    switch value {
    case .null: return nil
    case .bool(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
    case .int4(let number): append(integer: Int64(number))
    case .int8(let number): append(integer: number)
    case .double(let number): append(double: number)
    case .text(let text), .json(let text): bytes.append(contentsOf: text.utf8)
    case .bytea(let content):
      bytes.append(contentsOf: content)
      return Self.binary
    case .uuid(let uuid):
      append(bigEndian: uuid.high)
      append(bigEndian: uuid.low)
      return Self.binary
    case .date(let date):
      append(bigEndian: UInt32(bitPattern: date.daysSince2000))
      return Self.binary
    case .timestamp(let timestamp):
      append(bigEndian: UInt64(bitPattern: timestamp.microsecondsSince2000))
      return Self.binary
    case .boolArray(let values): append(array: values) { arena, flag in arena.bytes.append(UInt8(ascii: flag ? "t" : "f")) }
    case .int4Array(let values): append(array: values) { arena, number in arena.append(integer: Int64(number)) }
    case .int8Array(let values): append(array: values) { arena, number in arena.append(integer: number) }
    case .doubleArray(let values): append(array: values) { arena, number in arena.append(double: number) }
    case .textArray(let values): append(array: values) { arena, text in arena.append(quoted: text) }
    case .uuidArray(let values): append(array: values) { arena, uuid in arena.bytes.append(contentsOf: uuid.description.utf8) }
    case .dateArray(let values): append(array: values) { arena, date in arena.bytes.append(contentsOf: date.description.utf8) }
    }
    return Self.text
  }

  private mutating func append<Element>(array: [Element?], _ element: (inout ParameterArena, Element) -> Void) {
    bytes.append(UInt8(ascii: "{"))
    for (index, value) in array.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if let value { element(&self, value) } else { bytes.append(contentsOf: "NULL".utf8) }
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(integer: Int64) {
    if integer < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = integer.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func append(double: Double) {
    // The shortest digits that read back as the same number; infinities and NaN by PostgreSQL's names.
    let text = double.isNaN ? "NaN" : double.isInfinite ? (double < 0 ? "-Infinity" : "Infinity") : double.description
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append<Word: FixedWidthInteger>(bigEndian word: Word) {
    withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
