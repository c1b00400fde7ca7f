/// Why a connection ends: the code in GOAWAY.
package enum ConnectionErrorCode: UInt32, Sendable, CaseIterable {
  case none = 0
  case protocolError = 1
  case frameTooLarge = 2
  case flowControl = 3
  case badPreface = 4
  case badHello = 5
  case versionUnsupported = 6
  case environmentMismatch = 7
  case enhanceYourCalm = 8
  case timeout = 9
  case internalError = 10
  case callLimit = 11
}

/// Why a stream ends without a status: the code in RESET.
package enum ResetCode: UInt32, Sendable, CaseIterable {
  case cancelled = 0
  case deadlineExceeded = 1
  case refused = 2
  case malformed = 3
  case messageTooLarge = 4
  case flowControl = 5
  case internalError = 6
  case codecUnsupported = 7
}

/// A fault that ends the connection: the peer broke framing, order or a limit.
package struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
  package var code: ConnectionErrorCode
  package var reason: String

  package init(_ code: ConnectionErrorCode, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  package var description: String { "\(code): \(reason)" }
}

/// A fault of one stream: the connection lives on.
package struct StreamFault: Error, Sendable, Equatable {
  package var code: ResetCode
  package var reason: String

  package init(_ code: ResetCode, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  package static let deadlinePassed = StreamFault(
    .deadlineExceeded, "the deadline of the call passed before its answer could leave")
}
