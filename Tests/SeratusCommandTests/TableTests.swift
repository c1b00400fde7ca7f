import Testing

@testable import seratus

@Suite struct TableTests {
  private let columns: [Table.Column] = [.word("Code"), .text("Name"), .number("n")]

  @Test func `numbers stand to the right and text to the left`() {
    let table = Table(columns, rows: [["35.71", "Kota Kediri", "7"], ["1", "Aceh", "1,250"]])
    #expect(
      table.lines(width: 80) == [
        "Code   Name             n",
        "─────  ───────────  ─────",
        "35.71  Kota Kediri      7",
        "1      Aceh         1,250",
      ])
  }

  @Test func `a line separates totals`() {
    let table = Table([.text("A"), .number("B")], rows: [["x", "1"], ["sum", "1"]], totals: 1)
    #expect(table.lines(width: 80) == ["A    B", "───  ─", "x    1", "───  ─", "sum  1"])
  }

  @Test func `on a narrow terminal text is broken between words and nothing is lost`() {
    let table = Table(columns, rows: [["35.71", "Kota Kediri Jaya Sentosa", "7"]])
    #expect(
      table.lines(width: 24) == [
        "Code   Name            n",
        "─────  ──────────────  ─",
        "35.71  Kota Kediri     7",
        "       Jaya Sentosa",
      ])
  }

  @Test func `where no column can give way each row becomes a block`() {
    let table = Table(columns, rows: [["35.71", "Kota Kediri", "7"], ["35.72", "Kota Blitar", "8"]])
    #expect(
      table.lines(width: 19) == [
        "Code  35.71", "Name  Kota Kediri", "n     7", "", "Code  35.72", "Name  Kota Blitar", "n     8",
      ])
  }

  @Test(arguments: [20, 24, 30, 40, 80, 200])
  func `no line is wider than the terminal`(width: Int) {
    let table = Table(columns, rows: [["35.71", "Kabupaten Penukal Abab Lematang Ilir dan sekitarnya", "1234"]])
    #expect(table.lines(width: width).allSatisfy { TextWidth.cells($0) <= width })
  }

  @Test(arguments: [
    ("Kediri", 6), ("Yogyakarta", 10), ("é", 1), ("e\u{301}", 1), ("都市", 4), ("ｱ", 1), ("Ａ", 2), ("🏙", 2), ("", 0), ("─", 1),
  ])
  func `text is measured in cells of the terminal`(text: String, cells: Int) {
    #expect(TextWidth.cells(text) == cells)
  }

  @Test func `composed and decomposed letters align`() {
    let table = Table([.text("A"), .number("n")], rows: [["Café", "1"], ["Cafe\u{301}", "2"], ["都市", "3"]])
    #expect(table.lines(width: 40).suffix(3) == ["Café  1", "Cafe\u{301}  2", "都市  3"])
  }

  @Test func `signs that would move the cursor are made visible`() {
    let table = Table([.text("A")], rows: [["a\u{1B}[31mb\u{202E}c"]])
    #expect(table.lines(width: 40).last == "a\u{FFFD}[31mb\u{FFFD}c")
  }

  @Test func `facts go on in an indented column`() {
    let facts = Facts(["Index": "3.31", "Rank": "one two three four"])
    #expect(facts.lines(width: 20) == ["Index  3.31", "Rank   one two three", "       four"])
  }
}
