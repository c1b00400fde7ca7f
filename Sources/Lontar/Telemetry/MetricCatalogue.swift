/// What a metric counts, for those who show it.
public struct MetricDescription: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case counter
    case gauge
    /// With the upper bounds of its buckets, in its unit.
    case histogram([Double])
  }

  public enum Unit: Sendable, Equatable {
    case count
    case seconds
    case bytes
  }

  public let label: String
  public let kind: Kind
  public let unit: Unit
  /// One English sentence without its full stop.
  public let help: String
  public let dimensions: [String]
}

/// Every metric of Lontar. Names, units, dimensions and buckets are gRPC's (proposal A66) with `lontar` in place of `grpc`, because the
/// protocol is another; those below `connections` have no counterpart there.
public enum MetricCatalogue {
  /// A66's for latencies, in seconds.
  public static let latencyBounds: [Double] = [
    0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013, 0.016,
    0.02,
    0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5, 10, 20, 50, 100,
  ]

  /// A66's for sizes, in bytes.
  public static let sizeBounds: [Double] = [
    0, 1_024, 2_048, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456, 1_073_741_824,
    4_294_967_296,
  ]

  public static let all: [MetricDescription] = server + client + connections

  private static let server: [MetricDescription] = [
    MetricDescription(
      label: "lontar.server.call.started", kind: .counter, unit: .count,
      help: "Calls that began, with those that have not ended", dimensions: ["lontar.method"]),
    MetricDescription(
      label: "lontar.server.call.duration", kind: .histogram(latencyBounds), unit: .seconds,
      help: "Time from a call's OPEN to its status", dimensions: ["lontar.method", "lontar.status"]),
    MetricDescription(
      label: "lontar.server.call.sent_total_compressed_message_size", kind: .histogram(sizeBounds), unit: .bytes,
      help: "Bytes of all answers of a call, without frames and metadata", dimensions: ["lontar.method", "lontar.status"]),
    MetricDescription(
      label: "lontar.server.call.rcvd_total_compressed_message_size", kind: .histogram(sizeBounds), unit: .bytes,
      help: "Bytes of all requests of a call, without frames and metadata", dimensions: ["lontar.method", "lontar.status"]),
  ]

  private static let client: [MetricDescription] = [
    MetricDescription(
      label: "lontar.client.attempt.started", kind: .counter, unit: .count,
      help: "Attempts that began, with those that have not ended", dimensions: ["lontar.method", "lontar.target"]),
    MetricDescription(
      label: "lontar.client.attempt.duration", kind: .histogram(latencyBounds), unit: .seconds,
      help: "Time of an attempt, with the wait for a connection", dimensions: ["lontar.method", "lontar.target", "lontar.status"]),
    MetricDescription(
      label: "lontar.client.attempt.sent_total_compressed_message_size", kind: .histogram(sizeBounds), unit: .bytes,
      help: "Bytes of all requests of an attempt, without frames and metadata",
      dimensions: ["lontar.method", "lontar.target", "lontar.status"]),
    MetricDescription(
      label: "lontar.client.attempt.rcvd_total_compressed_message_size", kind: .histogram(sizeBounds), unit: .bytes,
      help: "Bytes of all answers of an attempt, without frames and metadata",
      dimensions: ["lontar.method", "lontar.target", "lontar.status"]),
    MetricDescription(
      label: "lontar.client.call.duration", kind: .histogram(latencyBounds), unit: .seconds,
      help: "Time of a call with all its attempts", dimensions: ["lontar.method", "lontar.target", "lontar.status"]),
  ]

  private static let connections: [MetricDescription] = [
    MetricDescription(
      label: "lontar.server.calls.running", kind: .gauge, unit: .count, help: "Calls that have begun and not ended",
      dimensions: []),
    MetricDescription(
      label: "lontar.server.connections.open", kind: .gauge, unit: .count, help: "Connections that are open now", dimensions: []),
    MetricDescription(
      label: "lontar.server.connections.accepted", kind: .counter, unit: .count, help: "Connections that were accepted",
      dimensions: []),
    MetricDescription(
      label: "lontar.server.connections.refused", kind: .counter, unit: .count,
      help: "Connections closed before their handshake, because there were too many", dimensions: []),
    MetricDescription(
      label: "lontar.server.connections.failed", kind: .counter, unit: .count,
      help: "Connections that TLS or the network ended with an error", dimensions: []),
    MetricDescription(
      label: "lontar.server.protocol_faults", kind: .counter, unit: .count,
      help: "Connections ended because their client broke the protocol, by the code of GOAWAY", dimensions: ["lontar.code"]),
  ]
}
