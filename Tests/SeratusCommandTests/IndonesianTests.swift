import Foundation
import Lontar
import LontarTLS
import RegistryClient
import RegistryModel
import RegistryProtocol
import Testing

@testable import seratus

/// What people read under `--lang id` is Indonesian, down to each fault.
@Suite struct IndonesianTests {
  @Test func `each fault of a refused request is told in the language of the caller`() {
    let error = RPCError(faults: [
      FieldFault("rows[0].published_total", reason: "OUT_OF_SCALE", parameters: ["value": "4.10", "min": "0.00", "max": "4.00"]),
      FieldFault(
        "rows[1].parts[0].key", reason: "UNKNOWN_KEY",
        parameters: ["key": "ekonomi", "near": "economy", "among": "governance, economy"]),
    ])
    let failure = Failure(error)
    #expect(
      failure.text(.indonesian).split(separator: "\n") == [
        "seratus: 2 isian tidak dapat diterima; yang pertama rows[0].published_total: 4.10 di luar skala 0.00 sampai 4.00; perbaiki nilainya",
        "  baris 1, rows[0].published_total: 4.10 di luar skala 0.00 sampai 4.00; perbaiki nilainya",
        "  baris 2, rows[1].parts[0].key: \"ekonomi\" tidak dikenal di sini; mungkin economy; pakai salah satu dari governance, economy",
      ])
    #expect(failure.text(.english).contains("perhaps economy; use one of governance, economy"))
    #expect(failure.parameters.keys.allSatisfy { !$0.contains("violations") })
  }

  @Test func `a reason that this program doesn't know yet is told in the server's words`() {
    var error = RPCError(.invalidArgument, "new", details: ErrorDetails(reason: "NEW_REASON", domain: "seratus.go.id"))
    error.details.fieldViolations = [.init(field: "year", description: "is odd", reason: "NEW_REASON")]
    #expect(Failure(error).faults.first?.message.id == "is odd")
  }

  @Test(arguments: TLSError.Code.allCases)
  func `every fault of TLS has words of its own in both languages`(code: TLSError.Code) {
    let error = TLSError(code, "the English message", remedy: "the English remedy", parameters: ["path": "/x.pem"])
    let failure = Failure(error)
    #expect(!failure.message.id.contains("English"))
    #expect(failure.message.en.contains("the English message"))
  }

  private static func transport(_ reason: TransportReason, _ english: String, _ parameters: [String: String] = [:]) -> RPCError {
    RPCError(
      .unavailable, english,
      details: ErrorDetails(reason: reason.rawValue, domain: TransportReason.domain, parameters: parameters))
  }

  static let sentences = [
    (
      transport(.nothingListens, "can't reach 127.0.0.1:7443: nothing listens there", ["place": "127.0.0.1:7443"]),
      "127.0.0.1:7443 tidak terjangkau: tidak ada yang mendengarkan di sana"
    ),
    (
      transport(.connectTimeout, "127.0.0.1:7443 did not answer within 10 s", ["place": "127.0.0.1:7443", "seconds": "10"]),
      "127.0.0.1:7443 tidak menjawab dalam 10 detik"
    ),
    (transport(.connectionLost, "the connection to the server was lost"), "koneksi ke server terputus"),
    (
      RPCError(.unavailable, "something that nobody said before"),
      "server tidak terjangkau (something that nobody said before)"
    ),
  ]

  @Test(arguments: sentences)
  func `what the transport says is told in Indonesian`(error: RPCError, indonesian: String) {
    let failure = Failure(error)
    #expect(failure.message.id == indonesian + "; coba lagi sebentar, atau periksa host dan port")
    #expect(failure.message.en == error.message + "; try again in a moment, or check host and port")
    #expect(failure.reason == "UNAVAILABLE" && failure.parameters.isEmpty)
  }

  @Test func `when several servers fail the last is told in Indonesian, too`() {
    var error = Self.transport(
      .noEndpointReachable, "none of 2 endpoints can be used; the last: b:1 did not answer within 10 s", ["count": "2"])
    error.cause = Self.transport(.connectTimeout, "b:1 did not answer within 10 s", ["place": "b:1", "seconds": "10"])
    #expect(
      Failure(error).message.id
        == "tidak satu pun dari 2 server dapat dipakai; yang terakhir: b:1 tidak menjawab dalam 10 detik; coba lagi sebentar, atau periksa host dan port"
    )
  }

  @Test(arguments: TransportReason.allCases)
  func `every reason of the transport has Indonesian words`(reason: TransportReason) {
    let parameters = ["place": "P", "cause": "C", "seconds": "1", "count": "2", "last": "L"]
    let words = TransportWords.indonesian(Self.transport(reason, "english words", parameters))
    let ownSentence: [TransportReason] = [
      .environmentMismatch, .versionUnsupported, .cancelledByCaller, .deadlinePassed, .tooManyWaiting, .requestTooLarge,
      .noEndpoint,
    ]
    #expect(words.contains("english words") == ownSentence.contains(reason))
    #expect(!words.contains("{"))
  }

  @Test(arguments: StatusCode.allCases)
  func `no code is told in English alone`(code: StatusCode) {
    let failure = Failure(RPCError(code, "english words"))
    #expect(failure.message.id != failure.message.en)
  }

  @Test func `a number that is none, an errno and a malformed profile are told in both languages`() {
    let number = Failure(
      ModelError(
        .badNumber, field: "--published", message: "\"x\" is no number", remedy: "write it like 3.31", parameters: ["value": "x"])
    )
    #expect(number.message.id == "--published: \"x\" bukan bilangan desimal; tulis seperti 3,31")
    let file = Failure(FileFault(path: "/full", act: "write", code: ENOSPC))
    #expect(file.message.id.contains("ruang disk habis"))
    let folder = ProfileFolder(path: FileManager.default.temporaryDirectory.path)
    let name = "rusak-\(UUID().uuidString)"
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(name).json").path
    _ = FileManager.default.createFile(atPath: path, contents: Data(#"{"host":"h","port":0}"#.utf8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      _ = try folder.read(name)
      Issue.record("a port of 0 was accepted")
    } catch {
      #expect(Failure(error).message.id.contains("\"port\" harus angka dari 1 sampai 65535"))
    }
  }

  static let usage = [
    ("Error: Missing expected argument '<region>'", "Galat: argumen '<region>' tidak ada"),
    ("Error: Unknown option '--foo'. Did you mean '--for'?", "Galat: opsi '--foo' tidak dikenal. Maksudnya '--for'?"),
    ("Error: Unknown option '--foo'", "Galat: opsi '--foo' tidak dikenal"),
    ("Error: Unexpected argument 'x'", "Galat: argumen 'x' tidak terduga"),
    (
      "Error: The value 'x' is invalid for '--kind <kind>'. Please provide one of 'kabupaten' and 'kota'.",
      "Galat: nilai 'x' tidak sah untuk '--kind <kind>'; pilih salah satu dari 'kabupaten' and 'kota'."
    ),
    ("Usage: seratus region show <region>", "Cara pakai: seratus region show <region>"),
    ("  See 'seratus region --help' for more information.", "  Lihat 'seratus region --help' untuk keterangan lebih lanjut."),
    ("OPTIONS:", "OPSI:"),
    ("  --timeout <timeout>   Batas waktu. (default: 30)", "  --timeout <timeout>   Batas waktu. (bawaan: 30)"),
  ]

  @Test(arguments: usage)
  func `the parser's words are told in Indonesian`(english: String, indonesian: String) {
    #expect(UsageWords.indonesian(english) == indonesian)
  }
}
