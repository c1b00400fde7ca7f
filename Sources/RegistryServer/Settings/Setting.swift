package import RegistryModel

/// One setting of the daemon: its key, what it may be, its default, and what it is for.
package struct Setting: Sendable {
  package enum Kind: Sendable {
    case text
    case integer(ClosedRange<Int>)
    case word([String])
    /// Text that is never shown.
    case secret
  }

  /// Lower case words with dots: `listen.port`. The file nests them, the environment writes `SERATUS_LISTEN_PORT`.
  package let key: String
  package let kind: Kind
  package let standard: String
  package let about: Localized

  init(_ key: String, _ kind: Kind, default standard: String, _ about: StaticString, id: StaticString) {
    self.key = key
    self.kind = kind
    self.standard = standard
    self.about = Localized(fixedID: id, en: about)
  }

  package var environmentName: String {
    Self.environmentPrefix + key.uppercased().replacing(".", with: "_")
  }

  package static let environmentPrefix = "SERATUS_"

  package var isSecret: Bool {
    if case .secret = kind { true } else { false }
  }

  /// What may be given, for documentation and messages.
  package var limits: Localized {
    switch kind {
    case .text: Localized(fixedID: "teks", en: "text")
    case .integer(let range):
      Localized(
        builtID: "\(range.lowerBound) sampai \(range.upperBound)", en: "\(range.lowerBound) to \(range.upperBound)")
    case .word(let words): Localized(builtID: words.joined(separator: ", "), en: words.joined(separator: ", "))
    case .secret: Localized(fixedID: "teks rahasia", en: "secret text")
    }
  }

  /// Why a value can't be used, or nil.
  func objection(to value: String) -> Localized? {
    switch kind {
    case .text, .secret: nil
    case .integer(let range):
      Int(value).map(range.contains) == true
        ? nil
        : Localized(
          builtID: "harus bilangan bulat \(limits.id)", en: "it must be a whole number from \(limits.en)")
    case .word(let words):
      words.contains(value)
        ? nil : Localized(builtID: "harus salah satu dari \(limits.id)", en: "it must be one of \(limits.en)")
    }
  }
}

extension Setting {
  /// Every setting there is. What is not here is refused.
  package static let all: [Setting] = listening + database + behaviour + observation

  private static let listening: [Setting] = [
    Setting(
      "listen.host", .text, default: "127.0.0.1", "address to listen on; 0.0.0.0 or :: for all",
      id: "alamat untuk didengarkan; 0.0.0.0 atau :: untuk semua"),
    Setting(
      "listen.port", .integer(0...65_535), default: "7100", "port to listen on; 0: any free one",
      id: "port untuk didengarkan; 0: yang mana saja yang bebas"),
    Setting(
      "listen.connections_max", .integer(1...100_000), default: "1000",
      "connections at once; more are closed before their handshake",
      id: "koneksi sekaligus; selebihnya ditutup sebelum jabat tangan"),
    Setting(
      "listen.calls_per_connection_max", .integer(1...10_000), default: "100", "calls that run at once on one connection",
      id: "panggilan sekaligus pada satu koneksi"),
    Setting(
      "listen.message_bytes_max", .integer(65_536...67_108_864), default: "4194304", "the largest request or answer, in bytes",
      id: "permintaan atau jawaban terbesar, dalam bita"),
    Setting(
      "environment", .text, default: "",
      "name of this registry's environment, such as production or training; clients that mean another are refused; empty: not stated",
      id:
        "nama lingkungan registri ini, seperti production atau training; klien yang memaksudkan lain ditolak; kosong: tidak disebut"
    ),
    Setting(
      "listen.idle_seconds", .integer(1...86_400), default: "300", "connections without a call are closed after this",
      id: "koneksi tanpa panggilan ditutup setelah ini"),
    Setting(
      "listen.connection_age_seconds", .integer(0...604_800), default: "0",
      "connections older than this, give or take a tenth, take no more calls, so that clients connect anew; 0: never",
      id: "koneksi yang lebih tua dari ini, kurang lebih sepersepuluh, tidak menerima panggilan lagi; 0: tidak pernah"),
    Setting(
      "listen.connection_grace_seconds", .integer(0...86_400), default: "0",
      "calls that still run so long after that are ended; 0: by their deadlines",
      id: "panggilan yang masih berjalan selama ini setelahnya diakhiri; 0: oleh batas waktunya"),
    Setting(
      "listen.keepalive_seconds", .integer(1...3_600), default: "30",
      "a client that has calls and is silent for so long is asked whether it is still there",
      id: "klien yang masih punya panggilan dan diam selama ini ditanya apakah masih ada"),
    Setting(
      "listen.keepalive_timeout_seconds", .integer(1...3_600), default: "20", "without an answer to that by then it is gone",
      id: "tanpa jawaban sampai saat itu klien dianggap pergi"),
    Setting(
      "listen.call_seconds_max", .integer(1...3_600), default: "300", "deadline of calls that set none or a longer one",
      id: "batas waktu panggilan yang tidak menyebutnya, atau menyebut lebih lama"),
    Setting(
      "listen.event_loops", .integer(0...256), default: "0", "threads that serve connections; 0: one for each processor",
      id: "utas yang melayani koneksi; 0: satu untuk tiap prosesor"),
    Setting(
      "tls.certificate", .text, default: "certificates/server.pem", "PEM file of the server's certificate chain, the leaf first",
      id: "berkas PEM rantai sertifikat server, daun lebih dahulu"),
    Setting(
      "tls.key", .text, default: "certificates/server.key", "PEM file of its private key",
      id: "berkas PEM kunci privatnya"),
    Setting(
      "tls.client_authority", .text, default: "",
      "PEM file of the authority whose client certificates are required; empty: clients show none",
      id: "berkas PEM otoritas yang sertifikat kliennya diwajibkan; kosong: klien tidak menunjukkan apa-apa"),
    Setting(
      "tls.key_log", .text, default: "",
      "for debugging only: file for the keys of all connections, with which whoever has it reads the traffic; empty: none",
      id: "hanya untuk pelacakan galat: berkas kunci semua koneksi, yang pemegangnya dapat membaca lalu lintas; kosong: tidak ada"
    ),
  ]

  private static let database: [Setting] = [
    Setting(
      "database.host", .text, default: "127.0.0.1", "address of PostgreSQL, or the folder of its socket",
      id: "alamat PostgreSQL, atau folder soketnya"),
    Setting(
      "database.port", .integer(1...65_535), default: "5432", "its port",
      id: "portnya"),
    Setting(
      "database.name", .text, default: "seratus", "the registry's database",
      id: "basis data registri"),
    Setting(
      "database.sslmode", .word(["disable", "prefer", "require", "verify-ca", "verify-full"]), default: "prefer",
      "how the connection to PostgreSQL is encrypted and verified",
      id: "bagaimana koneksi ke PostgreSQL disandikan dan diperiksa"),
    Setting(
      "database.ssl_root_certificate", .text, default: "", "PEM file of PostgreSQL's authority, for verify-ca and verify-full",
      id: "berkas PEM otoritas PostgreSQL, untuk verify-ca dan verify-full"),
    Setting(
      "database.region_password", .secret, default: "", "password of the login seratus_region",
      id: "kata sandi login seratus_region"),
    Setting(
      "database.ministry_password", .secret, default: "", "password of the login seratus_ministry",
      id: "kata sandi login seratus_ministry"),
    Setting(
      "database.export_password", .secret, default: "", "password of the login seratus_export",
      id: "kata sandi login seratus_export"),
    Setting(
      "database.gate_password", .secret, default: "", "password of the login seratus_gate",
      id: "kata sandi login seratus_gate"),
    Setting(
      "database.region_connections", .integer(1...32), default: "4", "connections for calls of regions",
      id: "koneksi untuk panggilan daerah"),
    Setting(
      "database.ministry_connections", .integer(1...12), default: "4", "connections for calls of the ministry",
      id: "koneksi untuk panggilan kementerian"),
    Setting(
      "database.export_connections", .integer(1...6), default: "2", "connections for calls of export scripts",
      id: "koneksi untuk panggilan skrip ekspor"),
    Setting(
      "database.gate_connections", .integer(1...6), default: "1", "connections for logging in and out",
      id: "koneksi untuk masuk dan keluar"),
    Setting(
      "database.streams", .integer(1...4), default: "2", "streams that each login may run at once, beside its connections",
      id: "aliran yang boleh berjalan sekaligus bagi tiap login, di samping koneksinya"),
    Setting(
      "database.admin_user", .text, default: "postgres",
      "superuser for migrate, reference, account and token; serve doesn't use it",
      id: "superuser untuk migrate, reference, account dan token; serve tidak memakainya"),
    Setting(
      "database.admin_password", .secret, default: "", "its password, if it needs one",
      id: "kata sandinya, bila perlu"),
  ]

  private static let behaviour: [Setting] = [
    Setting(
      "session.minutes_default", .integer(1...44_640), default: "480", "how long a login lasts that asks for no time",
      id: "lama sesi yang tidak meminta waktu"),
    Setting(
      "session.minutes_max", .integer(1...44_640), default: "44640", "the longest a login may ask for",
      id: "waktu terlama yang boleh diminta"),
    Setting(
      "drain.seconds", .integer(0...600), default: "15", "time that running calls get when the daemon is told to stop",
      id: "waktu bagi panggilan yang berjalan saat daemon diminta berhenti"),
    Setting(
      "health.seconds", .integer(1...300), default: "2", "time between two looks at the database",
      id: "jarak antara dua pemeriksaan basis data"),
    Setting(
      "log.level", .word(["trace", "debug", "info", "warning", "error"]), default: "info", "the least that is logged",
      id: "yang paling rendah yang dicatat"),
    Setting(
      "log.format", .word(["logfmt", "json"]), default: "logfmt", "form of a log line on stderr",
      id: "bentuk baris log di stderr"),
    Setting(
      "log.calls", .word(["all", "failed", "none"]), default: "all", "which calls get a line",
      id: "panggilan mana yang mendapat baris"),
  ]
}
