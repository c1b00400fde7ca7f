internal import RegistryModel
internal import RegistryProtocol

/// The manifest that goes with an export: what was asked, what came, and how to check it.
struct ExportManifestText {
  let request: Seratus_V1_ExportScoresRequest
  let manifest: Seratus_V1_ExportManifest
  let format: OutputFormat
  let columns: [String]
  let sha256: String
  let file: String?

  var output: OutputValue {
    .object([
      "query": .object([
        "method": .text("ExportScores"), "from_year": request.fromYear == 0 ? .null : .integer(Int(request.fromYear)),
        "to_year": request.toYear == 0 ? .null : .integer(Int(request.toYear)), "parts": .bool(request.parts),
      ]),
      "file": .optionalText(file), "format": .text(format.rawValue), "rows": .integer(Int(manifest.rows)),
      "scope": manifest.scope.output, "instrument_ids": .list(manifest.instrumentIds.map { .text($0) }),
      "dataset": manifest.dataset.output, "snapshot_at": .words(manifest.snapshotAt), "sha256": .text(sha256),
      "columns": .list(columns.map(Self.entry)),
    ])
  }

  private static func entry(_ column: String) -> OutputValue {
    let (type, meaning) = dictionary(column)
    return .object(["name": .text(column), "type": .text(type), "description": .text(meaning)])
  }

  private static func dictionary(_ column: String) -> (type: String, meaning: String) {
    if column.hasPrefix("aspect:") { return ("decimal", "value of this aspect on the instrument's scale; empty: not published") }
    if column.hasPrefix("dimension:") { return ("decimal", "value of this dimension; empty: not published") }
    return entries[column] ?? ("text", "")
  }

  private static let entries: [String: (type: String, meaning: String)] = [
    "region_code": ("code", "Kemendagri code as of the snapshot; text, also where it looks like a number"),
    "region_name": ("text", "name of the kabupaten or kota"),
    "bps_code": ("code", "code of the statistics office; empty: not known"),
    "kind": ("word", "kabupaten or kota"),
    "province_code": ("code", "Kemendagri code of the province"),
    "province_name": ("text", "name of the province"),
    "year": ("integer", "the year evaluated"),
    "stage": ("word", "annual, I or II"),
    "score_kind": ("word", "implementation or masterplan"),
    "instrument_id": ("text", "version of the instrument; empty: the source names none"),
    "instrument_certainty": ("word", "verified, probable or uncertain; empty without an instrument"),
    "published_total": ("decimal", "as printed; exact"),
    "computed_total": ("decimal", "from the parts under the instrument; exact"),
    "missing": (
      "word", "why there is no total: not_reported, not_applicable, withheld, not_yet_due, not_visible; empty: there is one"
    ),
    "other_parts": ("text", "parts of other dimension sets, part:key=value separated by \" ; \""),
    "letter_number": ("text", "number of the letter that announced the score"),
    "letter_date": ("date", "YYYY-MM-DD"),
    "released": ("boolean", "true or false"),
    "version": ("integer", "of the row, from 1"),
    "source": ("text", "where the fact comes from"),
    "certainty": ("word", "verified, probable or uncertain"),
    "note": ("text", "what the source leaves open"),
    "dataset": ("word", "official, or synthetic:SEED for made-up data"),
  ]
}
