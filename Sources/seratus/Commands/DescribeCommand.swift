internal import ArgumentParser
internal import ProtobufReflection
internal import RegistryClient

struct DescribeCommand: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "describe",
      abstract: Help(
        id: "Apa yang ditawarkan server: layanan, metode, pesan.", en: "What the server offers: services, methods, messages."
      ).text,
      discussion: Help.examples(
        [
          "seratus describe", "seratus describe seratus.v1.RegionService", "seratus describe RegionService/ReportRegion",
          "seratus describe seratus.v1.Score -o json", "seratus describe seratus.v1.MissingKind --lang id",
        ],
        id: "Ditanyakan kepada server yang sedang berjalan, tanpa token. Keterangan berbahasa Inggris, seperti di berkas .proto.",
        en: "Asked of the running server; no token is needed. The comments are those of the .proto files."))
  }

  @Argument(
    help: Help(
      id: "Layanan, metode, pesan atau enum; tanpa ini semua layanan.",
      en: "A service, method, message or enum; without it all services."
    ).option)
  var symbol: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let document = try await invocation.withClient { client in
      let schema = ServerSchema(client: client)
      guard let symbol else { return try await Self.services(schema, client).document(invocation.language) }
      let (name, pool) = try await schema.find(symbol)
      return try SymbolView(pool: pool, name: name).document(invocation.language)
    }
    try invocation.show(document)
  }

  private static func services(_ schema: ServerSchema, _ client: RegistryClient) async throws -> ServicesView {
    var services: [ServiceType] = []
    for name in try await schema.services() {
      if let service = DescriptorPool(try await client.files(declaring: name)).services[name] { services.append(service) }
    }
    return ServicesView(services: services)
  }
}
