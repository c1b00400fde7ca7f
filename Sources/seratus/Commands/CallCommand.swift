internal import ArgumentParser
internal import Lontar
internal import ProtobufReflection
internal import RegistryClient

struct CallCommand: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "call",
      abstract: Help(
        id: "Panggil metode apa pun, dengan permintaan dan jawaban JSON.",
        en: "Call any method, with requests and answers in JSON."
      ).text,
      discussion: Help.examples(
        [
          "seratus call seratus.v1.RegionService/GetRegion --json @request.json",
          "seratus call RegionService.SearchRegions --json -",
          "seratus call seratus.v1.SessionService/WhoAmI --show-metadata",
          "seratus call ExportService/ExportScores > scores.ndjson",
          "seratus call Admin/ListConnections --profile kementerian",
          "seratus call grpc.health.v1.Health/Watch --timeout 60 --metadata note=probe",
        ],
        id:
          "Metode dan jenis pesannya ditanyakan kepada server (lihat: seratus describe). Isian ditulis dengan nama JSON atau nama di "
          + "berkas .proto. Metode yang menerima aliran membaca objek JSON satu demi satu, tanpa --json dari masukan baku; aliran "
          + "jawaban ditulis satu objek per baris. Panggilan tidak diulang. Aliran jawaban tidak dibatasi waktu kecuali dengan "
          + "--timeout.",
        en:
          "The method and the types of its messages are asked of the server (see: seratus describe). Fields go by their JSON name or "
          + "the one in the .proto file. A method that takes a stream reads JSON objects one after the other, without --json from "
          + "standard input; a stream of answers is written one object a line. A call is not repeated. Streams of answers have no "
          + "time limit unless --timeout gives one."))
  }

  @Argument(
    help: Help(id: "paket.Layanan/Metode; Layanan/Metode jika jelas.", en: "package.Service/Method; Service/Method if clear.")
      .option)
  var method: String
  @Option(
    help: Help(
      id: "Permintaan: JSON, @BERKAS, atau - untuk masukan baku. Bawaan: pesan kosong.",
      en: "The request: JSON, @FILE, or - for standard input. Default: the empty message."
    ).option)
  var json: String?
  @Option(
    help: Help(
      id: "Metadata kunci=nilai, boleh berulang; nilai kunci yang berakhir -bin ditulis dalam Base64.",
      en: "Metadata key=value, may be repeated; values of keys that end with -bin are written in Base64."
    ).option)
  var metadata: [MetadataArgument] = []
  @Flag(help: Help(id: "Metadata dari server ke keluaran galat.", en: "The server's metadata to standard error.").option)
  var showMetadata = false
  @Flag(help: Help(id: "Tulis juga isian bernilai bawaan.", en: "Also write fields that have their default value.").option)
  var defaults = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard global.output != .table, global.output != .csv else {
      throw ValidationError(
        Help(id: "Jawaban ditulis sebagai json atau ndjson.", en: "Answers are written as json or ndjson.").text)
    }
  }

  func perform(_ invocation: Invocation) async throws {
    try await invocation.withClient { client in
      let (name, pool) = try await ServerSchema(client: client).find(method)
      guard let (service, found) = pool.method(name) else { throw ServerSchema.unknown(method, near: []) }
      var codec = JSONCodec(pool)
      codec.writesDefaults = defaults
      let run = CallRun(
        client: client, codec: codec, service: service.name, method: found, options: options(client, found),
        showsMetadata: showMetadata, isCompact: global.output == .ndjson, invocation: invocation)
      try await run.run(CallInput(json ?? (found.streamsRequests ? "-" : nil)))
    }
  }

  /// The session's token goes along as with every other command, unless the caller gives another.
  private func options(_ client: RegistryClient, _ method: MethodType) -> CallOptions {
    let isUnlimited = method.streamsResponses && global.timeout == nil
    var options = client.options(remaining: isUnlimited ? nil : .seconds(global.seconds))
    // Nobody knows whether a repetition of it does harm.
    options.mayRepeat = false
    if metadata.contains(where: { $0.key == "authorization" }) { options.metadata = Metadata() }
    for entry in metadata { options.metadata.add(entry.key, bytes: entry.value) }
    return options
  }
}
