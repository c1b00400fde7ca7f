internal import ProtobufReflection
internal import RegistryModel

/// `describe`: all services.
struct ServicesView {
  let services: [ServiceType]

  func document(_ language: Language) -> Document {
    var document = Document()
    document.blocks = [
      .table(
        Table(
          [
            .word(language[DescribeWords.service]), .number(language[DescribeWords.methods]),
            .text(language[DescribeWords.comment]),
          ],
          rows: services.map { [$0.name, "\($0.methods.count)", $0.comment] }))
    ]
    document.columns = ["service", "methods", "comment"]
    document.records = services.map { [.text($0.name), .integer($0.methods.count), .words($0.comment)] }
    document.object = .object(["services": .list(services.map(\.output))])
    return document
  }
}

/// `describe SYMBOL`.
struct SymbolView {
  let pool: DescriptorPool
  let name: String

  /// - Throws: `SYMBOL_UNKNOWN` for what is neither service, method, message nor enum.
  func document(_ language: Language) throws -> Document {
    if let service = pool.services[name] { return serviceDocument(service, service.methods, language) }
    if let type = pool.messages[name] { return messageDocument(type, language) }
    if let type = pool.enums[name] { return enumDocument(type, language) }
    if let (service, method) = pool.method(name) { return methodDocument(service, method, language) }
    throw ServerSchema.unknown(name, near: [])
  }

  private func head(_ word: Localized, _ name: String, _ comment: String, _ language: Language) -> [Document.Block] {
    [.title("\(language[word]) \(name)")] + (comment.isEmpty ? [] : [.paragraph(comment)])
  }

  // MARK: Services

  private func serviceDocument(_ service: ServiceType, _ methods: [MethodType], _ language: Language) -> Document {
    var document = Document()
    document.blocks =
      head(DescribeWords.service, service.name, service.comment, language) + [
        .table(
          Table(
            [
              .word(language[DescribeWords.method]), .word(language[DescribeWords.kind]), .text(language[DescribeWords.request]),
              .text(language[DescribeWords.answer]), .text(language[DescribeWords.comment]),
            ],
            rows: methods.map { [$0.name, $0.kind, $0.request, $0.response, $0.comment] }))
      ]
    document.columns = ["service", "method", "kind", "request", "response", "comment"]
    document.records = methods.map { method in
      [
        .text(service.name), .text(method.name), .text(method.kind), .text(method.request), .text(method.response),
        .words(method.comment),
      ]
    }
    document.object = service.output
    return document
  }

  private func methodDocument(_ service: ServiceType, _ method: MethodType, _ language: Language) -> Document {
    var document = serviceDocument(service, [method], language)
    document.blocks =
      head(DescribeWords.method, "\(service.name)/\(method.name)", method.comment, language) + [
        .facts(
          Facts([
            language[DescribeWords.kind]: method.kind, language[DescribeWords.request]: method.request,
            language[DescribeWords.answer]: method.response,
          ]))
      ]
    for (word, name) in [(DescribeWords.request, method.request), (DescribeWords.answer, method.response)] {
      guard let type = pool.messages[name] else { continue }
      document.blocks += [.heading("\(language[word]): \(name)")] + (type.comment.isEmpty ? [] : [.paragraph(type.comment)])
      document.blocks.append(.table(table(type, language)))
    }
    let types = [method.request, method.response].compactMap { pool.messages[$0].map(output) }
    document.object = .object(["service": .text(service.name), "method": method.output, "messages": .list(types)])
    return document
  }

  // MARK: Messages and enums

  private func messageDocument(_ type: MessageType, _ language: Language) -> Document {
    var document = Document()
    document.blocks =
      head(DescribeWords.message, type.name, type.comment, language) + [.table(table(type, language))]
    document.columns = ["message", "number", "field", "json_name", "type", "oneof", "comment"]
    document.records = type.fields.map { field in
      [
        .text(type.name), .integer(Int(field.number)), .text(field.name), .text(field.jsonName), .text(pool.word(field)),
        .optionalText(field.oneof), .words(field.comment),
      ]
    }
    document.object = output(type)
    return document
  }

  private func table(_ type: MessageType, _ language: Language) -> Table {
    Table(
      [
        .number(language[DescribeWords.number]), .word(language[DescribeWords.field]), .text(language[DescribeWords.type]),
        .text(language[DescribeWords.comment]),
      ],
      rows: type.fields.map { field in
        let oneof = field.oneof.map { "(\($0)) " } ?? ""
        return ["\(field.number)", field.name, oneof + pool.word(field), field.comment]
      })
  }

  private func output(_ type: MessageType) -> OutputValue {
    .object([
      "message": .text(type.name), "comment": .words(type.comment),
      "fields": .list(
        type.fields.map { field in
          .object([
            "number": .integer(Int(field.number)), "name": .text(field.name), "json_name": .text(field.jsonName),
            "type": .text(pool.word(field)), "oneof": .optionalText(field.oneof), "comment": .words(field.comment),
          ])
        }),
    ])
  }

  private func enumDocument(_ type: EnumType, _ language: Language) -> Document {
    var document = Document()
    document.blocks =
      head(DescribeWords.enumeration, type.name, type.comment, language) + [
        .table(
          Table(
            [
              .number(language[DescribeWords.number]), .word(language[DescribeWords.value]),
              .text(language[DescribeWords.comment]),
            ],
            rows: type.values.map { ["\($0.number)", $0.name, $0.comment] }))
      ]
    document.columns = ["enum", "number", "value", "comment"]
    document.records = type.values.map { value in
      [.text(type.name), .integer(Int(value.number)), .text(value.name), .words(value.comment)]
    }
    document.object = .object([
      "enum": .text(type.name), "comment": .words(type.comment),
      "values": .list(
        type.values.map { value in
          .object(["number": .integer(Int(value.number)), "name": .text(value.name), "comment": .words(value.comment)])
        }),
    ])
    return document
  }
}

extension DescriptorPool {
  /// A field's type as .proto files write it.
  fileprivate func word(_ field: FieldType) -> String {
    if let (key, value) = mapEntry(field) { return "map<\(key.kind.word), \(value.kind.word)>" }
    return (field.isRepeated ? "repeated " : field.isOptional ? "optional " : "") + field.kind.word
  }
}

extension MethodType {
  fileprivate var kind: String {
    switch (streamsRequests, streamsResponses) {
    case (false, false): "unary"
    case (false, true): "server-streaming"
    case (true, false): "client-streaming"
    case (true, true): "bidirectional"
    }
  }

  fileprivate var output: OutputValue {
    .object([
      "name": .text(name), "kind": .text(kind), "request": .text(request), "response": .text(response),
      "comment": .words(comment),
    ])
  }
}

extension ServiceType {
  fileprivate var output: OutputValue {
    .object(["service": .text(name), "comment": .words(comment), "methods": .list(methods.map(\.output))])
  }
}

private enum DescribeWords {
  private static func pair(_ id: StaticString, _ en: StaticString) -> Localized { Localized(fixedID: id, en: en) }

  static let service = pair("Layanan", "Service")
  static let method = pair("Metode", "Method")
  static let methods = pair("Metode", "Methods")
  static let kind = pair("Jenis", "Kind")
  static let request = pair("Permintaan", "Request")
  static let answer = pair("Jawaban", "Answer")
  static let comment = pair("Keterangan", "Comment")
  static let message = pair("Pesan", "Message")
  static let enumeration = pair("Enum", "Enum")
  static let number = pair("Nomor", "Number")
  static let field = pair("Isian", "Field")
  static let type = pair("Tipe", "Type")
  static let value = pair("Nilai", "Value")
}
