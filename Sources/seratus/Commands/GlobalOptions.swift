internal import ArgumentParser
internal import RegistryClient
internal import RegistryModel

extension OutputFormat: ExpressibleByArgument {}
extension Language: ExpressibleByArgument {}

/// What every command understands.
struct GlobalOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: Help(
      id:
        "Bentuk hasil: table (bawaan, untuk orang), csv, json, ndjson. Galat juga menjadi satu objek JSON dengan json dan ndjson.",
      en:
        "Form of the output: table (default, for people), csv, json, ndjson. With json and ndjson errors are one JSON object, too."
    ).option)
  var output: OutputFormat?

  @Option(
    help: Help(
      id: "Bahasa: id atau en. Bawaan: SERATUS_LANG, lalu profil, lalu LANG; jika tidak ada, en.",
      en: "Language: id or en. Default: SERATUS_LANG, then the profile, then LANG; else en."
    ).option)
  var lang: Language?

  @Option(
    help: Help(
      id: "Nama profil. Bawaan: SERATUS_PROFILE, lalu \"default\".",
      en: "Name of the profile. Default: SERATUS_PROFILE, then \"default\"."
    ).option)
  var profile: String?

  @Option(
    help: Help(
      id: "Batas waktu satu panggilan dalam detik, termasuk ulangan. Bawaan: 30.",
      en: "Time limit of a call in seconds, retries included. Default: 30."
    ).option)
  var timeout: Int?

  @Option(
    help: Help(
      id: "Host server, pengganti isi profil. Token profil tidak dikirim ke host lain.",
      en: "Host of the server, instead of the profile's. A profile's token is not sent to another host."
    ).option)
  var host: String?

  @Option(help: Help(id: "Port server, pengganti isi profil.", en: "Port of the server, instead of the profile's.").option)
  var port: Int?

  @Option(
    help: Help(
      id: "Beberapa server registri yang sama, sebagai pengganti --host dan --port: a:7443,b:7443. Dicoba menurut urutan.",
      en: "Several servers of the same registry, instead of --host and --port: a:7443,b:7443. Tried in this order."
    ).option)
  var server: String?

  @Option(
    help: Help(
      id: "Berkas PEM sertifikat CA, pengganti isi profil.", en: "PEM file of the CA certificate, instead of the profile's."
    ).option)
  var ca: String?

  @Option(
    help: Help(id: "Berkas berisi token, pengganti isi profil.", en: "File that holds the token, instead of the profile's.")
      .option)
  var tokenFile: String?

  @Option(
    help: Help(
      id: "Berkas penerima bingkai koneksi, tanpa isi pesan dan token. Bawaan: SERATUS_FRAME_LOG.",
      en: "File that gets the connection's frames, without messages and tokens. Default: SERATUS_FRAME_LOG."
    ).option)
  var frameLog: String?

  @Flag(help: Help(id: "Tanpa huruf tebal di terminal.", en: "No bold type on a terminal.").option)
  var noColor = false

  @Flag(
    name: [.short, .long],
    help: Help(id: "Tanpa pesan di keluaran galat, selain galat.", en: "Nothing on standard error but errors.").option)
  var quiet = false

  /// Of `--server`; nil without that option.
  var servers: [ServerAddress]? { server.flatMap { ServerAddress.list($0) } }
  /// The host of the first server that the options name.
  var firstHost: String? { host ?? servers?.first?.host }
  var firstPort: Int? { port ?? servers?.first?.port }
  /// The time limit that counts.
  var seconds: Int { timeout ?? 30 }

  func validate() throws {
    if let server {
      guard ServerAddress.list(server) != nil else {
        throw ValidationError(
          Help(id: "--server harus seperti a:7443,b:7443.", en: "--server must be like a:7443,b:7443.").text)
      }
      guard host == nil, port == nil else {
        throw ValidationError(
          Help(id: "beri --server atau --host dan --port, jangan keduanya.", en: "give --server, or --host and --port, not both.")
            .text)
      }
    }
    guard (1...86_400).contains(seconds) else {
      throw ValidationError(
        Help(id: "--timeout harus 1 sampai 86400 detik.", en: "--timeout must be 1 to 86400 seconds.").text)
    }
    if let port, !(1...65_535).contains(port) {
      throw ValidationError(Help(id: "--port harus 1 sampai 65535.", en: "--port must be 1 to 65535.").text)
    }
  }
}
