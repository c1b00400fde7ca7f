internal import Glibc

/// What the program is connected to.
enum Terminal {
  /// Wide enough for most tables, where nobody says how wide it is.
  private static let widthDefault = 100
  private static let widths = 20...1_000

  static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Columns of the terminal; else `COLUMNS`; else 100.
  static func width(environment: [String: String]) -> Int {
    var size = winsize()
    // SAFETY: TIOCGWINSZ fills the struct that it is given for the length of the call.
    if isOutputTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return clamped(Int(size.ws_col))
    }
    return clamped(environment["COLUMNS"].flatMap { Int($0) } ?? widthDefault)
  }

  private static func clamped(_ width: Int) -> Int { min(max(width, widths.lowerBound), widths.upperBound) }

  /// Reads a line without showing it. Nil at the end of input.
  static func readSecretLine() -> String? {
    var settings = termios()
    // SAFETY: tcgetattr and tcsetattr read and write the struct for the length of the call.
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return readLine() }
    var silent = settings
    silent.c_lflag &= ~tcflag_t(ECHO)
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
    defer { _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
    return readLine()
  }

  /// A reader that goes away must be an error to handle, not a death without a word.
  static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
