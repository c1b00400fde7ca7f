internal import RegistryModel

/// The place in a list after which the next page begins, as the client carries it: fields joined by `~`, opaque to it.
struct Cursor {
  let fields: [String]

  init(_ fields: [String]) {
    self.fields = fields
  }

  /// - Throws: `invalid` if it is not one of ours with so many fields.
  init(parsing text: String, fields count: Int) throws(StoreError) {
    fields = text.split(separator: "~", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == count else { throw Self.broken }
  }

  var text: String { fields.joined(separator: "~") }

  func number(_ index: Int) throws(StoreError) -> Int {
    guard let number = Int(fields[index]), Int(Int32(clamping: number)) == number else { throw Self.broken }
    return number
  }

  func word<Value: Word>(_ index: Int, as: Value.Type = Value.self) throws(StoreError) -> Value {
    guard let value = Value(rawValue: fields[index]) else { throw Self.broken }
    return value
  }

  static var broken: StoreError {
    .invalid("page_cursor", "BAD_CURSOR", "the page cursor is not one that a list gave; begin again without it")
  }
}

extension PageRequest {
  /// Rows of the longest page: the nation's regions fit on one.
  package static let sizeMax = 1_000

  /// - Throws: `invalid` for a size outside 1 … `sizeMax`.
  func checked() throws(StoreError) -> PageRequest {
    guard (1...Self.sizeMax).contains(size) else {
      throw .invalid(
        "page_size", "BAD_PAGE_SIZE", "a page has 1 to \(Self.sizeMax) rows, not \(size)",
        ["value": "\(size)", "max": "\(Self.sizeMax)"])
    }
    return self
  }
}
