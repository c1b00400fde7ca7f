internal import ArgumentParser
internal import RegistryClient
internal import RegistryModel

struct ProfileCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "profile",
      abstract: Help(id: "Profil: registri mana, sebagai siapa.", en: "Profiles: which registry, and as whom.").text,
      subcommands: [ProfileList.self, ProfileAdd.self, ProfileShow.self])
  }
}

struct ProfileList: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list", abstract: Help(id: "Daftar profil.", en: "List profiles.").text,
      discussion: Help.examples(["seratus profile list", "seratus profile list -o json"]))
  }

  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    var profiles: [(name: String, profile: Profile)] = []
    for name in invocation.profiles.names() {
      do {
        profiles.append((name, try invocation.profiles.read(name)))
      } catch {
        // One bad file must not hide the others.
        invocation.talk(Failure(error).message[invocation.language])
      }
    }
    try invocation.show(ProfileView(profiles: profiles, isList: true).document(invocation.language))
  }
}

struct ProfileShow: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show", abstract: Help(id: "Satu profil, tanpa tokennya.", en: "One profile, without its token.").text,
      discussion: Help.examples(["seratus profile show", "seratus profile show kementerian"]))
  }

  @Argument(
    help: Help(id: "Nama profil; bawaan yang sedang berlaku.", en: "Name of the profile; default: the one in use.").option)
  var name: String?
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    let name = name ?? invocation.connection.profileName
    let profile = try invocation.profiles.read(name)
    try invocation.show(ProfileView(profiles: [(name, profile)], isList: false).document(invocation.language))
  }
}

struct ProfileAdd: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "add",
      abstract: Help(id: "Buat profil dari --host, --port, --ca.", en: "Make a profile from --host, --port, --ca.").text,
      discussion: Help.examples([
        "seratus profile add kementerian --host registry.example --port 7443 --ca ca.pem",
        "seratus profile add kementerian --server satu.example:7443,dua.example:7443 --ca ca.pem",
        "seratus profile add latihan --host 127.0.0.1 --port 7443 --ca ca.pem --server-name localhost --language id --environment training --replace",
      ]))
  }

  @Argument(help: Help(id: "Nama profil.", en: "Name of the profile.").option) var name: String
  @Option(
    help: Help(id: "Nama dalam sertifikat server, bila bukan host.", en: "The name in the server's certificate, if not the host.")
      .option)
  var serverName: String?
  @Option(help: Help(id: "Bahasa profil: id atau en.", en: "Language of the profile: id or en.").option) var language: Language?
  @Option(
    help: Help(
      id: "Lingkungan registri, misalnya training, seperti pada daemonnya; server lain ditolak.",
      en: "The registry's environment, e.g. training, as its daemon has it; a server of another is refused."
    ).option)
  var environment: String?
  @Flag(help: Help(id: "Ganti profil yang sudah ada.", en: "Overwrite a profile that exists.").option) var replace = false
  @OptionGroup var global: GlobalOptions

  func perform(_ invocation: Invocation) async throws {
    guard let host = global.firstHost, let port = global.firstPort else {
      throw Failure.usage("HOST_MISSING", id: "beri --host dan --port, atau --server", en: "give --host and --port, or --server")
    }
    let path = try invocation.profiles.filePath(name)
    guard replace || !invocation.profiles.exists(name) else {
      throw ProfileError(reason: .exists, name: name, path: path, detail: "")
    }
    var profile = Profile(
      host: host, port: port, ca: global.ca.map(FilePaths.absolute), serverName: serverName,
      token: try invocation.connection.tokenFromFile(), language: language?.rawValue, environment: environment)
    profile.others = Array(global.servers?.dropFirst() ?? [])
    try invocation.profiles.write(profile, name: name)
    try invocation.show(ProfileView(profiles: [(name, profile)], isList: false).document(invocation.language))
  }
}
