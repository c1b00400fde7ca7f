internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

extension Seratus_V1_Principal {
  var output: OutputValue {
    .object([
      "actor_id": .integer(Int(actorID)), "name": .text(name), "role": .text(role), "region": hasRegion ? region.output : .null,
    ])
  }

  func roleLabel(_ language: Language) -> String {
    Role(rawValue: role).map { "\(language[$0.label]) (\(role))" } ?? role
  }
}

/// `whoami`.
struct WhoAmIView {
  let response: Seratus_V1_WhoAmIResponse

  func document(_ language: Language) -> Document {
    let who = response.principal
    var document = Document(.same(who.name), dataset: response.dataset, language)
    var lines = [Facts.Line(label: language[Words.role], value: who.roleLabel(language))]
    if who.hasRegion { lines.append(Facts.Line(label: language[Words.region], value: who.region.line)) }
    lines += [
      Facts.Line(label: language[Words.expires], value: response.expiresAt),
      Facts.Line(label: language[Words.server], value: response.serverSoftware),
      Facts.Line(
        label: language[Words.dataset], value: response.dataset.phrase(language)),
    ]
    document.blocks.append(.facts(Facts(lines)))
    document.columns = ["name", "role", "region_code", "region_name", "expires_at", "server_software", "dataset"]
    document.records = [
      [
        .text(who.name), .text(who.role), who.hasRegion ? .code(who.region.kemendagriCode) : .null,
        who.hasRegion ? .text(who.region.name) : .null, .words(response.expiresAt), .words(response.serverSoftware),
        .text(response.dataset.term),
      ]
    ]
    document.object = .object([
      "dataset": response.dataset.output, "principal": who.output, "expires_at": .words(response.expiresAt),
      "server_software": .words(response.serverSoftware),
    ])
    return document
  }
}

/// `login`. The token itself is never shown.
struct LoginView {
  let principal: Seratus_V1_Principal
  let expiresAt: String
  let profile: String
  let path: String

  func document(_ language: Language) -> Document {
    var document = Document()
    document.blocks = [
      .title(language[Phrase(id: "Masuk sebagai \(principal.name)", en: "Signed in as \(principal.name)")]),
      .facts(
        Facts([
          language[Words.role]: principal.roleLabel(language), language[Words.expires]: expiresAt,
          language[Words.profile]: "\(profile) (\(path))",
        ])),
    ]
    document.columns = ["name", "role", "expires_at", "profile", "path"]
    document.records = [[.text(principal.name), .text(principal.role), .words(expiresAt), .text(profile), .text(path)]]
    document.object = .object([
      "principal": principal.output, "expires_at": .words(expiresAt), "profile": .text(profile), "path": .text(path),
    ])
    return document
  }
}

/// `profile list` and `profile show`. Tokens are never shown, only whether there is one.
struct ProfileView {
  let profiles: [(name: String, profile: Profile)]
  let isList: Bool

  func document(_ language: Language) -> Document {
    let title = Phrase(id: "\(profiles.count) profil", en: "\(profiles.count) \(profiles.count == 1 ? "profile" : "profiles")")
    var document = Document()
    document.blocks =
      isList
      ? [.title(language[title]), .table(table(language))]
      : profiles.flatMap { [.title($0.name), .facts(facts($0.profile, language))] }
    document.columns = ["name", "host", "port", "ca", "server_name", "language", "environment", "token"]
    document.records = profiles.map { name, profile in
      [
        .text(name), .text(profile.host), .integer(profile.port), .optionalText(profile.ca), .optionalText(profile.serverName),
        .optionalText(profile.language), .optionalText(profile.environment), .text(profile.token == nil ? "none" : "stored"),
      ]
    }
    document.object = .object(["profiles": .list(document.records.map { document.named($0) })])
    return document
  }

  private func facts(_ profile: Profile, _ language: Language) -> Facts {
    Facts([
      language[Words.host]: ([profile.host] + profile.others.map(\.description)).joined(separator: ", "),
      language[Words.port]: "\(profile.port)",
      language[Words.authority]: profile.ca ?? language[Words.systemAuthorities],
      language[Words.serverName]: profile.serverName ?? profile.host,
      language[Words.language]: profile.language ?? language[Words.nothingMissing],
      language[Words.environment]: profile.environment ?? language[Words.nothingMissing],
      language[Words.token]: language[profile.token == nil ? Words.tokenAbsent : Words.tokenStored],
    ])
  }

  private func table(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.profile]), .text(language[Words.host]), .number(language[Words.port]),
        .text(language[Words.environment]), .word(language[Words.token]),
      ],
      rows: profiles.map { name, profile in
        [
          name, profile.host, "\(profile.port)", profile.environment ?? language[Words.nothingMissing],
          language[profile.token == nil ? Words.tokenAbsent : Words.tokenStored],
        ]
      })
  }
}

extension OutputValue {
  static func optionalText(_ text: String?) -> OutputValue { text.map { .text($0) } ?? .null }
}
