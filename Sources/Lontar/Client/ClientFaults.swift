internal import Glibc
internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// Why the client itself, not the server, ended a call: `ErrorDetails.reason` in the domain `lontar`.
public enum TransportReason: String, Sendable, CaseIterable {
  /// `place`
  case nothingListens = "NOTHING_LISTENS"
  /// `place`; its name has no address.
  case noAddress = "NO_ADDRESS"
  /// `place`, `cause`
  case cantReach = "CANT_REACH"
  /// `place`, `seconds`; from the first packet to HELLO.
  case connectTimeout = "CONNECT_TIMEOUT"
  /// `count`, `last`; `cause` is the error of the last.
  case noEndpointReachable = "NO_ENDPOINT_REACHABLE"
  case connectionLost = "CONNECTION_LOST"
  /// `cause`; TLS or the socket failed.
  case connectionFailed = "CONNECTION_FAILED"
  /// `cause`; one side broke the protocol.
  case connectionEnded = "CONNECTION_ENDED"
  /// `seconds`
  case pingUnanswered = "PING_UNANSWERED"
  case environmentMismatch = "ENVIRONMENT_MISMATCH"
  case versionUnsupported = "VERSION_UNSUPPORTED"
  /// `place`, `service`
  case notServing = "NOT_SERVING"
  /// `cause`; the server did nothing for it.
  case callRefused = "CALL_REFUSED"
  case clientShutDown = "CLIENT_SHUT_DOWN"
  case cancelledByCaller = "CANCELLED_BY_CALLER"
  case deadlinePassed = "DEADLINE_PASSED"
  /// `count`
  case tooManyWaiting = "TOO_MANY_CALLS_WAITING"
  /// `bytes`, `limit`
  case requestTooLarge = "REQUEST_TOO_LARGE"
  case noEndpoint = "NO_ENDPOINT"

  /// The domain of these reasons.
  public static let domain = "lontar"
}

extension RPCError {
  init(
    _ code: StatusCode, _ message: String, reason: TransportReason, _ parameters: [String: String] = [:],
    cause: (any Error)? = nil
  ) {
    self.init(
      code, message,
      details: ErrorDetails(reason: reason.rawValue, domain: TransportReason.domain, parameters: parameters), cause: cause)
  }

  /// Why this side's transport ended the call; nil: a server or a handler did.
  public var transportReason: TransportReason? {
    details.domain == TransportReason.domain ? TransportReason(rawValue: details.reason) : nil
  }

  /// Repeating can't help before a person has changed something: a certificate that is not trusted or has another name, versions or
  /// environments that don't fit. Such calls fail at once, also those that wait for ready, and are never retried.
  public var isHopeless: Bool {
    switch cause {
    case let fault as TLSError: !fault.isPassing
    case let fault as WireError: fault.code == .environmentMismatch || fault.code == .versionUnsupported
    default: false
    }
  }

  /// A connection that ended by a fault. What another attempt can't mend is no UNAVAILABLE, which invites one.
  init(_ error: WireError) {
    switch error.code {
    case .environmentMismatch: self.init(.failedPrecondition, error.reason, reason: .environmentMismatch, cause: error)
    case .versionUnsupported: self.init(.failedPrecondition, error.reason, reason: .versionUnsupported, cause: error)
    default:
      self.init(
        .unavailable, "the connection ended: \(error.reason)", reason: .connectionEnded, ["cause": error.reason], cause: error)
    }
  }

  static func noAddress(_ place: String) -> RPCError {
    RPCError(.unavailable, "can't reach \(place): no address answers", reason: .noAddress, ["place": place])
  }

  static func cantReach(_ place: String, _ error: any Error) -> RPCError {
    if let error = error as? IOError, error.errnoCode == ECONNREFUSED {
      return RPCError(
        .unavailable, "can't reach \(place): nothing listens there", reason: .nothingListens, ["place": place], cause: error)
    }
    let words = (error as? IOError)?.description ?? String(describing: error)
    return RPCError(
      .unavailable, "can't reach \(place): \(words)", reason: .cantReach, ["place": place, "cause": words], cause: error)
  }

  static func connectTimeout(_ place: String, seconds: Int) -> RPCError {
    RPCError(
      .unavailable, "\(place) did not answer within \(seconds) s", reason: .connectTimeout,
      ["place": place, "seconds": "\(seconds)"])
  }

  static func connectionFailed(_ error: any Error) -> RPCError {
    RPCError(
      .unavailable, "the connection to the server failed: \(error)", reason: .connectionFailed, ["cause": "\(error)"],
      cause: error)
  }

  static let connectionLost = RPCError(.unavailable, "the connection to the server was lost", reason: .connectionLost)

  static func endedByServer(_ cause: String) -> RPCError {
    RPCError(.unavailable, "the server ended the connection: \(cause)", reason: .connectionEnded, ["cause": cause])
  }

  static func pingUnanswered(seconds: Int) -> RPCError {
    RPCError(
      .unavailable, "the server has not answered a PING for \(seconds) s", reason: .pingUnanswered, ["seconds": "\(seconds)"])
  }

  static func notServing(_ place: String, _ service: String, cause: RPCError? = nil) -> RPCError {
    let what = service.isEmpty ? "it does not serve" : "its service \(service) does not serve"
    return RPCError(
      .unavailable, "\(place) can be reached, but \(what)", reason: .notServing, ["place": place, "service": service],
      cause: cause)
  }

  static func callRefused(_ cause: String) -> RPCError {
    RPCError(.unavailable, "the server refused the call: \(cause)", reason: .callRefused, ["cause": cause])
  }

  static let clientShutDown = RPCError(.unavailable, "this client has been shut down", reason: .clientShutDown)
  static let endedByShutdown = RPCError(.cancelled, "the client was shut down", reason: .clientShutDown)
  static let cancelledByCaller = RPCError(.cancelled, "the caller cancelled the call", reason: .cancelledByCaller)
  static let deadlinePassed = RPCError(.deadlineExceeded, "the deadline of the call has passed", reason: .deadlinePassed)

  static func tooManyWaiting(_ count: Int) -> RPCError {
    RPCError(.resourceExhausted, "\(count) calls wait already", reason: .tooManyWaiting, ["count": "\(count)"])
  }

  static func requestTooLarge(_ bytes: Int, serverLimit: Int) -> RPCError {
    RPCError(
      .resourceExhausted, "the request has \(bytes) bytes; the server takes at most \(serverLimit)", reason: .requestTooLarge,
      ["bytes": "\(bytes)", "limit": "\(serverLimit)"])
  }

  static func requestTooLarge(_ bytes: Int, limit: Int) -> RPCError {
    RPCError(
      .resourceExhausted, "the request has \(bytes) bytes; at most \(limit) are allowed", reason: .requestTooLarge,
      ["bytes": "\(bytes)", "limit": "\(limit)"])
  }

  /// What to say when every address has failed.
  /// - Parameter failures: at least one, in the order of the attempts, with the endpoint that each belongs to.
  static func unreachable(_ failures: [(place: String, error: RPCError)]) -> RPCError {
    var places: [String] = []
    var telling: [String: RPCError] = [:]
    for (place, error) in failures {
      // Of one host's addresses the one that got furthest says most: often one family of addresses is refused for nothing.
      guard let known = telling[place] else {
        places.append(place)
        telling[place] = error
        continue
      }
      if known.isUnanswered, !error.isUnanswered { telling[place] = error }
    }
    let errors = places.compactMap { telling[$0] }
    guard errors.count > 1, let last = errors.last(where: { !$0.isHopeless }) else { return errors[errors.count - 1] }
    return RPCError(
      .unavailable, "none of \(errors.count) endpoints can be used; the last: \(last.message)", reason: .noEndpointReachable,
      ["count": "\(errors.count)", "last": last.message], cause: last)
  }

  private var isUnanswered: Bool { [.nothingListens, .cantReach, .connectTimeout].contains(transportReason) }
}
