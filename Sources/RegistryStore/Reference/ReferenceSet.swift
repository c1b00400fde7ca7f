internal import RegistryModel

/// All reference files of a folder, read and checked before anything is written.
package struct ReferenceSet: Sendable {
  let tables: [ReferenceTable]

  /// Reads `FOLDER/*.csv`.
  /// - Throws: `ReferenceError` with every problem found, up to a hundred.
  package init(folder: String) throws(ReferenceError) {
    try self.init { (name) throws(FileError) in try TextFile.bytes("\(folder)/\(name)") }
  }

  /// - Parameter read: gives the bytes of a file by its name.
  init(read: (String) throws(FileError) -> [UInt8]) throws(ReferenceError) {
    var tables: [ReferenceTable] = []
    var problems: [ReferenceProblem] = []
    for file in ReferenceFile.all {
      do {
        tables.append(try ReferenceTable(file: file, bytes: try read(file.name)))
      } catch let error as FileError {
        problems.append(ReferenceProblem(file: file.name, reason: "FILE_UNREADABLE", message: error.message))
      } catch let error as ModelError {
        problems.append(
          ReferenceProblem(
            file: file.name, row: error.parameters["row"].flatMap { Int($0) }, column: error.parameters["column"],
            reason: error.reason.rawValue, message: "\(error.message); \(error.remedy)"))
      } catch {
        problems.append(ReferenceProblem(file: file.name, reason: "FILE_UNREADABLE", message: "\(error)"))
      }
    }
    problems += tables.flatMap(\.problems)
    // References between files are judged only where each file is sound by itself.
    if problems.isEmpty { problems = ReferenceChecks(tables).problems() }
    guard problems.isEmpty else {
      let shown = Array(problems.prefix(ReferenceLimits.problemsMax))
      throw ReferenceError(
        .invalid, "the reference data have \(problems.count) faults; nothing was loaded", problems: shown)
    }
    self.tables = tables
  }
}
