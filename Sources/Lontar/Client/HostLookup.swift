internal import Glibc
internal import NIOCore

/// Names to addresses by the system's resolver, in its order of preference (RFC 6724).
enum HostLookup {
  /// An address as it is written; nil: it is a name.
  static func literal(_ host: String, _ port: Int) -> SocketAddress? {
    try? SocketAddress(ipAddress: host, port: port)
  }

  /// Blocks while it asks. Empty: the name has no address, or nobody can tell.
  static func addresses(_ host: String, _ port: Int) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    // SAFETY: getaddrinfo makes a list that is ours; it is read before freeaddrinfo and nothing of it is kept. ai_family says which
    // struct ai_addr points to, and ai_addrlen that all of it is there.
    guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
    defer { freeaddrinfo(found) }
    var addresses: [SocketAddress] = []
    var next = found
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let pointer = UnsafeRawPointer(entry.ai_addr) else { continue }
      var address: SocketAddress?
      if entry.ai_family == AF_INET, Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size {
        address = SocketAddress(pointer.loadUnaligned(as: sockaddr_in.self), host: host)
      } else if entry.ai_family == AF_INET6, Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size {
        address = SocketAddress(pointer.loadUnaligned(as: sockaddr_in6.self), host: host)
      }
      address?.port = port
      if let address, !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }
}
