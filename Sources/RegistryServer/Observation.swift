internal import Logging
internal import Lontar
internal import MetricsText
internal import PostgresClient
internal import RegistryStore

/// What an operator sees of a running daemon: metrics on a port of their own, and a log of frames.
struct Observation: Sendable {
  private let metrics: TextMetrics?
  private let port: MetricsPort?
  private let frames: FrameLog?
  private let settings: ServerSettings.Observation
  private let logger: Logger

  /// - Throws: `ServerError` if the frame log can't be made.
  init(_ settings: ServerSettings.Observation, pools: RegistryPools, logger: Logger) throws(ServerError) {
    self.settings = settings
    self.logger = logger
    metrics = settings.metrics.map { _ in TextMetrics(words: Self.words) }
    port = metrics.map { MetricsPort($0) }
    do {
      frames = try settings.frames.map { frames throws(FrameLogError) in
        try FrameLog(path: frames.path, keepsPayloads: frames.keepsPayloads, bytesMax: frames.bytesMax)
      }
    } catch {
      throw ServerError(
        .configuration, "frame_log.path: \(error)",
        id: error.reason == .notALog
          ? "frame_log.path: \(error.path) bukan berkas bingkai dan dibiarkan; pilih jalur lain"
          : "frame_log.path: \(error.path) tidak dapat ditulis; periksa folder dan haknya", detail: error.description)
    }
    metrics?.collect { ProcessFigures.collect() + Self.figures(pools) }
  }

  /// For the server of calls.
  var telemetry: Telemetry {
    var telemetry = Telemetry()
    if let metrics { telemetry.metrics = metrics }
    telemetry.frameLog = frames
    return telemetry
  }

  func start() async throws(ServerError) {
    if let frames {
      logger.info("frames are written down", metadata: ["path": "\(frames.path)"])
      if frames.keepsPayloads {
        logger.warning(
          "frame_log.payloads is on: messages, metadata and the TOKENS of all callers are written to the frame log",
          metadata: ["path": "\(frames.path)"])
      }
    }
    guard let port, let address = settings.metrics else { return }
    do {
      let bound = try await port.start(host: address.host, port: address.port)
      logger.info("metrics", metadata: ["host": "\(bound.host)", "port": "\(bound.port)"])
    } catch {
      throw ServerError(
        .addressTaken,
        error.isTaken
          ? "metrics.listen: port \(error.port) on \(error.host) is taken; choose another port"
          : "metrics.listen: can't listen on \(error.host) port \(error.port); use an address of this machine",
        id: error.isTaken
          ? "metrics.listen: port \(error.port) di \(error.host) sudah dipakai; pilih port lain"
          : "metrics.listen: tidak dapat mendengarkan di \(error.host) port \(error.port); pakai alamat mesin ini",
        detail: error.detail)
    }
  }

  func shutdown() async {
    await port?.shutdown()
    frames?.flush()
  }

  /// Lontar's metrics as it describes them.
  private static let words: [String: MetricWords] = {
    let pairs = MetricCatalogue.all.map { metric -> (String, MetricWords) in
      var words = MetricWords(help: metric.help)
      if case .histogram(let bounds) = metric.kind { words.bounds = bounds }
      switch metric.unit {
      case .count: break
      case .seconds: words.unit = "seconds"
      case .bytes: words.unit = "bytes"
      }
      return (metric.label, words)
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  private static func figures(_ pools: RegistryPools) -> [CollectedMetric] {
    let named = [("region", pools.region), ("ministry", pools.ministry), ("export", pools.export), ("gate", pools.gate)]
    return named.flatMap { name, pool in figures(pool.statistics, [("pool", name)]) }
  }

  private static func figures(_ pool: PostgresStatistics, _ labels: [(String, String)]) -> [CollectedMetric] {
    func gauge(_ name: String, _ help: String, _ value: Int) -> CollectedMetric {
      CollectedMetric("seratus_pool_\(name)", .gauge, help, labels: labels, Double(value))
    }
    func counter(_ name: String, _ help: String, _ value: Int) -> CollectedMetric {
      CollectedMetric("seratus_pool_\(name)_total", .counter, help, labels: labels, Double(value))
    }
    return [
      gauge("connections", "Connections to PostgreSQL that answer", pool.connections),
      gauge("requests_in_flight", "Requests sent to PostgreSQL and not yet answered", pool.inFlight),
      gauge("requests_waiting", "Requests that wait for a connection", pool.waiting),
      counter("requests", "Requests sent to PostgreSQL", pool.requests),
      counter("round_trips", "Trips to PostgreSQL and back", pool.roundTrips),
      counter("preparations", "Statements prepared", pool.preparations),
      counter("reconnects", "Connections opened to replace lost ones", pool.reconnects),
      counter("cancellations", "Queries cancelled", pool.cancellations),
      counter("repetitions", "Requests sent again", pool.repetitions),
    ]
  }
}
