internal import RegistryClient
internal import RegistryModel

/// A page that opens offline, prints on A4 and needs nothing but itself.
struct HTMLReport {
  let title: String
  let language: Language
  private var sections: [String] = []

  init(title: String, language: Language) {
    self.title = title
    self.language = language
  }

  /// The first block on synthetic data: set apart, so that no print of the page loses it.
  mutating func addBanner(_ text: String) {
    sections.append(Markup.element("p", ["class": "banner", "role": "note"], text: text))
  }

  mutating func add(_ picture: Picture, heading: String, caption: String) {
    let figure = picture.svg + "\n" + Markup.element("figcaption", text: caption)
    sections.append(
      Markup.element("section", inside: Markup.element("h2", text: heading) + "\n" + Markup.element("figure", inside: figure)))
  }

  /// The same blocks as on the terminal: whoever can't see the pictures loses no figure.
  mutating func add(_ blocks: [Document.Block]) {
    sections += blocks.map(\.html)
  }

  var text: String {
    let head = [
      Markup.element("meta", ["charset": "utf-8"]),
      Markup.element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      Markup.element("title", text: title), Markup.element("style", inside: Self.style),
    ].joined(separator: "\n")
    let main = Markup.element(
      "main", inside: "\n" + ([Markup.element("h1", text: title)] + sections).joined(separator: "\n") + "\n")
    let html = Markup.element(
      "html", ["lang": language.rawValue],
      inside: "\n" + Markup.element("head", inside: "\n" + head + "\n") + "\n"
        + Markup.element("body", inside: "\n" + main + "\n") + "\n")
    return "<!DOCTYPE html>\n" + html + "\n"
  }

  static func write(_ report: HTMLReport, to path: String) throws {
    try ReplacingFile.write(report.text, to: path, mode: 0o644)
  }

  private static let style = """

    body { margin: 0; background: #ffffff; color: #1b1b1b; font: 16px/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
    main { max-width: 50rem; margin: 0 auto; padding: 1.5rem; }
    h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
    figure { margin: 0; } svg { width: 100%; height: auto; } figcaption { color: #595959; font-size: 0.875rem; }
    .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.875rem; width: 100%; margin: 0.5rem 0; }
    th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid #d9d9d9; text-align: left; vertical-align: top; }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    tr.total td { border-top: 2px solid #1b1b1b; } dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: 0.25rem 1rem; }
    dt { color: #595959; } dd { margin: 0; overflow-wrap: anywhere; }
    .banner { border: 3px solid #1b1b1b; padding: 0.5rem 1rem; font-weight: 700; }
    @page { size: A4; margin: 15mm; }
    @media print {
      main { max-width: none; padding: 0; } body { font-size: 11pt; }
      section, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; }
    }

    """
}

extension Document.Block {
  var html: String {
    switch self {
    case .title(let text), .heading(let text): Markup.element("h2", text: text)
    case .paragraph(let text): Markup.element("p", text: text)
    case .notes(let notes): Markup.element("ul", inside: notes.map { Markup.element("li", text: $0) }.joined(separator: "\n"))
    case .facts(let facts):
      Markup.element(
        "dl",
        inside: facts.items.map { Markup.element("dt", text: $0.label) + Markup.element("dd", text: $0.value) }.joined(
          separator: "\n"))
    case .table(let table): table.html
    }
  }
}

extension Table {
  fileprivate var html: String {
    let header = columns.map {
      Markup.element("th", ["scope": "col", "class": $0.isNumber ? "number" : "text"], text: $0.header)
    }.joined()
    let body = rows.enumerated().map { position, row in
      let cells = zip(columns, row).map { Markup.element("td", ["class": $0.isNumber ? "number" : "text"], text: $1) }.joined()
      return Markup.element("tr", ["class": position >= rows.count - totals ? "total" : "row"], inside: cells)
    }.joined(separator: "\n")
    let table = Markup.element(
      "table",
      inside: Markup.element("thead", inside: Markup.element("tr", inside: header)) + "\n" + Markup.element("tbody", inside: body)
    )
    return Markup.element("div", ["class": "scroll"], inside: table)
  }
}
