internal import ArgumentParser
internal import Foundation

/// Unary calls over TLS: calls per second, latency and server CPU per call.
struct UnaryLoad<Side: EchoSide>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { CommandConfiguration(commandName: "echo") }

  @OptionGroup var place: ServerPlace
  @OptionGroup var settings: Side.Settings
  @Option var connections = 1
  @Option var inFlight = 1
  @Option var seconds = 5.0
  @Option var requestBytes = 64
  @Option var responseBytes = 256
  @Option(help: "Ends after so many calls of each task, for counts that must not depend on time.")
  var calls = Int.max

  func run() async throws {
    let server = try place.start(settings)
    defer { server.stop() }
    let clients = try (0..<connections).map { _ in try Side(server, settings) }
    let (request, expected) = (Side.request(bytes: requestBytes, responseBytes: responseBytes, responses: 1), responseBytes)
    let call: @Sendable (Int) async throws -> Void = { client in
      let bytes = try await clients[client].unary(request)
      precondition(bytes == expected)
    }
    let executors = clients.map(\.executor)
    _ = try await Load(executors: executors, inFlight: inFlight, seconds: seconds / 4, calls: calls, call: call)
    let (before, own) = (server.cpu(), ownCPU())
    let load = try await Load(executors: executors, inFlight: inFlight, seconds: seconds, calls: calls, call: call)
    let (cpu, ownUsed) = ((server.cpu() - before) * 1e6 / Double(load.calls), (ownCPU() - own) * 1e6 / Double(load.calls))
    let each = String(format: "server CPU %.2f us a call, client CPU %.2f us a call", cpu, ownUsed)
    print("echo \(connections)x\(inFlight): \(load), \(each)")
    for client in clients { try await client.close() }
  }
}

/// One stream from the server: messages and bytes per second, server CPU per message, server memory.
struct StreamLoad<Side: EchoSide>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { CommandConfiguration(commandName: "stream") }

  @OptionGroup var place: ServerPlace
  @OptionGroup var settings: Side.Settings
  @Option var messages = 1_000_000
  @Option(help: "Bytes of each message as protobuf, its payload's tag and length included.")
  var messageBytes = 100

  func run() async throws {
    let server = try place.start(settings)
    defer { server.stop() }
    let client = try Side(server, settings)
    try await measure(server, client)
    try await client.close()
  }

  /// Of a message with a tag, a length as varint and nothing but the payload.
  private func payloadBytes() throws -> Int {
    for lengthBytes in 1...4 {
      let payload = messageBytes - 1 - lengthBytes
      if payload > 0, (Int.bitWidth - payload.leadingZeroBitCount + 6) / 7 == lengthBytes { return payload }
    }
    throw ValidationError("no payload makes a message of \(messageBytes) bytes")
  }

  private func measure(_ server: EchoProcess, _ client: Side) async throws {
    let payload = try payloadBytes()
    _ = try await client.unary(Side.request(bytes: 0, responseBytes: payload, responses: 1))
    let request = Side.request(bytes: 0, responseBytes: payload, responses: messages)
    let (cpu, own, start, memory) = (server.cpu(), ownCPU(), ContinuousClock.now, server.memory().now)
    let count = try await withTaskExecutorPreference(client.executor) {
      try await client.stream(request, payloadBytes: payload)
    }
    let (whole, fraction) = (ContinuousClock.now - start).components
    let (seconds, used, ownUsed) = (Double(whole) + Double(fraction) / 1e18, server.cpu() - cpu, ownCPU() - own)
    guard count == messages else { throw ValidationError("\(count) messages came, not \(messages)") }
    let each = Double(count)
    print(
      String(
        format: "stream of %d B: %.0f messages/s, %.1f MB/s, server CPU %.3f us a message, client CPU %.3f us a message, "
          + "server memory %.1f to %.1f MB",
        messageBytes, each / seconds, each * Double(messageBytes) / seconds / 1e6, used * 1e6 / each, ownUsed * 1e6 / each,
        memory, server.memory().peak))
  }
}

/// New connections, one call on each: TCP, TLS, what the protocol says first, the call, the end.
struct SetUpLoad<Side: EchoSide>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { CommandConfiguration(commandName: "connect") }

  @OptionGroup var place: ServerPlace
  @OptionGroup var settings: Side.Settings
  @Option(help: "Connections that are made at the same time.")
  var atOnce = 1
  @Option var seconds = 3.0

  func run() async throws {
    let server = try place.start(settings)
    defer { server.stop() }
    let request = Side.request(bytes: 64, responseBytes: 256, responses: 1)
    let settings = settings
    let connect: @Sendable (Int) async throws -> Void = { _ in
      let client = try Side(server, settings)
      _ = try await client.unary(request)
      try await client.close()
    }
    _ = try await Load(executors: [nil], inFlight: atOnce, seconds: seconds / 4, call: connect)
    let before = server.cpu()
    let load = try await Load(executors: [nil], inFlight: atOnce, seconds: seconds, call: connect)
    let cpu = (server.cpu() - before) * 1e6 / Double(load.calls)
    print(
      String(
        format: "connect %d at once: %.0f connections/s, p50 %.0f us, p99 %.0f us (%d in all), server CPU %.0f us a connection",
        atOnce, load.callsPerSecond, load.p50, load.p99, load.calls, cpu))
  }
}

/// What connections cost the server that have made one call and are silent.
struct IdleLoad<Side: EchoSide>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { CommandConfiguration(commandName: "idle") }

  @OptionGroup var place: ServerPlace
  @OptionGroup var settings: Side.Settings
  @Option var connections = 1_000

  func run() async throws {
    let server = try place.start(settings)
    defer { server.stop() }
    let request = Side.request(bytes: 64, responseBytes: 256, responses: 1)
    let first = try Side(server, settings)
    _ = try await first.unary(request)
    let before = server.memory().now
    var clients = [first]
    for _ in 0..<connections {
      let client = try Side(server, settings)
      _ = try await client.unary(request)
      clients.append(client)
    }
    let (now, peak) = server.memory()
    print(
      String(
        format: "idle: %d connections, %.1f kB of server memory each (%.1f to %.1f MB, at most %.1f MB)", connections,
        (now - before) * 1e3 / Double(connections), before, now, peak))
    for client in clients { try await client.close() }
  }
}

/// This process's user and system time so far, in seconds.
private func ownCPU() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
