import Testing

@testable import RegistryModel

struct CSVTests {
  func read(_ text: String, format: CSVFormat = .standard, limits: CSVLimits = .standard) throws(ModelError) -> [[String]] {
    try read(Array(text.utf8), format: format, limits: limits)
  }

  func read(_ bytes: [UInt8], format: CSVFormat = .standard, limits: CSVLimits = .standard) throws(ModelError) -> [[String]] {
    var reader = CSVReader(format: format, limits: limits)
    var rows = try reader.read(bytes)
    rows += try reader.finish()
    return rows.map(\.fields)
  }

  @Test(arguments: [
    ("", []), ("\n\r\n\n", []), ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]), ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
    ("\"a\"\"b\",\"c,d\",\"e\nf\"\n", [["a\"b", "c,d", "e\nf"]]), ("\"a\r\nb\"\r\n", [["a\r\nb"]]), (",\n", [["", ""]]),
    ("\"\"\n", [[""]]),
    ("\"\"", [[""]]), ("\u{FEFF}a\n", [["a"]]), ("\u{FEFF}\"a\"\n", [["a"]]), ("\u{FEFF}", []), ("ｦ\n", [["ｦ"]]), ("a", [["a"]]),
    ("a,", [["a", ""]]), ("é,ü\n", [["é", "ü"]]), (" a , b \n", [[" a ", " b "]]),
  ])
  func `files as RFC 4180 has them are read`(text: String, expected: [[String]]) throws {
    #expect(try read(text) == expected)
  }

  @Test func `bytes may come one at a time`() throws {
    let text = "\u{FEFF}a;\"b\"\"\r\n;\"\r\nü;2\r\n"
    var reader = CSVReader(format: .excelIndonesian)
    var rows: [CSVRow] = []
    for byte in text.utf8 { rows += try reader.read([byte]) }
    rows += try reader.finish()
    #expect(rows.map(\.fields) == [["a", "b\"\r\n;"], ["ü", "2"]])
    #expect(rows.map(\.line) == [1, 3])
    #expect(rows.map(\.number) == [1, 2])
  }

  @Test(arguments: [
    ("a,b\n1,\"2", ModelError.Reason.csvSyntax, "2", "2", "2"), ("a\n\"1\"x\n", .csvSyntax, "2", "2", "1"),
    ("a\nx\"1\n", .csvSyntax, "2", "2", "1"),
    ("a\n1\r2\n", .csvSyntax, "2", "2", "1"), ("a\n1\r", .csvSyntax, "2", "2", "1"), ("a\n\n\n1,\0\n", .csvSyntax, "2", "4", "2"),
    ("a\n\"x\ny\",\"z\"!", .csvSyntax, "2", "3", "2"),
  ])
  func `what is no file is refused with row, line and column`(
    text: String, reason: ModelError.Reason, row: String, line: String, column: String
  ) throws {
    let error = try #require(failure { () throws(ModelError) in try read(text) })
    #expect(error.reason == reason)
    #expect(error.parameters["row"] == row)
    #expect(error.parameters["line"] == line)
    #expect(error.parameters["column"] == column)
  }

  @Test(
    arguments: [[0xFF, 0x0A], [0x61, 0xC3, 0x0A], [0xEF, 0xBB, 0x0A], [0xEF, 0xBB], [0xED, 0xA0, 0x80, 0x0A]] as [[UInt8]])
  func `what is not UTF-8 is refused`(bytes: [UInt8]) {
    #expect(failure { () throws(ModelError) in try read(bytes) }?.reason == .csvEncoding)
  }

  @Test(arguments: [("1234", true), ("12345", false), ("\"1234\"", true), ("\"12345\"", false)])
  func `a field may hold fieldBytesMax bytes and not one more`(text: String, isFine: Bool) {
    let limits = CSVLimits(fieldBytesMax: 4, rowBytesMax: 100, columnsMax: 3, totalBytesMax: 100)
    #expect(((try? read(text, limits: limits)) != nil) == isFine)
  }

  @Test(arguments: [
    ("1,2,3", true), ("1,2,3,4", false), ("123,5678", true), ("123,56789", false), ("1\n2\n3\n4\n5\n6\n", true),
    ("1\n2\n3\n4\n5\n6\n7", false),
  ])
  func `columns, rows and files have their bounds`(text: String, isFine: Bool) {
    let limits = CSVLimits(fieldBytesMax: 100, rowBytesMax: 8, columnsMax: 3, totalBytesMax: 12)
    let error: ModelError.Reason?
    do throws(ModelError) {
      _ = try read(text, limits: limits)
      error = nil
    } catch let caught { error = caught.reason }
    #expect(error == (isFine ? nil : .csvTooLarge))
  }

  @Test func `a table knows its columns and names the row that is short`() throws {
    let table = try CSVTable("id,name\n1,Kota Kediri\n2,\n".utf8, required: ["name"])
    #expect(try table.text(table.rows[0], "name") == "Kota Kediri")
    #expect(try table.optional(table.rows[1], "name") == nil)
    #expect(failure { () throws(ModelError) in try table.text(table.rows[0], "kind") }?.reason == .csvMissingColumn)
    #expect(failure { () throws(ModelError) in try CSVTable("id\n".utf8, required: ["name"]) }?.reason == .csvMissingColumn)
    #expect(failure { () throws(ModelError) in try CSVTable("id,id\n".utf8) }?.reason == .duplicateKey)
    #expect(failure { () throws(ModelError) in try CSVTable("".utf8) }?.reason == .emptyList)
    let error = failure { () throws(ModelError) in try CSVTable("a,b\n1,2\n\n3\n".utf8) }
    #expect(error?.reason == .csvFieldCount)
    #expect(error?.parameters == ["row": "3", "line": "4", "fields": "1", "expected": "2"])
  }

  @Test func `a bad value can be told where it stands`() throws {
    let table = try CSVTable("year\n20x2\n".utf8)
    let error = ModelError(.badYear, field: "year", message: "no year", remedy: "write 2022").at(table.rows[0], column: "year")
    #expect(error.message == "row 2 (line 2), year: no year")
    #expect(error.parameters["line"] == "2")
  }

  @Test func `the writer quotes only what needs it`() {
    let writer = CSVWriter()
    #expect(writer.header(["a", "b,c"]) == "a,\"b,c\"\n")
    #expect(
      writer.row([.text("x\"y"), .text("a\r\nb"), .number(decimal("3.60")), .integer(-7), .code("35.71"), .empty])
        == "\"x\"\"y\",\"a\r\nb\",3.60,-7,35.71,\n")
    #expect(writer.row([.text("=1+1")]) == "=1+1\n")
    #expect(writer.row([.empty]) == "\"\"\n")
  }

  @Test func `Excel in Indonesian gets semicolons, commas, a mark, codes as text and no formulas`() {
    let writer = CSVWriter(format: .excelIndonesian)
    #expect(writer.header(["kode", "nilai"]) == "\u{FEFF}kode;nilai\r\n")
    #expect(
      writer.row([.code("35.71"), .number(decimal("-3.31")), .text("=HYPERLINK(1)"), .text("a;b")])
        == "\"=\"\"35.71\"\"\";-3,31;'=HYPERLINK(1);\"a;b\"\r\n")
  }

  @Test(arguments: [
    "=1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''=1", "'plain", "plain", "", "=\"35.71\"", "a\"b;c", "\u{FEFF}", "é\n", "'",
    "=\"", "-", " =1",
  ])
  func `every text comes back as it was written`(text: String) throws {
    for format in [CSVFormat.standard, .tabs, .excelIndonesian] {
      let writer = CSVWriter(format: format)
      let file = writer.header(["first", "second"]) + writer.row([.text(text), .code("35.71")])
      #expect(try read(file, format: format) == [["first", "second"], [text, "35.71"]])
    }
  }
}
