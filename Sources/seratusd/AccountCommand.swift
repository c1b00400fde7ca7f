internal import ArgumentParser
internal import Foundation
internal import RegistryAccess
internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "People who log in with a password.",
    subcommands: [Add.self, List.self, Disable.self, Enable.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Create an account, or change it; a change ends its sessions.",
      discussion: """
        The password comes from a prompt, or with --password-stdin from the first line of stdin: at least 12 characters.

        Example: seratusd account add siti --name "Siti Rahayu" --role region_admin --region 35.71
        """)

    @OptionGroup var options: SettingsOptions

    @Argument(help: "Name to log in with: lower case letters, digits and . _ @ -")
    var username: String

    @Option(help: "Name of the person.")
    var name: String

    @Option(help: "ministry_admin, ministry_analyst, region_admin, region_viewer or export.", transform: Role.named)
    var role: Role

    @Option(help: "Region of a regional role: code or full name.")
    var region: String?

    @Flag(help: "Read the password from stdin instead of asking for it.")
    var passwordStdin = false

    func run() async throws {
      try await Failure.told {
        let password = try passwordStdin ? PasswordInput.line() : PasswordInput.prompt(for: username)
        let hash = try await PasswordHasher().hash(password)
        try await AdminDatabase.with(options) { database in
          let entry = try await database.region(region, for: role)
          let account = try await database.accounts.put(
            username: username, name: name, passwordHash: hash.encoded, role: role, region: entry?.id)
          print("account \(username): \(role.rawValue)\(entry.map { " of \($0.labelled)" } ?? "")")
          if account.sessionsEnded > 0 { Failure.say("\(account.sessionsEnded) sessions ended") }
        }
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List accounts; never their passwords.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
      try await Failure.told {
        for account in try await AdminDatabase.with(options, { try await $0.accounts.accounts() }) {
          let marks = [account.isDisabled ? "disabled" : nil, account.hasPassword ? nil : "tokens only"].compactMap { $0 }
          let region = account.region.map { " region_id \($0)" } ?? ""
          let tail = marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))"
          print("\(account.username)\t\(account.role.rawValue)\(region)\t\(account.name)\(tail)")
        }
      }
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Lock an account and end its sessions at once.")

    @OptionGroup var options: SettingsOptions

    @Argument(help: "Name to log in with.")
    var username: String

    func run() async throws {
      try await AccountCommand.set(username, disabled: true, options)
    }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Unlock an account.")

    @OptionGroup var options: SettingsOptions

    @Argument(help: "Name to log in with.")
    var username: String

    func run() async throws {
      try await AccountCommand.set(username, disabled: false, options)
    }
  }

  private static func set(_ username: String, disabled: Bool, _ options: SettingsOptions) async throws {
    try await Failure.told {
      let ended = try await AdminDatabase.with(options) { database in
        do {
          return try await database.accounts.setDisabled(username: username, disabled)
        } catch let error as StoreError where error.code == .notFoundOrNotVisible {
          throw ServerError(.badInput, "there is no account \(username); `seratusd account list` shows all")
        }
      }
      print("account \(username): \(disabled ? "disabled, \(ended) sessions ended" : "enabled")")
    }
  }
}
