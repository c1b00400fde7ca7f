package import Lontar
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore

/// Cohorts of the movement, their members, and the counts under each rule.
package struct CohortService: Seratus_V1_CohortServiceHandler {
  let core: ServiceCore

  package init(_ core: ServiceCore) {
    self.core = core
  }

  package func listCohorts(
    _ request: Seratus_V1_ListCohortsRequest, context: CallContext
  ) async throws -> Seratus_V1_ListCohortsResponse {
    try await core.answer(context) { tenant in
      let answer = core.note(try await core.database.cohorts.list(tenant), context)
      var response = Seratus_V1_ListCohortsResponse()
      response.cohorts = answer.value.map { Seratus_V1_Cohort($0) }
      response.rules = CountRule.allCases.map { Seratus_V1_CountingRule($0) }
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }

  package func getCohort(
    _ request: Seratus_V1_GetCohortRequest, context: CallContext
  ) async throws -> Seratus_V1_GetCohortResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let year = checks.year(request.year, "year")
      let borders = checks.day(request.bordersAsOf, "borders_as_of", core)
      try checks.finish()
      guard let year else { throw FieldFault("year", .valueMissing) }
      let answer = core.note(try await core.database.cohorts.get(tenant, year: year, bordersAsOf: borders), context)
      var response = Seratus_V1_GetCohortResponse()
      response.cohort = Seratus_V1_Cohort(answer.value.summary)
      response.members = answer.value.members.map { Seratus_V1_CohortMember($0) }
      response.provinces = answer.value.provinces.map { Seratus_V1_ProvinceMember($0) }
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      response.bordersAsOf = Seratus_V1_Date(answer.value.bordersAsOf)
      return response
    }
  }
}
