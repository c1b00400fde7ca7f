internal import ArgumentParser
internal import Lontar
internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

struct ExportCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "export", abstract: Help(id: "Data untuk program lain.", en: "Data for other programs.").text,
      subcommands: [ExportScores.self])
  }
}

enum ExportAudience: String, CaseIterable, ExpressibleByArgument {
  case excelID = "excel-id"
}

struct ExportScores: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "scores",
      abstract: Help(id: "Semua nilai yang dirilis, sebagai aliran.", en: "All released scores, as a stream.").text,
      discussion: Help.examples(
        [
          "seratus export scores > scores.csv", "seratus export scores --from 2021 --to 2022 --parts -o ndjson",
          "seratus export scores --file scores.csv", "seratus export scores --for excel-id --file nilai.csv",
        ],
        id:
          "Bentuk bawaan csv. Dengan --file, berkas muncul utuh atau tidak sama sekali, dan manifesnya di BERKAS.manifest.json; "
          + "tanpa --file, manifes ke keluaran galat. Tanpa manifes, ekspor tidak lengkap dan kode keluar bukan 0.",
        en:
          "The default form is csv. With --file the file appears whole or not at all, its manifest as FILE.manifest.json; without "
          + "--file the manifest goes to standard error. Without a manifest the export is not whole and the exit code not 0."))
  }

  @Option(help: Help(id: "Dari tahun.", en: "From this year.").option) var from: Int32?
  @Option(help: Help(id: "Sampai tahun.", en: "To this year.").option) var to: Int32?
  @Flag(help: Help(id: "Juga aspek dan dimensi.", en: "Also aspects and dimensions.").option) var parts = false
  @Option(help: Help(id: "Tulis ke berkas ini.", en: "Write to this file.").option) var file: String?
  @Option(
    name: .customLong("for"),
    help: Help(
      id: "excel-id: titik koma, koma desimal, BOM, kode sebagai teks.",
      en: "excel-id: semicolons, decimal commas, BOM, codes as text."
    ).option)
  var audience: ExportAudience?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard global.output != .table else {
      throw ValidationError(Help(id: "Ekspor menulis csv, json atau ndjson.", en: "An export writes csv, json or ndjson.").text)
    }
    guard audience == nil || (global.output ?? .csv) == .csv else {
      throw ValidationError(Help(id: "--for hanya untuk csv.", en: "--for is for csv only.").text)
    }
  }

  func perform(_ invocation: Invocation) async throws {
    var request = Seratus_V1_ExportScoresRequest()
    request.fromYear = from ?? 0
    request.toYear = to ?? 0
    request.parts = parts
    try await invocation.withClient { [request] client in
      // Every row says which kind of data it is, and the stream itself tells only at its end.
      let dataset = try await client.whoAmI().dataset
      if let banner = dataset.banner(invocation.language) { invocation.talk(banner) }
      let sink = try ExportSink(file)
      do {
        let manifest = try await stream(request, dataset, client, sink)
        try finish(manifest, sink, invocation)
      } catch {
        sink.discard()
        throw error
      }
    }
  }

  private func stream(
    _ request: Seratus_V1_ExportScoresRequest, _ dataset: Seratus_V1_Dataset, _ client: RegistryClient, _ sink: ExportSink
  ) async throws -> ExportManifestText {
    let format = global.output ?? .csv
    let csvFormat = audience == .excelID ? CSVFormat.excelIndonesian : CSVFormat(guardsFormulas: true)
    var writer = ExportWriter(format: format, hasParts: parts, dataset: dataset, csvFormat: csvFormat)
    var checksum = SHA256()
    func write(_ text: String) throws {
      checksum.update(text)
      try sink.write(text)
    }
    try write(writer.head())
    let manifest = try await client.exportScores(request) { chunk in try write(writer.text(chunk.scores)) }
    try write(writer.tail())
    try Self.check(manifest, rows: writer.rows, dataset: dataset)
    return ExportManifestText(
      request: request, manifest: manifest, format: format, columns: writer.columns, sha256: checksum.hex(), file: file)
  }

  /// What was announced must be what came.
  static func check(_ manifest: Seratus_V1_ExportManifest, rows: Int, dataset: Seratus_V1_Dataset) throws {
    guard manifest.rows == Int64(rows) else {
      throw incomplete(
        "EXPORT_ROWS_DIFFER", id: "manifes menyebut \(manifest.rows) baris, yang datang \(rows); ulangi ekspor",
        en: "the manifest says \(manifest.rows) rows, \(rows) came; run the export again")
    }
    guard manifest.dataset.term == dataset.term else {
      throw incomplete(
        "EXPORT_DATASET_DIFFERS", id: "jenis data berubah di tengah ekspor; ulangi",
        en: "the kind of data changed during the export; run it again")
    }
  }

  private static func incomplete(_ reason: String, id: String, en: String) -> Failure {
    Failure(exit: .other, code: "DATA_LOSS", reason: reason, message: Phrase(id: id, en: en), isRetryable: true)
  }

  private func finish(_ text: ExportManifestText, _ sink: ExportSink, _ invocation: Invocation) throws {
    guard let file else {
      invocation.talk(JSONText.compact(text.output))
      return
    }
    // The manifest first: a file without one could be taken for an old export, a manifest without its file can't.
    try ReplacingFile.write(JSONText.pretty(text.output) + "\n", to: file + ".manifest.json", mode: 0o644)
    try sink.commit()
    let rows = text.manifest.rows
    invocation.talk(
      invocation.language[
        Phrase(
          id: "\(rows) baris di \(file), manifes di \(file).manifest.json",
          en: "\(rows) rows in \(file), manifest in \(file).manifest.json")])
  }
}

/// Standard output, or a file that appears whole or not at all.
struct ExportSink {
  private let file: ReplacingFile?

  init(_ path: String?) throws {
    file = try path.map { path throws(FileFault) in try ReplacingFile(path, mode: 0o644) }
  }

  func write(_ text: String) throws {
    if let file { try file.write(text) } else { try OutputFile.standardOutput.write(text) }
  }

  func commit() throws { try file?.commit() }
  func discard() { file?.discard() }
}
