extension ServerSettings {
  /// What the daemon shows of its work.
  package struct Observation: Sendable, Equatable {
    package struct Address: Sendable, Equatable {
      package var host: String
      package var port: Int
    }

    package struct Frames: Sendable, Equatable {
      package var path: String
      package var keepsPayloads: Bool
      package var bytesMax: Int
    }

    /// nil: nobody can ask for metrics.
    package var metrics: Address?
    /// nil: frames are not written down.
    package var frames: Frames?

    /// - Throws: `SettingsError` for an address that is none, or that others reach although that was not allowed.
    init(_ values: SettingsValues) throws(SettingsError) {
      metrics = try Self.address(values["metrics.listen"], allowsRemote: values["metrics.allow_remote"] == "true")
      let path = values["frame_log.path"]
      frames =
        path.isEmpty
        ? nil
        : Frames(
          path: path, keepsPayloads: values["frame_log.payloads"] == "true", bytesMax: values[number: "frame_log.bytes_max"])
    }

    private static func address(_ text: String, allowsRemote: Bool) throws(SettingsError) -> Address? {
      if text.isEmpty { return nil }
      guard let address = Address(text) else {
        throw SettingsError(
          .badValue, "metrics.listen can't be \"\(text.prefix(80))\": write address and port, such as 127.0.0.1:9464",
          id: "metrics.listen tidak boleh \"\(text.prefix(80))\": tulis alamat dan port, seperti 127.0.0.1:9464")
      }
      guard allowsRemote || address.isLoopback else {
        throw SettingsError(
          .contradiction,
          "metrics.listen is \(address.host), which other machines may reach; use 127.0.0.1, or set metrics.allow_remote=true",
          id: "metrics.listen adalah \(address.host), yang mungkin terjangkau mesin lain; pakai 127.0.0.1, atau "
            + "metrics.allow_remote=true")
      }
      return address
    }
  }
}

extension ServerSettings.Observation.Address {
  /// `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`; port 0: any free one.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  /// Only addresses that say so by themselves: a name may mean anything, but for localhost.
  var isLoopback: Bool {
    if host == "::1" || host == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
