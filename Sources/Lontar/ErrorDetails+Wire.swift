internal import NIOCore
internal import SwiftProtobuf

/// `google.rpc.Status` in both directions. What does not parse is dropped: the status code must get through whatever its details.
extension ErrorDetails {
  func encoded(_ code: StatusCode, _ message: String) -> ByteBuffer? {
    if isEmpty { return nil }
    var status = Google_Rpc_Status()
    status.code = Int32(code.rawValue)
    if !reason.isEmpty {
      var info = Google_Rpc_ErrorInfo()
      info.reason = reason
      info.domain = domain
      info.metadata = parameters
      status.add(info)
    }
    if !fieldViolations.isEmpty {
      var request = Google_Rpc_BadRequest()
      request.fieldViolations = fieldViolations.map { violation in
        var field = Google_Rpc_BadRequest.FieldViolation()
        field.field = violation.field
        field.description_p = violation.description
        field.reason = violation.reason
        return field
      }
      status.add(request)
    }
    if let retryDelay {
      var retry = Google_Rpc_RetryInfo()
      retry.retryDelay.seconds = retryDelay.components.seconds
      retry.retryDelay.nanos = Int32(retryDelay.components.attoseconds / 1_000_000_000)
      status.add(retry)
    }
    if !requestID.isEmpty {
      var request = Google_Rpc_RequestInfo()
      request.requestID = requestID
      status.add(request)
    }
    for (locale, text) in localized.sorted(by: { $0.key < $1.key }) {
      var message = Google_Rpc_LocalizedMessage()
      message.locale = locale
      message.message = text
      status.add(message)
    }
    return try? status.lontarBytes()
  }

  init(decoding bytes: ByteBuffer) {
    guard let status = try? Google_Rpc_Status(lontarBytes: bytes) else { return }
    for detail in status.details {
      if let info = try? Google_Rpc_ErrorInfo(unpackingAny: detail) {
        (reason, domain, parameters) = (info.reason, info.domain, info.metadata)
      } else if let request = try? Google_Rpc_BadRequest(unpackingAny: detail) {
        fieldViolations = request.fieldViolations.map {
          FieldViolation(field: $0.field, description: $0.description_p, reason: $0.reason)
        }
      } else if let retry = try? Google_Rpc_RetryInfo(unpackingAny: detail) {
        retryDelay = .seconds(retry.retryDelay.seconds) + .nanoseconds(retry.retryDelay.nanos)
      } else if let request = try? Google_Rpc_RequestInfo(unpackingAny: detail) {
        requestID = request.requestID
      } else if let message = try? Google_Rpc_LocalizedMessage(unpackingAny: detail) {
        localized[message.locale] = message.message
      }
    }
  }
}

extension Google_Rpc_Status {
  fileprivate mutating func add(_ detail: some Message) {
    if let any = try? Google_Protobuf_Any(message: detail) { details.append(any) }
  }
}
