internal import ArgumentParser
internal import Lontar
internal import RegistryClient
internal import RegistryProtocol

struct LoginCommand: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "login",
      abstract: Help(id: "Masuk dan simpan token di profil.", en: "Sign in and keep the token in the profile.").text,
      discussion: Help.examples(
        [
          "seratus login",
          "seratus login --username analis --profile kementerian",
          "seratus login --username skrip --password-stdin < password.txt",
          "seratus login --username analis --host registry.example --port 7443 --ca ca.pem",
        ],
        id:
          "Kata sandi ditanyakan tanpa ditampilkan, atau dibaca dari masukan baku. Berkas profil hanya dapat dibaca pemiliknya (0600).",
        en:
          "The password is asked for without showing it, or read from standard input. The profile can be read by its owner only (0600)."
      ))
  }

  @Option(
    name: [.short, .long],
    help: Help(id: "Nama pengguna; ditanyakan bila tidak diberi.", en: "Name of the user; asked for if not given.").option)
  var username: String?

  @Flag(
    help: Help(id: "Baca kata sandi dari masukan baku (satu baris).", en: "Read the password from standard input (one line).")
      .option)
  var passwordStdin = false

  @Option(
    help: Help(
      id: "Masa berlaku token dalam menit; bawaan menurut server.", en: "Lifetime of the token in minutes; default: the server's."
    ).option)
  var lifetime: UInt32?

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let choice = invocation.connection
    let endpoint = try choice.resolved().endpoint
    var request = Seratus_V1_LoginRequest()
    request.username = try username ?? asked(Phrase(id: "Nama pengguna: ", en: "User name: "), invocation, secret: false)
    request.password =
      try passwordStdin ? stdinPassword() : asked(Phrase(id: "Kata sandi: ", en: "Password: "), invocation, secret: true)
    request.lifetimeMinutes = lifetime ?? 0
    let answer = try await invocation.withClient { [request] client in try await client.login(request) }
    var profile = try choice.profile() ?? Profile(host: endpoint.host, port: endpoint.port)
    (profile.host, profile.port, profile.others) = (endpoint.host, endpoint.port, endpoint.others)
    (profile.ca, profile.serverName, profile.token) = (endpoint.trustRootsPath, endpoint.serverName, answer.token)
    try invocation.profiles.write(profile, name: choice.profileName)
    let path = try invocation.profiles.filePath(choice.profileName)
    try invocation.show(
      LoginView(principal: answer.principal, expiresAt: answer.expiresAt, profile: choice.profileName, path: path)
        .document(invocation.language))
  }

  private func asked(_ prompt: Phrase, _ invocation: Invocation, secret: Bool) throws -> String {
    guard Terminal.isInputTerminal else {
      throw Failure.usage(
        "NO_TERMINAL", id: "tidak ada terminal untuk bertanya; pakai --username dan --password-stdin",
        en: "there is no terminal to ask on; use --username and --password-stdin")
    }
    try OutputFile.standardError.write(invocation.language[prompt])
    let answer = secret ? Terminal.readSecretLine() : readLine()
    if secret { try OutputFile.standardError.write("\n") }
    guard let answer, !answer.isEmpty else { throw Self.empty }
    return answer
  }

  private func stdinPassword() throws -> String {
    guard let line = readLine(), !line.isEmpty else { throw Self.empty }
    return line
  }

  private static var empty: Failure {
    Failure.usage("EMPTY_ANSWER", id: "nama atau kata sandi kosong; ulangi", en: "name or password is empty; try again")
  }
}

struct LogoutCommand: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "logout",
      abstract: Help(id: "Cabut token dan hapus dari profil.", en: "Revoke the token and remove it from the profile.").text,
      discussion: Help.examples(["seratus logout", "seratus logout --profile kementerian"]))
  }

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let choice = invocation.connection
    do {
      try await invocation.withClient { client in try await client.logout() }
    } catch let error as RPCError where error.code == .unauthenticated {
      // Expired or revoked before: nothing is left to revoke, and the token goes from the profile all the same.
      invocation.talk(invocation.language[Phrase(id: "token sudah tidak berlaku", en: "the token was no longer valid")])
    }
    if global.tokenFile == nil, var profile = try choice.profile() {
      profile.token = nil
      try invocation.profiles.write(profile, name: choice.profileName)
    }
    invocation.talk(invocation.language[Phrase(id: "sudah keluar", en: "signed out")])
  }
}

struct WhoAmICommand: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "whoami", abstract: Help(id: "Siapa saya bagi registri.", en: "Who the registry takes me for.").text,
      discussion: Help.examples(["seratus whoami", "seratus whoami -o json --profile kementerian"]))
  }

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let answer = try await invocation.withClient { client in try await client.whoAmI() }
    try invocation.show(WhoAmIView(response: answer).document(invocation.language))
  }
}
