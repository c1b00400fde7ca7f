internal import SwiftProtobufPluginLibrary

/// `protoc --lontar_out`: writes `X.lontar.swift` beside swift-protobuf's `X.pb.swift`, one client and one handler protocol per service.
///
/// Options: `Visibility=Public|Package|Internal` (default Internal), `Module=NAME` (the generated code imports Lontar unless it is
/// part of it), `FileNaming=PathToUnderscores|DropPath|FullPath` as in swift-protobuf. With `Descriptors=NAME` it writes instead one file,
/// `NAME.descriptors.swift`, with the descriptors of all files named as `DescriptorSet.NAME`.
@main
struct LontarGenerator: CodeGenerator {
  var supportedFeatures: [Google_Protobuf_Compiler_CodeGeneratorResponse.Feature] { [.proto3Optional] }

  func generate(
    files: [FileDescriptor], parameter: any CodeGeneratorParameter, protoCompilerContext: any ProtoCompilerContext,
    generatorOutputs: any GeneratorOutputs
  ) throws {
    let options = try Options(parameter.parsedPairs)
    if let name = options.descriptors {
      let text = try DescriptorPrinter(options: options, name: name).text(files)
      return try generatorOutputs.add(fileName: "\(name).descriptors.swift", contents: text)
    }
    for file in files where !file.services.isEmpty {
      var printer = FilePrinter(options: options)
      printer.printFile(file)
      try generatorOutputs.add(fileName: options.fileName(of: file.name), contents: printer.text)
    }
  }
}

struct Options {
  var visibility = "internal"
  var isPartOfLontar = false
  var naming = "FullPath"
  /// The name of the descriptor set to write; nil: clients and handlers are written.
  var descriptors: String?

  init(_ pairs: [(key: String, value: String)]) throws {
    for (key, value) in pairs {
      switch (key, value) {
      case ("Visibility", "Public"), ("Visibility", "Package"), ("Visibility", "Internal"): visibility = value.lowercased()
      case ("Descriptors", let name) where !name.isEmpty: descriptors = name
      case ("Module", _): isPartOfLontar = value == "Lontar"
      case ("FileNaming", "PathToUnderscores"), ("FileNaming", "DropPath"), ("FileNaming", "FullPath"): naming = value
      default: throw GeneratorError("protoc-gen-lontar does not know the option \(key)=\(value)")
      }
    }
  }

  func fileName(of proto: String) -> String {
    let base = proto.hasSuffix(".proto") ? String(proto.dropLast(6)) : proto
    let parts = base.split(separator: "/")
    return switch naming {
    case "PathToUnderscores": parts.joined(separator: "_") + ".lontar.swift"
    case "DropPath": (parts.last.map(String.init) ?? base) + ".lontar.swift"
    default: base + ".lontar.swift"
    }
  }
}

struct GeneratorError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
