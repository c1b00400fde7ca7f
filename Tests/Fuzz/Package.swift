// swift-tools-version: 6.2
import PackageDescription

// libFuzzer with AddressSanitizer on LontarWire. A package of its own, because everything in it is built with instrumentation;
// LontarWire's sources are linked in. scripts/fuzz builds and runs it.
let instrumented: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

let package = Package(
  name: "fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    .target(
      name: "LontarWire",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: instrumented),
    .executableTarget(
      name: "lontar-fuzz",
      dependencies: [
        "CLibFuzzer", "LontarWire", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      path: "Sources/LontarFuzz", swiftSettings: instrumented),
  ],
  swiftLanguageModes: [.v6]
)
