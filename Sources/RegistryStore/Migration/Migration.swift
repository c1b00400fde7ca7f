internal import FoundationEssentials

/// One numbered step of the schema: `db/migrations/0007_access.sql`.
package struct Migration: Sendable, Hashable {
  /// From 1, without gaps.
  package let version: Int
  package let name: String
  package let sql: String

  package init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }

  /// `0007_access.sql`
  package var fileName: String {
    let digits = String(version)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name + ".sql"
  }

  /// Nil for a name that is not four digits, an underscore, lower-case words and `.sql`.
  package init?(fileName: String, sql: String) {
    guard fileName.hasSuffix(".sql") else { return nil }
    let parts = fileName.dropLast(4).split(separator: "_", maxSplits: 1)
    let isNameByte = { (byte: UInt8) in
      byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard parts.count == 2, parts[0].utf8.count == 4, let version = Int(parts[0]), version > 0,
      parts[1].utf8.allSatisfy(isNameByte)
    else { return nil }
    self.init(version: version, name: String(parts[1]), sql: sql)
  }
}

/// What makes a database a registry: the roles of the cluster and the migrations, in order.
package struct Schema: Sendable {
  package let roles: String
  package let migrations: [Migration]

  /// - Throws: `MigrationError` for a gap or two files of one number.
  package init(roles: String, migrations: [Migration]) throws(MigrationError) {
    self.roles = roles
    self.migrations = migrations.sorted { $0.version < $1.version }
    for (index, migration) in self.migrations.enumerated() where migration.version != index + 1 {
      throw MigrationError(
        .gap(expected: index + 1, found: migration.fileName),
        "the migration after \(index) is \(migration.fileName); its number must be \(index + 1)")
    }
  }

  /// Reads `roles.sql` and `migrations/*.sql` of a folder laid out like `db`.
  package init(folder: String) throws {
    let roles = try TextFile.read("\(folder)/roles.sql")
    let names = try TextFile.list("\(folder)/migrations").filter { $0.hasSuffix(".sql") }
    var migrations: [Migration] = []
    for name in names.sorted() {
      guard let migration = Migration(fileName: name, sql: try TextFile.read("\(folder)/migrations/\(name)")) else {
        throw MigrationError(
          .badFileName(name), "\(folder)/migrations/\(name) is not named like 0007_access.sql; rename or remove it")
      }
      migrations.append(migration)
    }
    try self.init(roles: roles, migrations: migrations)
  }
}

/// Files that are read whole: SQL and reference data.
enum TextFile {
  /// Larger than any file of db/, small enough for memory.
  static let bytesMax = 64 * 1_048_576

  static func read(_ path: String) throws(FileError) -> String {
    guard let text = String(validating: try bytes(path), as: UTF8.self) else {
      throw FileError(path: path, message: "\(path) is not UTF-8; save it as UTF-8")
    }
    return text
  }

  static func bytes(_ path: String) throws(FileError) -> [UInt8] {
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      guard data.count <= bytesMax else {
        throw FileError(path: path, message: "\(path) has \(data.count) bytes; at most \(bytesMax) are read")
      }
      return [UInt8](data)
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(path: path, message: "\(path) can't be read", detail: "\(error)")
    }
  }

  static func list(_ path: String) throws(FileError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw FileError(path: path, message: "the folder \(path) can't be read", detail: "\(error)")
    }
  }
}

package struct FileError: Error, Sendable, CustomStringConvertible {
  package let path: String
  package let message: String
  package let detail: String?

  init(path: String, message: String, detail: String? = nil) {
    self.path = path
    self.message = message
    self.detail = detail
  }

  package var description: String { message }
}
