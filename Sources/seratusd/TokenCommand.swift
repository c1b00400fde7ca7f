internal import ArgumentParser
internal import RegistryAccess
internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Tokens for scripts and trials.", subcommands: [Issue.self, List.self, Revoke.self])

  struct Issue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "issue", abstract: "Make a token and print it, once, on stdout.",
      discussion: """
        Without --account the token belongs to a technical account of its role (and region), which is made if need be and has no password.

        Examples:
          seratusd token issue --role ministry_analyst --label "night report" --days 90
          seratusd token issue --role region_admin --region 35.71
        """)

    @OptionGroup var options: SettingsOptions

    @Option(help: "ministry_admin, ministry_analyst, region_admin, region_viewer or export.", transform: Role.named)
    var role: Role?

    @Option(help: "Region of a regional role: code or full name.")
    var region: String?

    @Option(help: "An account that exists, instead of role and region.")
    var account: String?

    @Option(help: "What the token is for; shown in lists.")
    var label = "token"

    @Option(help: "Days until it expires, at most 366.")
    var days = 30

    @Flag(help: "For reading only, even if the role may write.")
    var readOnly = false

    func validate() throws {
      guard (role == nil) != (account == nil) else { throw ValidationError("give either --role or --account") }
      guard (1...366).contains(days) else { throw ValidationError("--days must be from 1 to 366") }
      guard (1...200).contains(label.utf8.count) else { throw ValidationError("--label has 1 to 200 bytes") }
    }

    func run() async throws {
      try await Failure.told {
        let text = try await AdminDatabase.with(options) { database in
          let holder = try await holder(database)
          let token = try SessionToken(pool: holder.role.pool)
          try await database.accounts.issueToken(
            username: holder.username, tokenSHA256: token.sha256, label: label, lifetimeSeconds: days * 86_400,
            mayWrite: holder.role.mayWrite && !readOnly)
          Failure.say("token of \(holder.username) (\(holder.role.rawValue)), valid for \(days) days; it is shown this once")
          return token.text
        }
        print(text)
      }
    }

    private func holder(_ database: AdminDatabase) async throws -> (username: String, role: Role) {
      if let account {
        let accounts = try await database.accounts.accounts()
        guard let found = accounts.first(where: { $0.username == account && !$0.isDisabled }) else {
          throw ServerError(.badInput, "there is no account \(account), or it is disabled; `seratusd account list` shows all")
        }
        return (found.username, found.role)
      }
      guard let role else { throw ValidationError("give either --role or --account") }
      let entry = try await database.region(region, for: role)
      let suffix = entry.map { ".\($0.code.text)" } ?? ""
      let username = "token.\(role.rawValue.replacing("_", with: "-"))\(suffix)"
      try await database.accounts.put(
        username: username, name: "\(role.label.en)\(entry.map { ", \($0.name)" } ?? "")", passwordHash: nil, role: role,
        region: entry?.id)
      return (username, role)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the live sessions of an account, or of all; never the tokens.")

    @OptionGroup var options: SettingsOptions

    @Argument(help: "Name of the account; all if left out.")
    var username: String?

    func run() async throws {
      try await Failure.told {
        try await AdminDatabase.with(options) { database in
          let names = if let username { [username] } else { try await database.accounts.accounts().map(\.username) }
          for name in names {
            for session in try await database.accounts.sessions(username: name) {
              print(
                "\(session.id)\t\(name)\t\(session.role.rawValue)\t\(session.mayWrite ? "write" : "read")\t\(session.label)\t"
                  + "until \(session.expiresAt.day)")
            }
          }
        }
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "End sessions; the next request with their token is refused.")

    @OptionGroup var options: SettingsOptions

    @Argument(help: "At least 8 digits of the session's id, as `token list` shows it.")
    var id: String

    func run() async throws {
      try await Failure.told {
        let count = try await AdminDatabase.with(options) { try await $0.accounts.revoke(sessionID: id) }
        guard count > 0 else {
          throw ServerError(.badInput, "no live session begins with \(id); `seratusd token list` shows all")
        }
        print("\(count) \(count == 1 ? "session" : "sessions") ended")
      }
    }
  }
}
