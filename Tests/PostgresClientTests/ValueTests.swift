import PostgresClient
import Testing

extension ServerTests {
  @Suite struct ValueTests {
    /// Sends a value, lets the server compare it with its own reading of `literal`, and returns the row.
    private func sent(_ value: PostgresValue, as type: String, equals literal: String) async throws -> PostgresRow {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        try await pool.rows("select $1::\(type) as value, $1::\(type) is not distinct from \(literal)::\(type) as same", [value])[
          0]
      }
    }

    @Test(arguments: [
      (Int64.min, "int8", "-9223372036854775808"), (Int64.max, "int8", "9223372036854775807"), (0, "int8", "0"),
      (-1, "int4", "-1"), (2_147_483_647, "int4", "2147483647"), (-2_147_483_648, "int4", "-2147483648"),
      (-32_768, "int2", "-32768"), (32_767, "int2", "32767"), (1_000_000_007, "int8", "1000000007"),
    ])
    func `integers of every width`(number: Int64, type: String, literal: String) async throws {
      let row = try await sent(.int8(number), as: type, equals: "'\(literal)'")
      #expect(try row.bool("same"))
      #expect(try row.int64("value") == number)
      if let narrow = Int32(exactly: number) {
        let narrowRow = try await sent(.int4(narrow), as: type, equals: "'\(literal)'")
        #expect(try narrowRow.bool("same"))
      }
    }

    @Test(arguments: [
      (0.1, "0.1"), (-0.0, "-0"), (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e308"),
      (.infinity, "Infinity"), (-.infinity, "-Infinity"), (1 / 3, "0.3333333333333333"), (1e22, "1e22"),
    ])
    func `doubles to the last bit`(number: Double, literal: String) async throws {
      let row = try await sent(.double(number), as: "float8", equals: "'\(literal)'")
      #expect(try row.bool("same"))
      #expect(try row.double("value").bitPattern == number.bitPattern)
    }

    @Test func `not a number`() async throws {
      let row = try await sent(.double(.nan), as: "float8", equals: "'NaN'")
      #expect(try row.bool("same"))
      #expect(try row.double("value").isNaN)
    }

    @Test(arguments: [
      ("", "''"), ("Bandar Lampung", "'Bandar Lampung'"), ("it's \"q\" \\ {a,b}", "'it''s \"q\" \\ {a,b}'"),
      ("é😀", "U&'\\00e9\\+01F600'"), ("NULL", "'NULL'"), ("a\nb", "E'a\\nb'"),
    ])
    func `texts, alone and in arrays`(text: String, literal: String) async throws {
      let row = try await sent(.text(text), as: "text", equals: literal)
      #expect(try row.bool("same"))
      #expect(try row.string("value") == text)
      let arrayRow = try await sent(.textArray([text, nil, text]), as: "text[]", equals: "array[\(literal), null, \(literal)]")
      #expect(try arrayRow.bool("same"))
      let values: [String?] = try arrayRow["value"]
      #expect(values == [text, nil, text])
    }

    @Test(arguments: [([], "''"), ([0], "'\\x00'"), ([0, 255, 92, 39], "'\\x00ff5c27'")] as [([UInt8], String)])
    func `bytes, empty and NUL included`(bytes: [UInt8], literal: String) async throws {
      let row = try await sent(.bytea(bytes), as: "bytea", equals: literal)
      #expect(try row.bool("same"))
      #expect(try row.bytes("value") == bytes)
      #expect(try !row.isNull("value"))
    }

    @Test(arguments: [
      (2000, 1, 1, "2000-01-01"), (1970, 1, 1, "1970-01-01"), (2024, 2, 29, "2024-02-29"), (1900, 3, 1, "1900-03-01"),
      (1, 1, 1, "0001-01-01"), (9999, 12, 31, "9999-12-31"), (2026, 8, 17, "2026-08-17"),
    ])
    func `days of the calendar`(year: Int, month: Int, day: Int, literal: String) async throws {
      let date = try #require(PostgresDate(year: year, month: month, day: day))
      let row = try await sent(.date(date), as: "date", equals: "'\(literal)'")
      #expect(try row.bool("same"))
      #expect(try row.date("value") == date)
      #expect(try row.string("value") == literal)
      #expect(date.civil == (year, month, day))
      let arrayRow = try await sent(.dateArray([date, nil]), as: "date[]", equals: "array['\(literal)', null]")
      #expect(try arrayRow.bool("same"))
    }

    @Test(arguments: [
      (2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (0, 1, 1), (10_000, 1, 1),
    ])
    func `days no calendar has`(year: Int, month: Int, day: Int) {
      #expect(PostgresDate(year: year, month: month, day: day) == nil)
    }

    @Test(
      arguments: [
        (0, "1970-01-01T00:00:00Z"), (946_684_800_000_000, "2000-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (1_709_164_800_123_456, "2024-02-29T00:00:00.123456Z"), (946_684_799_999_999, "1999-12-31T23:59:59.999999Z"),
      ] as [(Int64, String)])
    func `instants to the microsecond`(unixMicroseconds: Int64, literal: String) async throws {
      let instant = PostgresTimestamp(unixMicroseconds: unixMicroseconds)
      let row = try await sent(.timestamp(instant), as: "timestamptz", equals: "'\(literal)'")
      #expect(try row.bool("same"))
      #expect(try row.timestamp("value") == instant)
      #expect(try row.string("value") == literal)
      #expect(instant.unixMicroseconds == unixMicroseconds)
    }

    @Test func `uuids keep their bytes in order`() async throws {
      let text = "00112233-4455-6677-8899-aabbccddeeff"
      let uuid = PostgresUUID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)
      let row = try await sent(.uuid(uuid), as: "uuid", equals: "'\(text)'")
      #expect(try row.bool("same"))
      #expect(try row.uuid("value") == uuid)
      #expect(try row.string("value") == text)
      #expect(PostgresUUID(bytes: uuid.bytes) == uuid)
      #expect(PostgresUUID(bytes: uuid.bytes.dropLast()) == nil)
      let arrayRow = try await sent(.uuidArray([nil, uuid]), as: "uuid[]", equals: "array[null, '\(text)']")
      #expect(try arrayRow.bool("same"))
    }

    @Test(arguments: ["json", "jsonb"])
    func `documents as json and jsonb`(type: String) async throws {
      let text = #"{"kota": "Metro"}"#
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let row = try await pool.rows("select $1::\(type) as value, $1::\(type) ->> 'kota' as kota", [.json(text)])[0]
        #expect(try row.string("value") == text)
        #expect(try row.string("kota") == "Metro")
      }
    }

    @Test func `arrays of numbers and truths`() async throws {
      let numbers = try await sent(.int8Array([1, nil, .min]), as: "int8[]", equals: "array[1, null, -9223372036854775808]")
      #expect(try numbers.bool("same"))
      let values: [Int64?] = try numbers["value"]
      #expect(values == [1, nil, .min])
      #expect(try await sent(.int4Array([]), as: "int4[]", equals: "'{}'").bool("same"))
      #expect(try await sent(.boolArray([true, nil, false]), as: "bool[]", equals: "array[true, null, false]").bool("same"))
      #expect(
        try await sent(.doubleArray([0.5, nil, -.infinity]), as: "float8[]", equals: "'{0.5,NULL,-Infinity}'").bool("same"))
    }

    @Test(arguments: ["int8", "text", "bytea", "uuid", "date", "timestamptz", "bool", "float8", "jsonb", "text[]"])
    func `NULL of every type`(type: String) async throws {
      let row = try await sent(.null, as: type, equals: "null")
      #expect(try row.bool("same"))
      #expect(try row.isNull("value"))
      let asText: String? = try row["value"]
      let asNumber: Int? = try row["value"]
      #expect(asText == nil && asNumber == nil)
      #expect(throws: PostgresError.self) { try row.int("value") }
    }

    @Test(arguments: [PostgresValue.text("a\0b"), .json("\0"), .textArray(["a", nil, "\0"])])
    func `a text with NUL is refused before it is sent`(value: PostgresValue) async throws {
      try await TestDatabase.withPool { pool in
        let error = await pool.error(PostgresRequest("select $1, $2", [.null, value]))
        #expect(error?.code == .misuse)
        #expect(error?.message.contains("Parameter 2") == true)
        #expect(pool.statistics.roundTrips == 0)
      }
    }

    @Test func `a reading that cannot be right is an error, not a value`() async throws {
      try await TestDatabase.withPool { pool in
        let row = try await pool.rows("select 1.5::numeric as n, 'x'::text as t, 5000000000::int8 as big")[0]
        #expect(throws: PostgresError.self) { try row.int("n") }
        #expect(throws: PostgresError.self) { try row.int("t") }
        #expect(throws: PostgresError.self) { try row.date("t") }
        #expect(throws: PostgresError.self) { try row.int("absent") }
        #expect(throws: PostgresError.self) { try row.int(3) }
        #expect(throws: PostgresError.self) { try row.int(.index(-1)) }
        #expect(throws: PostgresError.self) { let _: Int32 = try row["big"] }
        #expect(try row.int64("big") == 5_000_000_000)
      }
    }

    @Test func `commands tell what they touched`() async throws {
      let table = TestDatabase.freshName("touched")
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        _ = try await pool.rows("create table \(table) (n int8)")
        let inserted = try await pool.execute(PostgresRequest("insert into \(table) select generate_series(1, 5)"))[0]
        #expect(inserted.affectedRows == 5)
        #expect(inserted.commandTag == "INSERT 0 5")
        #expect(inserted.rowCount == 0 && inserted.first == nil)
        let selected = try await pool.execute(PostgresRequest("select n, n * 2 as twice from \(table) order by n"))[0]
        #expect(selected.columnNames == ["n", "twice"])
        let twice = try selected.column("twice")
        #expect(try selected.rows.map { try $0.int(twice) } == [2, 4, 6, 8, 10])
      }
    }
  }
}
