import Foundation
import FoundationXML
import RegistryModel
import RegistryProtocol
import Testing

@testable import seratus

/// Reads a page as XML and keeps what a test asks about.
private final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var ids: [String] = []
  private(set) var texts: [String] = []
  private(set) var links: [String] = []
  private var text = ""

  static func read(_ page: String) throws -> PageReader {
    // XML knows no HTML doctype, and nothing else has to be taken away.
    let reader = PageReader()
    let parser = XMLParser(data: Data(page.replacing("<!DOCTYPE html>\n", with: "").utf8))
    parser.delegate = reader
    let isWellFormed = parser.parse()
    try #require(isWellFormed, "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    return reader
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    if let id = attributes["id"] { ids.append(id) }
    links += ["href", "src", "xlink:href"].compactMap { attributes[$0] }
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    texts.append(text)
    text = ""
  }
}

@Suite struct ReportTests {
  private static func pages(_ language: Language) -> [String] {
    var synthetic = Fixtures.comparison
    synthetic.dataset = Fixtures.synthetic
    return [
      CohortsHTML(comparison: Fixtures.comparison, cohorts: Fixtures.cohorts).page(language).text,
      CohortsHTML(comparison: synthetic, cohorts: Fixtures.cohorts).page(language).text,
      CohortsHTML(comparison: Seratus_V1_CompareCohortsResponse(), cohorts: Seratus_V1_ListCohortsResponse()).page(language).text,
      RegionHTML(view: ReportView(response: Fixtures.report, instrument: Fixtures.instrument)).page(language).text,
      RegionHTML(view: ReportView(response: Seratus_V1_ReportRegionResponse())).page(language).text,
    ]
  }

  @Test(arguments: [Language.indonesian, .english])
  func `every page is well formed, names its language and needs nothing from elsewhere`(language: Language) throws {
    for page in Self.pages(language) {
      let reader = try PageReader.read(page)
      #expect(page.contains("<html lang=\"\(language.rawValue)\">"))
      #expect(reader.elements["script"] == nil && reader.elements["img"] == nil && reader.links.isEmpty)
      #expect(!page.contains("@import") && !page.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
    }
  }

  @Test func `the same data give the same bytes`() {
    #expect(Self.pages(.english) == Self.pages(.english))
  }

  @Test func `every picture has a title and a description, and ids are unique`() throws {
    for page in Self.pages(.english) {
      let reader = try PageReader.read(page)
      let pictures = reader.elements["svg", default: 0]
      #expect(reader.elements["desc", default: 0] == pictures)
      #expect(Set(reader.ids).count == reader.ids.count)
      #expect(page.components(separatedBy: "role=\"img\" aria-labelledby=").count == pictures + 1)
    }
  }

  @Test func `there is one dot for each value`() throws {
    let reader = try PageReader.read(CohortPlot(comparison: Fixtures.comparison).picture(.english).svg)
    #expect(reader.elements["circle"] == 37)
    #expect(reader.texts.contains("Kota Kediri (35.71): 3.31"))
  }

  @Test func `a picture says where there are too few values`() throws {
    let texts = try PageReader.read(CohortPlot(comparison: Fixtures.comparison).picture(.english).svg).texts
    #expect(texts.contains("too few values for quartiles (n = 1)"))
    #expect(texts.contains("no value"))
    let empty = try PageReader.read(CohortPlot(comparison: Seratus_V1_CompareCohortsResponse()).picture(.indonesian).svg).texts
    #expect(empty.contains("Tidak ada daerah dengan nilai yang terlihat."))
  }

  @Test func `missing members are counted by kind, and those that nobody can name stand apart`() {
    let segments = MissingBars.segments(Fixtures.comparison.cohorts[2])
    #expect(segments.map(\.count) == [36, 2, 10])
    #expect(segments.map(\.label.en) == ["with a value", "not reported", "counted by the ministry, not known here"])
    #expect(MissingBars.segments(Fixtures.comparison.cohorts[0]).map(\.count) == [1, 25])
  }

  @Test func `the cumulative chart shows both rules and the ministry's figure`() throws {
    let texts = try PageReader.read(CumulativeChart(response: Fixtures.cohorts).picture(.english).svg).texts
    for figure in ["25", "24", "132*", "131*", "141"] { #expect(texts.contains(figure), "\(figure)") }
  }

  @Test func `synthetic data are marked in title and banner`() throws {
    var comparison = Fixtures.comparison
    comparison.dataset = Fixtures.synthetic
    let texts = try PageReader.read(CohortsHTML(comparison: comparison, cohorts: Fixtures.cohorts).page(.indonesian).text).texts
    #expect(texts.contains("DATA BUATAN (benih 42): bukan fakta."))
    #expect(texts.filter { $0.hasSuffix("[data buatan]") }.count == 2)
  }

  @Test func `names can't become markup`() throws {
    var comparison = Fixtures.comparison
    comparison.values[0].region.name = "<script>alert('x')</script> & \"y\""
    comparison.verdict = [Fixtures.text("<b>", "<b>")]
    let reader = try PageReader.read(CohortsHTML(comparison: comparison, cohorts: Fixtures.cohorts).page(.english).text)
    #expect(reader.elements["script"] == nil && reader.elements["b"] == nil)
  }

  @Test(arguments: [
    ([3.31], 3.0, 4.0), ([0.0, 4.0], 0.0, 4.0), ([1.2, 3.9], 1.0, 4.0), ([2.0, 2.0], 2.0, 3.0), ([10, 95], 0.0, 100.0),
  ])
  func `an axis covers its values with round ticks`(values: [Double], low: Double, high: Double) throws {
    let axis = try #require(Axis(covering: values, from: 0, to: 100))
    #expect(abs(axis.low - low) < 1e-9 && abs(axis.high - high) < 1e-9)
    #expect(axis.ticks.count <= 11)
    #expect(values.allSatisfy { (-0.001...100.001).contains(axis.point($0)) })
  }

  @Test(arguments: [(0.0, "0"), (1.05, "1.1"), (-0.04, "0"), (-2.55, "-2.6"), (720, "720")])
  func `coordinates have one decimal at most`(number: Double, text: String) {
    #expect(Picture.text(number) == text)
  }

  /// WCAG 2.2: relative luminance, and at least 4.5 : 1 for text.
  @Test(arguments: [
    Palette.blue, Palette.paleBlue, Palette.orange, Palette.sky, Palette.purple, Palette.yellow, Palette.grey, Palette.darkGrey,
    Palette.paper,
  ])
  func `text can be read on every colour`(fill: String) {
    #expect(Self.contrast(Palette.ink(on: fill), fill) >= 4.5)
    #expect(Self.contrast(Palette.faint, Palette.paper) >= 4.5)
  }

  private static func contrast(_ first: String, _ second: String) -> Double {
    let (a, b) = (luminance(first), luminance(second))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  private static func luminance(_ color: String) -> Double {
    let value = Int(color.dropFirst(), radix: 16) ?? 0
    let parts = [value >> 16 & 255, value >> 8 & 255, value & 255].map { part -> Double in
      let share = Double(part) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
