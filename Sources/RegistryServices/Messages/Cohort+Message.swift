internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_Cohort {
  init(_ summary: CohortSummary) {
    self.init()
    let cohort = summary.cohort
    year = Int32(cohort.year)
    name = Seratus_V1_LocalizedText(cohort.name)
    coachedPublished = Int32(cohort.coached ?? 0)
    membershipsKnown = Int32(summary.membershipsKnown)
    regionsKnown = Int32(summary.regionsKnown)
    listComplete = cohort.isListComplete
    signedOn = Seratus_V1_Date(cohort.signedOn)
    statuses = summary.statuses.map { status in
      var message = Seratus_V1_StatusCount()
      message.status = status.status.rawValue
      message.count = Int32(status.count)
      return message
    }
    cumulative = summary.cumulative.map { count in
      var message = Seratus_V1_CumulativeCount()
      message.rule = count.rule.rawValue
      message.known = Int32(count.known)
      if let published = count.published { message.published = Int32(published) }
      message.incomplete = count.incomplete
      return message
    }
    provenance = Seratus_V1_Provenance(source: cohort.source.text, certainty: cohort.certainty, note: cohort.note)
    provinces = Int32(summary.provinces)
  }
}

extension Seratus_V1_CountingRule {
  init(_ rule: CountRule) {
    self.init()
    self.rule = rule.rawValue
    definition = Seratus_V1_LocalizedText(rule.label)
  }
}

extension Seratus_V1_CohortMember {
  init(_ member: CohortMember) {
    self.init()
    region = Seratus_V1_RegionSummary(member.region)
    status = member.membership.status.rawValue
    announced = member.membership.announced.rawValue
    signed = member.membership.signed.rawValue
    finished = member.membership.finished.rawValue
    provenance = Seratus_V1_Provenance(member.membership)
    otherCohorts = member.otherCohorts.map { Int32($0) }
  }
}

extension Seratus_V1_ProvinceMember {
  init(_ member: ProvinceMember) {
    self.init()
    provinceCode = member.provinceCode
    provinceName = member.provinceName
    status = member.status.rawValue
    provenance = Seratus_V1_Provenance(member.provenance)
  }
}
