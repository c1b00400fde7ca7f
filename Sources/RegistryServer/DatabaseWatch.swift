internal import Logging
internal import Lontar
internal import RegistryModel
internal import RegistryStore
internal import Synchronization

/// Looks at the database now and then and tells the health service: whoever asks learns within seconds that calls would fail.
final class DatabaseWatch: Sendable {
  enum Sight: Sendable, Equatable {
    case fine
    case away(detail: String)
    /// It answers, but this program must not work on it.
    case unfit(Localized)
  }

  private let datasets: DatasetRepository
  private let health: HealthService
  private let logger: Logger
  private let last = Mutex<Sight?>(nil)
  private let looks = Atomic<Int>(0)
  private let isDraining = Atomic<Bool>(false)

  init(datasets: DatasetRepository, health: HealthService, logger: Logger) {
    self.datasets = datasets
    self.health = health
    self.logger = logger
  }

  /// Longer than a busy database takes to answer a look, shorter than people wait.
  private static let patience: Duration = .seconds(3)

  /// A minute between two at the usual pace.
  private static let looksPerInspection = 30

  /// Looks once, and sets the health by what it sees.
  @discardableResult
  func look() async -> Sight {
    let sight = await see()
    if !isDraining.load(ordering: .acquiring) { health.set(sight == .fine ? .serving : .notServing) }
    let before = last.withLock { last in
      defer { last = sight }
      return last
    }
    if before != sight { tell(sight) }
    return sight
  }

  func drain() {
    isDraining.store(true, ordering: .releasing)
    health.drain()
  }

  /// While all is well a look is one trip to each pool; now and then, and after trouble, the schema is looked at too.
  private func see() async -> Sight {
    do {
      let count = looks.add(1, ordering: .relaxed).oldValue
      if last.withLock({ $0 }) == .fine, !count.isMultiple(of: Self.looksPerInspection) {
        try await datasets.ping(deadline: .now + Self.patience)
        return .fine
      }
      let facts = try await datasets.inspect(deadline: .now + Self.patience)
      if let objection = SchemaRequirement.objection(to: facts.schemaVersion) { return .unfit(objection) }
      if facts.regions == 0 {
        return .unfit(
          Localized(
            fixedID: "basis data tidak berisi daerah; jalankan `seratusd reference load`",
            en: "the database holds no regions; run `seratusd reference load`"))
      }
      return .fine
    } catch {
      switch error.code {
      case .unavailable, .overloaded, .deadlineExceeded, .cancelled: return .away(detail: error.detail ?? error.message)
      default:
        let cause = error.detail ?? error.message
        return .unfit(
          Localized(
            builtID: "basis data belum disiapkan (\(cause)); jalankan `seratusd migrate` dan `seratusd reference load`",
            en: "the database is not prepared (\(cause)); run `seratusd migrate` and `seratusd reference load`"))
      }
    }
  }

  private func tell(_ sight: Sight) {
    switch sight {
    case .fine: logger.info("the database answers; serving")
    case .away(let detail):
      logger.warning("the database is away; calls get UNAVAILABLE until it is back", metadata: ["cause": "\(detail)"])
    case .unfit(let objection): logger.error("\(objection.en)")
    }
  }
}
