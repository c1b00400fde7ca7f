package import PostgresClient

/// The pools of the registry's four logins. A session works through the pool of its role; the gate only checks passwords, opens sessions
/// and ends them.
package struct RegistryPools: Sendable {
  package let region: PostgresPool
  package let ministry: PostgresPool
  package let export: PostgresPool
  package let gate: PostgresPool

  package init(region: PostgresPool, ministry: PostgresPool, export: PostgresPool, gate: PostgresPool) {
    self.region = region
    self.ministry = ministry
    self.export = export
    self.gate = gate
  }

  package func start() {
    for pool in [region, ministry, export, gate] { pool.start() }
  }

  package func shutdown() async {
    for pool in [region, ministry, export, gate] { await pool.shutdown() }
  }
}

/// The registry's database: one repository for each kind of thing in it. Every method of them takes a `TenantContext` and costs one round
/// trip; only asking for an unknown or ambiguous region costs another, for the names to suggest.
package struct RegistryDatabase: Sendable {
  package let sessions: SessionRepository
  package let regions: RegionRepository
  package let cohorts: CohortRepository
  package let comparison: ComparisonRepository
  package let scores: ScoreRepository
  package let exports: ExportRepository
  package let datasets: DatasetRepository

  package init(pools: RegistryPools) {
    let runner = RequestRunner(pools: pools)
    sessions = SessionRepository(runner: runner)
    regions = RegionRepository(runner: runner)
    cohorts = CohortRepository(runner: runner)
    comparison = ComparisonRepository(runner: runner)
    scores = ScoreRepository(runner: runner)
    exports = ExportRepository(runner: runner)
    datasets = DatasetRepository(runner: runner)
  }
}
