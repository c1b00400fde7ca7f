internal import LontarWire
internal import NIOCore

/// A method with its handler and the interceptors around it.
final class RegisteredMethod: Sendable {
  let name: String
  let kind: MethodKind
  private let handler: any MethodHandler
  private let interceptors: [any ServerInterceptor]
  /// Nil: nobody measures.
  let metrics: ServerMethodMetrics?

  init(
    name: String, kind: MethodKind, handler: any MethodHandler, interceptors: [any ServerInterceptor],
    metrics: ServerMethodMetrics?
  ) {
    self.metrics = metrics
    self.name = name
    self.kind = kind
    self.handler = handler
    self.interceptors = interceptors
  }

  /// - Parameter message: the request of a method that takes just one.
  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? {
    if interceptors.isEmpty { return try await handler.answer(message, context, channel) }
    let answer = Answer()
    try await pass(interceptors[...], message, context, channel, answer)
    return answer.message
  }

  private func pass(
    _ rest: ArraySlice<any ServerInterceptor>, _ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel,
    _ answer: Answer
  ) async throws {
    guard let next = rest.first else {
      answer.message = try await handler.answer(message, context, channel)
      return
    }
    try await next.intercept(context) { try await self.pass(rest.dropFirst(), message, context, channel, answer) }
  }

  /// Carries the answer past the interceptors, which see none. Unchecked because one task fills it and then reads it.
  private final class Answer: @unchecked Sendable {
    var message: WireMessage?
  }
}

/// Methods by the bytes of their name: open addressing, so that a look-up makes no String and hashes with a few instructions. It is
/// filled once, by us: no caller can make its keys collide.
struct MethodTable: Sendable {
  private let slots: [RegisteredMethod?]
  private let names: [ByteBuffer]
  private let mask: Int

  init(_ methods: some Collection<RegisteredMethod>) {
    var size = 8
    while size < methods.count * 4 { size *= 2 }
    mask = size - 1
    var slots = [RegisteredMethod?](repeating: nil, count: size)
    var names = [ByteBuffer](repeating: ByteBuffer(), count: size)
    for method in methods {
      let name = ByteBuffer(string: method.name)
      var index = Self.hash(name) & mask
      while slots[index] != nil { index = (index + 1) & mask }
      slots[index] = method
      names[index] = name
    }
    self.slots = slots
    self.names = names
  }

  subscript(_ name: ByteBuffer) -> RegisteredMethod? {
    var index = Self.hash(name) & mask
    while let method = slots[index] {
      if names[index] == name { return method }
      index = (index + 1) & mask
    }
    return nil
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ name: ByteBuffer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    name.withUnsafeReadableBytes { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
