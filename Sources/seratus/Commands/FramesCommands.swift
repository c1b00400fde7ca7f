internal import ArgumentParser
internal import Lontar
internal import RegistryClient
internal import RegistryModel

struct FramesCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "frames",
      abstract: Help(
        id: "Bingkai yang dikirim dan diterima, untuk menelusuri galat.", en: "Frames sent and received, for debugging."
      )
      .text,
      subcommands: [FramesDecode.self])
  }
}

struct FramesDecode: Leaf {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "decode",
      abstract: Help(id: "Baca berkas bingkai, satu baris satu bingkai.", en: "Read a frame log, one line a frame.").text,
      discussion: Help.examples(
        [
          "seratus frames decode seratusd.frames", "seratus frames decode seratusd.frames --connection 7f3a9c01.2 --stream 1",
          "seratus frames decode seratusd.frames -o ndjson", "seratus frames decode --hex proto/golden/open-everything.hex",
        ],
        id:
          "Berkas itu ditulis daemon (frame_log.path) atau perintah ini (--frame-log). Tanpa frame_log.payloads hanya panjang pesan dan "
          + "nilai metadata yang ada di dalamnya.",
        en:
          "The log is written by the daemon (frame_log.path) or by this command (--frame-log). Without frame_log.payloads it has only "
          + "the lengths of messages and metadata values."))
  }

  private static let bytesMax = 1 << 30
  private static let hexBytesMax = 1 << 26

  @Argument(help: Help(id: "Berkas bingkai.", en: "The frame log.").option) var file: String?
  @Option(
    help: Help(
      id: "Sebagai gantinya, berkas angka heksadesimal dari satu arah koneksi; # memulai komentar.",
      en: "Instead: a file of hexadecimal digits of one direction of a connection; # begins a comment."
    ).option)
  var hex: String?
  @Option(help: Help(id: "Hanya koneksi ini.", en: "Only this connection.").option) var connection: String?
  @Option(help: Help(id: "Hanya stream ini; 0: koneksinya sendiri.", en: "Only this stream; 0: the connection itself.").option)
  var stream: UInt32?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard (file == nil) != (hex == nil) else {
      throw ValidationError(Help(id: "beri satu berkas, atau --hex BERKAS", en: "give a file, or --hex FILE").text)
    }
  }

  func perform(_ invocation: Invocation) async throws {
    if let hex { return try decodeHex(hex, invocation) }
    let path = file ?? ""
    let bytes: [UInt8]
    do { bytes = try InputFile.read(path, bytesMax: Self.bytesMax) } catch { throw Failure.unreadable(error) }
    var output = FrameOutput(invocation)
    do throws(FrameLogFault) {
      var reader = try FrameLogReader(bytes)
      while let entry = try reader.next() {
        if isWanted(entry) { output.add(FrameLine(entry)) }
      }
    } catch {
      try output.finish()
      throw error.failure(path)
    }
    try output.finish()
  }

  private func decodeHex(_ path: String, _ invocation: Invocation) throws {
    let text: [UInt8]
    do { text = try InputFile.read(path, bytesMax: Self.hexBytesMax) } catch { throw Failure.unreadable(error) }
    let bytes: [UInt8]
    switch FrameBytes.parse(hex: String(decoding: text, as: UTF8.self)) {
    case .success(let parsed): bytes = parsed
    case .failure(let bad):
      throw Failure.invalid(
        "HEX_MALFORMED", field: "--hex", id: "\(path), baris \(bad.line): bukan pasangan angka heksadesimal",
        en: "\(path), line \(bad.line): not pairs of hexadecimal digits", parameters: ["line": "\(bad.line)"])
    }
    let (frames, fault) = FrameBytes.frames(bytes)
    var output = FrameOutput(invocation)
    for frame in frames where stream == nil || frame.stream == stream { output.add(FrameLine(frame)) }
    try output.finish()
    if let fault { throw fault.failure(path) }
  }

  private func isWanted(_ entry: FrameLogEntry) -> Bool {
    if let connection, entry.connection != connection { return false }
    guard let stream else { return true }
    if case .frame(_, let frame) = entry.event { return frame.stream == stream }
    return false
  }
}

extension FrameLogFault {
  /// What is told of the file at `path`, which was read up to `byte`.
  func failure(_ path: String) -> Failure {
    let (id, en) =
      switch reason {
      case .notALog: ("\(path) bukan berkas bingkai", "\(path) is no frame log")
      case .version:
        (
          "\(path) ditulis program yang lebih baru; baca dengan program itu",
          "\(path) was written by a newer program; read it with that"
        )
      case .truncated:
        (
          "\(path) terpotong: yang dimulai di bita \(byte) tidak utuh; sebelumnya sudah ditampilkan",
          "\(path) is cut off: what begins at byte \(byte) is not whole; all before it is shown"
        )
      case .corrupt:
        (
          "\(path) rusak: yang dimulai di bita \(byte) tidak dapat dibaca; sebelumnya sudah ditampilkan",
          "\(path) is damaged: what begins at byte \(byte) can't be read; all before it is shown"
        )
      }
    return Failure.invalid(reason.rawValue, field: "file", id: id, en: en, parameters: ["byte": "\(byte)", "path": path])
  }
}
