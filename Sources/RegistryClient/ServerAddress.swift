/// One of the servers of a registry: `host:port`, or `[host]:port` for an IPv6 address.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Nil: it is not of this form, or the port is not 1 to 65535.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
    else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Several, separated by commas, in the order in which they are tried; nil: one of them is none.
  public static func list(_ text: String) -> [ServerAddress]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { ServerAddress($0) }
    return parts.contains(nil) ? nil : parts.compactMap { $0 }
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
