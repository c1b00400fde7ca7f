import ArgumentParser
import Lontar
import RegistryModel
import Testing

@testable import seratus

@Suite struct FrameLineTests {
  /// A frame of `proto/PROTOCOL.md`: HEAD on stream 1 with a key "k" and its value "v w".
  private static let head: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0] + [0, 1, 1, 0x6B, 0, 3, 0x76, 0x20, 0x77]

  private func frame(_ bytes: [UInt8]) throws -> FrameDescription { try #require(FrameBytes.frames(bytes).frames.first) }

  @Test func `a frame is one line for people`() throws {
    var bytes = Self.head
    bytes[2] = 9
    let line = FrameLine(try frame(bytes))
    #expect(line.text(.english) == #"HEAD stream=1 bytes=9 metadata={k="v w"}"#)
  }

  @Test func `what can't be decoded says why, in both languages`() throws {
    // One byte less than the block needs.
    let line = FrameLine(try frame(Array(Self.head)))
    #expect(line.text(.english).hasSuffix("can't be decoded: a metadata block is cut short"))
    #expect(line.text(.indonesian).contains("tidak dapat diurai"))
  }

  @Test func `a frame is one object for programs`() throws {
    // GOAWAY, last stream 15, code 0, final, "bye".
    let bytes: [UInt8] = [0, 0, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 15, 0, 0, 0, 0, 1, 0] + Array("bye".utf8)
    let record = FrameLine(try frame(bytes)).record(.english)
    #expect(record.count == FrameLine.columns.count)
    let object = JSONText.compact(Document(columns: FrameLine.columns).named(record))
    #expect(
      object
        == #"{"time":null,"connection":null,"direction":null,"type":"GOAWAY","stream":0,"flags":[],"codec":0,"bytes":13,"fields":{"last_stream":15,"code":"none","reason":"bye","final":true},"problem":null}"#
    )
  }

  @Test(arguments: [
    (UInt64(0), "1970-01-01T00:00:00.000000000Z"), (1_000_000_001, "1970-01-01T00:00:01.000000001Z"),
    (1_795_317_967_120_000_000, "2026-11-22T03:26:07.120000000Z"),
  ])
  func `time is in UTC, to the nanosecond`(nanoseconds: UInt64, text: String) {
    #expect(FrameLine.clock(nanoseconds) == text)
  }

  @Test(arguments: FrameLogFault.Reason.allCases)
  func `a log that can't be read is told in both languages, and where`(reason: FrameLogFault.Reason) {
    let failure = FrameLogFault(reason: reason, byte: 4_711).failure("/x.frames")
    #expect(failure.exit == .invalidData && failure.reason == reason.rawValue)
    #expect(failure.message.id != failure.message.en && failure.message.en.contains("/x.frames"))
    #expect(failure.parameters["byte"] == "4711")
    if reason == .truncated || reason == .corrupt {
      #expect(failure.message.id.contains("4711") && failure.message.en.contains("4711"))
    }
  }

  @Test(arguments: [
    ["frames", "decode"], ["frames", "decode", "a", "--hex", "b"], ["frames", "decode", "a", "--stream", "-1"],
  ])
  func `wrong arguments are refused`(arguments: [String]) {
    #expect(throws: (any Error).self) { try SeratusCommand.parseAsRoot(arguments) }
  }
}
