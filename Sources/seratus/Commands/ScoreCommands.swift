internal import ArgumentParser
internal import RegistryClient
internal import RegistryProtocol

struct ScoreCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "score", abstract: Help(id: "Nilai evaluasi.", en: "Evaluation scores.").text,
      subcommands: [ScorePut.self, ScoreList.self, ScoreExplain.self, ScoreInstruments.self])
  }
}

struct ScoreList: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list", abstract: Help(id: "Daftar nilai yang boleh Anda lihat.", en: "The scores that you may see.").text,
      discussion: Help.examples([
        "seratus score list", "seratus score list 35.71 --from 2021 --to 2022", "seratus score list -o csv",
      ]))
  }

  @Argument(
    help: Help(
      id: "Daerah; bawaan daerah sendiri, atau semua bagi kementerian.", en: "Region; default: your own, or all for the ministry."
    ).option)
  var region: String?
  @Option(help: Help(id: "Dari tahun.", en: "From this year.").option) var from: Int32?
  @Option(help: Help(id: "Sampai tahun.", en: "To this year.").option) var to: Int32?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_ListScoresRequest()
    request.region = region ?? ""
    request.fromYear = from ?? 0
    request.toYear = to ?? 0
    let view = try await invocation.withClient { [request] client in try await Self.all(request, client) }
    try invocation.show(view.document(invocation.language))
  }

  private static func all(_ request: Seratus_V1_ListScoresRequest, _ client: RegistryClient) async throws -> ScoreListView {
    var page = try await client.listScores(request)
    var scores = page.scores
    var next = request
    while !page.nextCursor.isEmpty {
      next.pageCursor = page.nextCursor
      page = try await client.listScores(next)
      scores += page.scores
    }
    return ScoreListView(scores: scores, total: Int(page.total), scope: page.scope, dataset: page.dataset)
  }
}

struct ScoreExplain: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "explain",
      abstract: Help(id: "Setiap langkah dari bagian-bagian ke nilai akhir.", en: "Every step from the parts to the score.").text,
      discussion: Help.examples([
        "seratus score explain 35.71 2022",
        "seratus score explain 35.71 2022 --under evaluasi-10-20-30-30-10-cut",
        "seratus score explain 35.71 2022 --weights baseline=10,output=20,outcome=30,impact=30,quick_win=10",
      ]))
  }

  @Argument(help: Help(id: "Kode atau nama daerah.", en: "Code or name of the region.").option) var region: String
  @Argument(help: Help(id: "Tahun yang dievaluasi.", en: "The year evaluated.").option) var year: Int32
  @Option(help: Help(id: "annual (bawaan), I atau II.", en: "annual (default), I or II.").option) var stage: StageArgument =
    .annual
  @Option(help: Help(id: "implementation (bawaan) atau masterplan.", en: "implementation (default) or masterplan.").option)
  var kind: ScoreKindArgument = .implementation
  @Option(help: Help(id: "Hitung ulang dengan instrumen ini.", en: "Recompute under this instrument.").option) var under: String?
  @Option(
    help: Help(
      id: "Hitung ulang dengan bobot ini: KUNCI=PERSEN,… berjumlah 100.",
      en: "Recompute under these weights: KEY=PERCENT,… summing to 100."
    ).option)
  var weights: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_ExplainScoreRequest()
    request.region = region
    request.year = year
    request.stage = stage.message
    request.kind = kind.message
    request.underInstrument = under ?? ""
    request.weights = try weights.map { try Weights(parsing: $0).messages } ?? []
    let answer = try await invocation.withClient { [request] client in try await client.explainScore(request) }
    try invocation.show(ExplanationView(response: answer).document(invocation.language))
  }
}

struct ScoreInstruments: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "instruments",
      abstract: Help(id: "Versi instrumen: bobot, skala, pembulatan.", en: "The instrument versions: weights, scale, rounding.")
        .text,
      discussion: Help.examples(["seratus score instruments", "seratus score instruments -o json"]))
  }

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let answer = try await invocation.withClient { client in try await client.listInstruments() }
    try invocation.show(InstrumentListView(response: answer).document(invocation.language))
  }
}
