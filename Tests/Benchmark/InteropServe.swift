internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting

/// Serves gRPC's interoperability cases to another implementation's tests, until its standard input ends.
struct InteropServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "interop-serve")

  @Option(help: "The longest frame with message bytes that it takes.")
  var framePayload = 16_372

  func run() async throws {
    let frames = framePayload
    let echo = try await EchoServer.start(
      register: { $0.register(InteropService()) }, adjust: { $0.limits.framePayloadBytesMax = frames })
    print("\(echo.port) \(try TestCertificates.folder())")
    fflush(nil)
    while readLine() != nil {}
  }
}
