internal import ArgumentParser
internal import Lontar
internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

struct ScorePut: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "put",
      abstract: Help(
        id: "Tulis nilai: satu dari opsi, atau banyak dari berkas.", en: "Write scores: one from options, or many from a file."
      ).text,
      discussion: Help.examples(
        [
          "seratus score put 35.71 2022 --instrument evaluasi-10-20-30-20-20-cut --aspect baseline=3.60 --aspect output=3.21 --published 3.31 --expected-version 1 --source \"B-1003/DJAI/AI.01.04/12/2022\"",
          "seratus score put 35.71 2023 --missing not_reported --source \"surat daerah\"",
          "seratus score put --file scores.csv --dry-run",
          "seratus score put --file scores.csv -o json",
          "seratus score put --file scores.csv --idempotency-key 7d9e6f3a-52c1-4b0e-9a83-1f0c2d4e5b6a",
        ],
        id: Self.columnsID, en: Self.columnsEN))
  }

  private static let sample = """
      region,year,instrument_id,aspect:baseline,aspect:output,published_total,source,expected_version
      35.71,2022,evaluasi-10-20-30-20-20-cut,3.60,3.21,3.31,B-1003/DJAI/AI.01.04/12/2022,1
    """
  private static let columnsID = """
    Semua baris ditulis atau tidak satu pun. Nilai yang belum ada berversi 0. Yang tidak disebut tetap: nilai tercetak tetap di samping \
    bagian baru; bagian dan instrumennya tetap di samping nilai tercetak baru. --missing menghapus keduanya.

    KOLOM BERKAS: region dan year (wajib); stage (annual, I, II), kind (implementation, masterplan), instrument_id, aspect:KUNCI, \
    dimension:KUNCI, published_total, missing (not_reported, not_applicable, withheld, not_yet_due), letter_number, letter_date, \
    source, certainty (verified, probable, uncertain), expected_version, release (yes, no). UTF-8, koma atau titik koma; 3.31 atau "3,31".

    \(sample)
    """
  private static let columnsEN = """
    All rows are written or none. A score that doesn't exist yet has version 0. What is not given stays: a published total beside new \
    parts, parts and their instrument beside a new published total. --missing takes both away.

    COLUMNS OF THE FILE: region and year (needed); stage (annual, I, II), kind (implementation, masterplan), instrument_id, \
    aspect:KEY, dimension:KEY, published_total, missing (not_reported, not_applicable, withheld, not_yet_due), letter_number, \
    letter_date, source, certainty (verified, probable, uncertain), expected_version, release (yes, no). UTF-8, commas or semicolons; \
    3.31 or "3,31".

    \(sample)
    """

  @Argument(help: Help(id: "Kode atau nama daerah.", en: "Code or name of the region.").option) var region: String?
  @Argument(help: Help(id: "Tahun yang dievaluasi.", en: "The year evaluated.").option) var year: Int32?
  @Option(help: Help(id: "Berkas CSV; - untuk masukan baku.", en: "CSV file; - for standard input.").option) var file: String?
  @Flag(help: Help(id: "Periksa saja, tidak menulis.", en: "Check only, write nothing.").option) var dryRun = false
  @Option(help: Help(id: "annual (bawaan), I atau II.", en: "annual (default), I or II.").option) var stage: StageArgument =
    .annual
  @Option(help: Help(id: "implementation (bawaan) atau masterplan.", en: "implementation (default) or masterplan.").option)
  var kind: ScoreKindArgument = .implementation
  @Option(help: Help(id: "Instrumen; lihat score instruments.", en: "Instrument; see score instruments.").option) var instrument:
    String?
  @Option(
    help: Help(id: "Nilai satu aspek, KUNCI=NILAI; boleh berulang.", en: "Value of an aspect, KEY=VALUE; may be repeated.").option
  )
  var aspect: [String] = []
  @Option(
    help: Help(id: "Nilai satu dimensi, KUNCI=NILAI; boleh berulang.", en: "Value of a dimension, KEY=VALUE; may be repeated.")
      .option)
  var dimension: [String] = []
  @Option(help: Help(id: "Nilai akhir seperti tercetak.", en: "The total as printed.").option) var published: String?
  @Option(help: Help(id: "Mengapa tidak ada nilai.", en: "Why there is no value.").option) var missing: MissingArgument?
  @Option(help: Help(id: "Nomor surat.", en: "Number of the letter.").option) var letter: String?
  @Option(help: Help(id: "Tanggal surat (YYYY-MM-DD).", en: "Date of the letter (YYYY-MM-DD).").option) var letterDate: String?
  @Option(help: Help(id: "Dari mana nilai ini.", en: "Where the score comes from.").option) var source: String?
  @Option(help: Help(id: "verified, probable atau uncertain.", en: "verified, probable or uncertain.").option) var certainty:
    CertaintyArgument?
  @Option(
    help: Help(id: "Versi yang hendak diganti; 0 (bawaan): belum ada.", en: "The version to replace; 0 (default): none yet.")
      .option)
  var expectedVersion: Int32 = 0
  @Flag(
    help: Help(id: "Rilis untuk umum (hanya admin kementerian).", en: "Release to the public (ministry administrators only).")
      .option)
  var release = false
  @Option(
    help: Help(
      id: "Kunci 32 angka heksadesimal atau UUID: permintaan yang sama dengan kunci yang sama dijalankan sekali saja.",
      en: "Key of 32 hexadecimal digits or a UUID: the same request under the same key is carried out once."
    ).option)
  var idempotencyKey: KeyArgument?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    let isOne = region != nil && year != nil
    guard (file != nil) != isOne, file == nil || region == nil else {
      throw ValidationError(
        Help(id: "Beri DAERAH dan TAHUN, atau --file BERKAS.", en: "Give REGION and YEAR, or --file FILE.").text)
    }
    let hasValues = instrument != nil || !aspect.isEmpty || !dimension.isEmpty || published != nil || missing != nil
    guard file == nil || !(hasValues || release || expectedVersion != 0) else {
      throw ValidationError(
        Help(id: "Dengan --file semua isi datang dari berkas.", en: "With --file everything comes from the file.").text)
    }
  }

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_PutScoresRequest()
    var lines: [Int] = []
    if let file {
      let scores = try ScoreFile(Self.read(file))
      (request.rows, lines) = (scores.rows, scores.lines)
    } else {
      request.rows = [try row(invocation)]
    }
    request.validateOnly = dryRun
    let key = idempotencyKey?.key ?? IdempotencyKey()
    do {
      let answer = try await invocation.withClient { [request] client in
        try await client.putScores(request, key: key)
      }
      try invocation.show(PutView(response: answer, isDryRun: dryRun).document(invocation.language))
    } catch let error as RPCError {
      throw Failure(error).onLines(lines)
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    do {
      if path == "-" { return try InputFile.readStandardInput(bytesMax: ScoreFile.bytesMax) }
      return try InputFile.read(path, bytesMax: ScoreFile.bytesMax)
    } catch {
      throw Failure.unreadable(error)
    }
  }

  private func row(_ invocation: Invocation) throws -> Seratus_V1_ScoreInput {
    var row = Seratus_V1_ScoreInput()
    row.region = region ?? ""
    row.year = year ?? 0
    row.stage = stage.message
    row.kind = kind.message
    row.instrumentID = instrument ?? ""
    row.parts = try PartArgument.parse(aspect, part: "aspect") + PartArgument.parse(dimension, part: "dimension")
    if let published { row.publishedTotal = try FixedDecimal(parsing: published, field: "--published").message }
    row.missing = missing?.message ?? .unspecified
    row.letterNumber = letter ?? ""
    row.letterDate.iso = try invocation.day(letterDate, option: "--letter-date")
    row.source = source ?? ""
    row.certainty = certainty?.message ?? .unspecified
    row.expectedVersion = expectedVersion
    row.release = release
    return row
  }
}

extension Failure {
  /// The server counts rows; a person looks for the line of the file.
  func onLines(_ lines: [Int]) -> Failure {
    var failure = self
    for (index, fault) in faults.enumerated() {
      if let row = fault.row, (1...max(1, lines.count)).contains(row), !lines.isEmpty {
        failure.faults[index].row = lines[row - 1]
      }
    }
    return failure
  }
}
