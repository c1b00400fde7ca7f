import CLibFuzzer
import Foundation
import NIOCore

// LONTAR_FUZZ_TARGET=NAME lontar-fuzz [libFuzzer's options, corpus folders or files]. The name is no argument, because libFuzzer starts
// itself again with its own arguments when it merges.
// lontar-fuzz seeds COUNT: so many seeded simulations; LONTAR_SIMULATION_SEED=N repeats one in LontarWireTests.
let targets: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32] = [
  "frames": { checkFrames(input($0, $1)) },
  "payloads": { checkPayload(input($0, $1)) },
  "server": { checkServer(input($0, $1)) },
  "client": { checkClient(input($0, $1)) },
  "simulation": { checkSimulation(input($0, $1)) },
]

/// SAFETY: the bytes are libFuzzer's for the time of the call; they are copied here.
func input(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> ByteBuffer {
  ByteBuffer(bytes: UnsafeBufferPointer(start: bytes, count: count))
}

if CommandLine.argc == 3, CommandLine.arguments[1] == "seeds", let count = UInt64(CommandLine.arguments[2]) {
  runSeeds(count)
  exit(0)
}
guard let name = ProcessInfo.processInfo.environment["LONTAR_FUZZ_TARGET"], let target = targets[name] else {
  let names = targets.keys.sorted().joined(separator: "|")
  FileHandle.standardError.write(Data("usage: LONTAR_FUZZ_TARGET=\(names) lontar-fuzz [options]\n".utf8))
  exit(2)
}
// SAFETY: the program's own arguments live as long as it does, and libFuzzer may change them.
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(LLVMFuzzerRunDriver(&count, &arguments, target))
