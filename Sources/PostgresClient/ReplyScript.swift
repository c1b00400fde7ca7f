/// What the server owes for one request, in order: a value without I/O.
///
///     [prepare … sync]  [begin] step … step sync  [commit sync]
///
/// Preparations have a Sync of their own, so that a refused first step does not take them along. COMMIT follows a Sync
/// of its own too: after an error the server skips to the Sync and then COMMIT ends the failed transaction, so that the
/// connection is clean for the request behind without waiting for an answer.
struct ReplyScript: Equatable {
  enum Expectation: Equatable {
    case prepare(Int)
    case begin
    case step(Int)
    case commit
    case sync
    /// The Sync that closes the request.
    case lastSync
    /// Nothing is owed any more.
    case nothing

    var isSync: Bool { self == .sync || self == .lastSync }
  }

  private let prepares: Int
  private let begins: Bool
  private let steps: Int
  private var position = 0

  init(prepares: Int, begins: Bool, steps: Int) {
    self.prepares = prepares
    self.begins = begins
    self.steps = steps
  }

  /// Syncs sent for the whole request.
  var syncs: Int { (prepares > 0 ? 1 : 0) + 1 + (begins ? 1 : 0) }

  var expected: Expectation {
    var rest = position
    if prepares > 0 {
      if rest < prepares { return .prepare(rest) }
      if rest == prepares { return .sync }
      rest -= prepares + 1
    }
    if begins {
      if rest == 0 { return .begin }
      rest -= 1
    }
    if rest < steps { return .step(rest) }
    rest -= steps
    if begins {
      return rest == 0 ? .sync : rest == 1 ? .commit : rest == 2 ? .lastSync : .nothing
    }
    return rest == 0 ? .lastSync : .nothing
  }

  mutating func advance() {
    position += 1
  }
}
