internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_Rank {
  /// A rank with those it was ranked among, or why it can't be given. A rank among a handful says who has published, not who is good.
  init(_ record: RankRecord) {
    self.init()
    among = Int32(record.among)
    of = Int32(record.of)
    tied = Int32(record.tied)
    guard let place = record.rank else {
      reason = Seratus_V1_LocalizedText(id: "tidak ada nilai untuk diperingkat", en: "there is no score to rank")
      return
    }
    guard record.among >= RequestLimits.rankedMin else {
      reason = Seratus_V1_LocalizedText(
        id: "hanya \(record.among) dari \(record.of) daerah punya nilai yang dapat dilihat; peringkat perlu paling sedikit "
          + "\(RequestLimits.rankedMin)",
        en: "only \(record.among) of \(record.of) regions have a score to be seen; a rank needs at least "
          + "\(RequestLimits.rankedMin)")
      return
    }
    rank = Int32(place)
    if record.instruments > 1 {
      reason = Seratus_V1_LocalizedText(
        id: "peringkat ini membandingkan nilai dari \(record.instruments) versi instrumen",
        en: "this rank compares scores of \(record.instruments) versions of the instrument")
    }
  }
}
