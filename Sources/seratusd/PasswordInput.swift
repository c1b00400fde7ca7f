internal import Foundation
internal import Glibc
internal import RegistryServer

/// Passwords come from people's hands or a pipe, never from arguments, which everybody on the machine can read.
enum PasswordInput {
  /// The first line of stdin.
  static func line() throws -> String {
    guard let line = readLine(strippingNewline: true) else {
      throw ServerError(
        .badInput, "stdin holds no password; give it as the first line",
        id: "stdin tidak berisi kata sandi; beri di baris pertama")
    }
    return line
  }

  /// Asks twice on the terminal, without echo.
  static func prompt(for username: String) throws -> String {
    guard isatty(STDIN_FILENO) == 1 else {
      throw ServerError(
        .badInput, "there is no terminal to ask for a password; use --password-stdin",
        id: "tidak ada terminal untuk menanyakan kata sandi; pakai --password-stdin")
    }
    let first = try ask(words(id: "kata sandi \(username): ", en: "password for \(username): "))
    guard try ask(words(id: "sekali lagi: ", en: "again: ")) == first else {
      throw ServerError(.badInput, "the two passwords differ; try again", id: "kedua kata sandi berbeda; coba lagi")
    }
    return first
  }

  private static func ask(_ prompt: String) throws -> String {
    FileHandle.standardError.write(Data(prompt.utf8))
    var before = termios()
    tcgetattr(STDIN_FILENO, &before)
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    defer {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
      Failure.say("")
    }
    return try line()
  }
}
