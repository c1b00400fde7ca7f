internal import COpenSSL

/// Reasons that our own callbacks leave in OpenSSL's error queue.
enum CallbackReason: Int32 {
  case alpnMissing = 1
  case identityInvalid = 2

  /// Leaves the reason in this thread's error queue, where the failing call's caller finds it.
  func raise(_ text: String) {
    lontar_err_raise(rawValue, text)
  }
}

/// One entry of OpenSSL's error queue, copied out.
struct OpenSSLFault: Equatable {
  let library: Int32
  let reason: Int32
  /// OpenSSL's words, for instance "certificate verify failed".
  let text: String
  /// What the raising function added, often empty.
  let data: String

  /// The TLS alert that the peer sent, if that is what this entry reports.
  var alert: Int32? {
    library == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : nil
  }

  func isSSL(_ reasons: Int32...) -> Bool {
    library == ERR_LIB_SSL && reasons.contains(reason)
  }

  var description: String { data.isEmpty ? text : "\(text) (\(data))" }
}

enum OpenSSLErrorQueue {
  /// Empties this thread's queue. Nearly always it is empty: looking costs a quarter of clearing its sixteen places.
  static func clear() {
    if ERR_peek_error() != 0 { ERR_clear_error() }
  }

  /// Takes every entry out of this thread's queue, oldest first.
  static func drain() -> [OpenSSLFault] {
    var faults: [OpenSSLFault] = []
    var data: UnsafePointer<CChar>?
    var flags: Int32 = 0
    while true {
      let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
      guard code != 0 else { return faults }
      // SAFETY: both strings belong to OpenSSL and live until the next call on this thread; they are copied here.
      let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
      let added = (flags & ERR_TXT_STRING) != 0 ? data.map { String(cString: $0) } ?? "" : ""
      faults.append(OpenSSLFault(library: ERR_GET_LIB(code), reason: ERR_GET_REASON(code), text: text, data: added))
    }
  }

  static func describe(_ faults: [OpenSSLFault]) -> String {
    faults.map(\.description).joined(separator: "; ")
  }
}
