internal import ProtobufReflection
internal import RegistryClient

/// The requests of a call as JSON: a text of the command line, a file or standard input, one value after the other as they come.
struct CallInput {
  /// Of the JSON of one message; the message itself may have 4 MiB.
  private static let valueBytesMax = 32 * 1024 * 1024
  private var splitter = JSONSplitter(bytesMax: valueBytesMax)
  /// nil: nothing more comes.
  private var chunks: InputChunks?

  /// - Parameter argument: JSON, `@FILE`, or `-` for standard input; nil: nothing.
  init(_ argument: String?) throws {
    switch argument {
    case nil: break
    case "-": chunks = .standardInput
    case let argument? where argument.hasPrefix("@"):
      do throws(FileFault) {
        chunks = try InputChunks(String(argument.dropFirst()))
      } catch {
        throw Failure.unreadable(error)
      }
    case let argument?: splitter.feed(argument.utf8)
    }
  }

  /// The next value; nil: there is none any more.
  mutating func next() async throws -> JSONValue? {
    while true {
      if let bytes = try splitter.next(atEnd: chunks == nil) { return try JSONParser.parse(bytes) }
      guard let chunks else { return nil }
      let more: [UInt8]
      do throws(FileFault) {
        more = try await chunks.next()
      } catch {
        throw Failure.unreadable(error)
      }
      if more.isEmpty { self.chunks = nil } else { splitter.feed(more) }
    }
  }

  /// The one value that a method with one request takes; without any the empty message.
  mutating func only() async throws -> JSONValue {
    guard let first = try await next() else { return .object([]) }
    guard try await next() == nil else {
      throw Failure.usage(
        "TOO_MANY_REQUESTS", id: "panggilan ini menerima satu permintaan; masukan berisi lebih",
        en: "this method takes one request; the input holds more")
    }
    return first
  }
}
