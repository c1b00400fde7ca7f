internal import Lontar
internal import ProtobufReflection
internal import RegistryClient

/// The server's own description of what can be called: nothing of it is compiled in.
struct ServerSchema {
  let client: RegistryClient

  /// Full names of the services.
  func services() async throws -> [String] { try await client.services().sorted() }

  /// The types around a service, method, message or enum.
  /// - Parameter symbol: its full name; of services the last part is enough where only one ends so; before a method's name `/` or `.`.
  /// - Throws: `SYMBOL_UNKNOWN`, `SYMBOL_AMBIGUOUS`.
  func find(_ symbol: String) async throws -> (name: String, pool: DescriptorPool) {
    let plain = symbol.replacing("/", with: ".")
    if let pool = try await pool(plain) { return (plain, pool) }
    let services = try await services()
    let readings = [(service: plain, rest: "")] + (Self.split(plain).map { [$0] } ?? [])
    for (service, rest) in readings {
      let matches = services.filter { $0 == service || $0.hasSuffix(".\(service)") }
      if matches.count > 1 { throw Self.ambiguous(symbol, matches) }
      guard let match = matches.first, let pool = try await pool(match) else { continue }
      let name = match + rest
      guard rest.isEmpty || pool.method(name) != nil else { throw Self.unknownMethod(rest.dropFirst(), of: match, pool) }
      return (name, pool)
    }
    let names = services + services.map(Self.lastPart)
    throw Self.unknown(symbol, near: readings.flatMap { NearNames.of($0.service, among: names) })
  }

  /// nil: the server doesn't know the name.
  private func pool(_ symbol: String) async throws -> DescriptorPool? {
    do throws(RPCError) {
      return DescriptorPool(try await client.files(declaring: symbol))
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// `Service.Method` as the service and `.Method`.
  private static func split(_ symbol: String) -> (service: String, rest: String)? {
    DescriptorPool.parts(ofMethod: symbol).map { (service: $0.service, rest: ".\($0.method)") }
  }

  private static func lastPart(_ name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  static func unknown(_ symbol: String, near: [String]) -> Failure {
    let near = near.joined(separator: ", ")
    return Failure(
      exit: .notFound, code: "NOT_FOUND", reason: "SYMBOL_UNKNOWN",
      message: Phrase(
        id: "server tidak mengenal \"\(symbol)\"\(near.isEmpty ? "" : "; mungkin \(near)"); lihat: seratus describe",
        en: "the server does not know \"\(symbol)\"\(near.isEmpty ? "" : "; perhaps \(near)"); see: seratus describe"),
      parameters: ["symbol": symbol, "near": near])
  }

  private static func unknownMethod(_ name: Substring, of service: String, _ pool: DescriptorPool) -> Failure {
    let methods = pool.services[service]?.methods.map(\.name) ?? []
    let near = NearNames.of(String(name), among: methods).map { "\(service)/\($0)" }
    return unknown("\(service)/\(name)", near: near.isEmpty ? methods.prefix(5).map { "\(service)/\($0)" } : near)
  }

  private static func ambiguous(_ symbol: String, _ matches: [String]) -> Failure {
    let all = matches.joined(separator: ", ")
    return Failure.usage(
      "SYMBOL_AMBIGUOUS", id: "\"\(symbol)\" bisa berarti \(all); tulis nama lengkapnya",
      en: "\"\(symbol)\" may mean \(all); write the full name", parameters: ["symbol": symbol, "candidates": all])
  }
}
