internal import Lontar
internal import RegistryModel

/// The rich part of a server's error for people, a line each. What the failure itself says (message, request id) is left to it.
struct ErrorDetailsText {
  let error: RPCError

  func lines(_ language: Language) -> [String] {
    let details = error.details
    var lines = ["\(error.code)" + (details.reason.isEmpty ? "" : " \(details.reason) (\(details.domain))")]
    lines += details.parameters.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }
    lines += details.fieldViolations.map { violation in
      "  \(violation.field): \(violation.description)" + (violation.reason.isEmpty ? "" : " [\(violation.reason)]")
    }
    if let delay = details.retryDelay {
      let seconds = Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18
      lines.append("  " + language[Phrase(id: "coba lagi setelah \(seconds) d", en: "try again after \(seconds) s")])
    }
    return lines
  }
}
