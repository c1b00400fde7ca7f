import LontarWire
import NIOCore
import RegistryAccess
import RegistryModel
import RegistryServices
import RegistryStore
import RegistryTestKit
import SwiftProtobuf
import Synchronization

@testable import Lontar

/// Calls of the handlers without a transport.
enum TestCall {
  static func context(
    _ method: String, token: SessionToken?, idempotencyKey: [UInt8]? = nil
  ) -> CallContext {
    var metadata = Metadata()
    if let token { metadata.add("authorization", "Bearer \(token.text)") }
    do {
      return try CallContext(method: "seratus.v1.\(method)", metadata: metadata, idempotencyKey: idempotencyKey)
    } catch {
      preconditionFailure("a token is too long for metadata: \(error)")
    }
  }

  static let today: @Sendable () -> CalendarDate = {
    guard let date = try? CalendarDate(parsing: "2026-11-21") else { preconditionFailure("no such day") }
    return date
  }
}

extension TestDatabase {
  var core: ServiceCore { ServiceCore(database: store, today: TestCall.today) }
}

/// Collects what a stream sends.
final class Collector<Response: Message & Sendable>: ResponseSink {
  private let buffers = Mutex<[WireMessage]>([])

  func send(_ message: WireMessage) async throws {
    buffers.withLock { $0.append(message) }
  }

  var writer: ResponseWriter<Response> { ResponseWriter(sink: self, context: TestCall.context("collected", token: nil)) }

  var messages: [Response] {
    get throws { try buffers.withLock { $0 }.map { try Response(lontarBytes: $0.bytes) } }
  }
}

/// What a call failed with.
func refusal(_ call: () async throws -> some Any) async -> RPCError? {
  do {
    _ = try await call()
    return nil
  } catch {
    return error as? RPCError
  }
}
