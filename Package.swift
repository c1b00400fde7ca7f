// swift-tools-version: 6.2
import PackageDescription

// One set of rules for every target: Swift 6 mode, strict imports, warnings are errors.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let protobufPlugin = Target.Dependency.product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let metricsTesting = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: house)
}

let package = Package(
  name: "seratus",
  products: [
    .library(name: "Lontar", targets: ["Lontar"]),
    .library(name: "RegistryClient", targets: ["RegistryClient"]),
    .executable(name: "seratus", targets: ["seratus"]),
    .executable(name: "seratusd", targets: ["seratusd"]),
    .executable(name: "protoc-gen-lontar", targets: ["protoc-gen-lontar"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries. Only LontarTLS and RegistryAccess see OpenSSL, only PostgresClient sees libpq, only LontarCompression zlib and
    // Zstandard.
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

    // Lontar, the RPC library. It knows no registry.
    room("LontarWire", [nioCore, deques]),
    room("LontarTLS", ["COpenSSL", nioCore]),
    room("LontarCompression", ["CZlib", "CZstd", nioCore]),
    room("Lontar", ["LontarWire", "LontarTLS", "LontarCompression", nioCore, nioPosix, protobuf, deques, metrics, tracing]),
    room("MetricsText", [metrics, nioCore, nioPosix, nioHTTP1]),
    room("ProtobufReflection", [protobuf]),
    command("protoc-gen-lontar", [protobufPlugin, protobuf]),

    // Seratus, the registry.
    room("PostgresClient", ["CPostgres", logging]),
    room("RegistryModel", []),
    room("CohortAnalysis", ["RegistryModel"]),
    room("RegistryProtocol", ["Lontar", "LontarTLS", "RegistryModel", protobuf]),
    room("RegistryAccess", ["RegistryModel", "COpenSSL"]),
    room("RegistryStore", ["RegistryAccess", "RegistryModel", "CohortAnalysis", "PostgresClient"]),
    room(
      "RegistryServices", ["RegistryProtocol", "RegistryAccess", "RegistryStore", "RegistryModel", "CohortAnalysis", "Lontar"]),
    room(
      "RegistryServer",
      [
        "RegistryServices", "RegistryProtocol", "RegistryStore", "RegistryAccess", "RegistryModel", "PostgresClient", "Lontar",
        "LontarTLS", "MetricsText", lifecycle, signals, configuration, logging,
      ]),
    room("RegistryClient", ["RegistryProtocol", "Lontar", "LontarTLS", protobuf]),
    command(
      "seratusd",
      [
        "RegistryServer", "RegistryServices", "RegistryProtocol", "RegistryStore", "RegistryAccess", "RegistryModel",
        "PostgresClient",
        arguments, logging,
      ]),
    command(
      "seratus",
      ["RegistryClient", "RegistryProtocol", "RegistryModel", "ProtobufReflection", "Lontar", "LontarTLS", arguments, protobuf]),

    // Tests. RegistryTestKit holds what several of them need.
    .target(
      name: "RegistryTestKit",
      dependencies: ["PostgresClient", "RegistryStore", "RegistryAccess", "RegistryModel", logging],
      path: "Tests/RegistryTestKit",
      swiftSettings: house),
    .target(
      name: "LontarTesting",
      dependencies: ["Lontar", "LontarTLS", "LontarCompression", "LontarWire", nioCore, nioPosix, protobuf],
      path: "Tests/LontarTesting", swiftSettings: house),
    tests("LontarWireTests", ["LontarWire", nioCore]),
    tests("LontarTLSTests", ["LontarTLS", "COpenSSL", nioCore, nioPosix, nioEmbedded]),
    tests("LontarCompressionTests", ["LontarCompression", nioCore]),
    tests(
      "LontarTests",
      [
        "Lontar", "LontarWire", "LontarTLS", "LontarCompression", "LontarTesting", nioCore, nioPosix, deques, metrics,
        metricsTesting, tracing, protobuf,
      ]),
    tests("MetricsTextTests", ["MetricsText", metrics, nioCore, nioPosix]),
    tests("ProtobufReflectionTests", ["ProtobufReflection", "LontarTesting", "Lontar", "RegistryProtocol", protobuf]),
    tests("PostgresClientTests", ["PostgresClient", logging]),
    tests("RegistryModelTests", ["RegistryModel"]),
    tests("CohortAnalysisTests", ["CohortAnalysis", "RegistryModel"], exclude: ["reference.py"]),
    tests("RegistryStoreTests", ["RegistryStore", "RegistryAccess", "RegistryModel", "PostgresClient", "RegistryTestKit"]),
    tests(
      "RegistryServicesTests",
      [
        "RegistryServices", "RegistryServer", "RegistryProtocol", "RegistryAccess", "RegistryStore", "RegistryModel",
        "PostgresClient", "RegistryTestKit", "Lontar", "LontarTesting", "LontarWire", protobuf, nioCore,
      ]),
    tests(
      "SeratusCommandTests",
      [
        "seratus", "RegistryClient", "RegistryProtocol", "RegistryModel", "ProtobufReflection", "Lontar", "LontarTLS", arguments,
        protobuf,
      ]),
    .executableTarget(
      name: "seratus-benchmark", dependencies: ["Lontar", "LontarTLS", "LontarTesting", "RegistryProtocol", arguments],
      path: "Tests/Benchmark", exclude: ["Peers", "README.md", "lontar.sh", "instructions.sh"],
      swiftSettings: house),
    tests("SystemTests", ["RegistryTestKit", "PostgresClient"]),
  ],
  swiftLanguageModes: [.v6]
)
