internal import Lontar

/// Values that can't be what they claim to be. Their texts say nothing of the field: its path is put before them.
extension ErrorCatalogue {
  static let regions: [String: Entry] = [
    "BAD_CODE": Entry(
      .invalidArgument, id: "\"{value}\" bukan kode [{system} ]yang sah; tulis seperti [{example}]",
      en: "\"{value}\" is not a valid [{system} ]code; write it like [{example}]"),
    "UNKNOWN_CODE_SYSTEM": Entry(
      .invalidArgument, id: "\"{value}\" bukan sistem kode; pakai kemendagri atau bps",
      en: "\"{value}\" is not a code system; use kemendagri or bps"),
    "UNKNOWN_CODE": Entry(
      .notFound, id: "tidak ada daerah dengan kode {value}[; mungkin {near}]",
      en: "no region has the code {value}[; perhaps {near}]"),
    "AMBIGUOUS_CODE": Entry(
      .invalidArgument, id: "{value} berarti lebih dari satu daerah: {candidates}; tulis bps: atau kemendagri: di depannya",
      en: "{value} names more than one region: {candidates}; write bps: or kemendagri: before it"),
    "UNKNOWN_NAME": Entry(
      .notFound, id: "tidak ada daerah bernama \"{value}\"[; mungkin {near}]",
      en: "no region is called \"{value}\"[; perhaps {near}]"),
    "AMBIGUOUS_NAME": Entry(
      .invalidArgument, id: "\"{value}\" berarti lebih dari satu daerah: {candidates}; tulis Kabupaten atau Kota, atau kodenya",
      en: "\"{value}\" names more than one region: {candidates}; write Kabupaten or Kota before it, or the code"),
    "REGION_UNKNOWN": Entry(
      .notFound, id: "tidak ada daerah \"{value}\"[; mungkin {near}]", en: "there is no region \"{value}\"[; perhaps {near}]"),
    "REGION_AMBIGUOUS": Entry(
      .invalidArgument,
      id: "\"{value}\" berarti lebih dari satu daerah: {candidates}; tulis Kabupaten atau Kota, atau kodenya dengan sistemnya",
      en: "\"{value}\" names more than one region: {candidates}; write Kabupaten or Kota, or the code with its system"),
    "KIND_MISMATCH": Entry(
      .invalidArgument, id: "nama, kode dan jenis daerah tidak cocok[: {name} ({code})]; samakan ketiganya",
      en: "name, code and kind of the region disagree[: {name} ({code})]; let them agree"),
  ]

  static let values: [String: Entry] = [
    "EMPTY_TEXT": Entry(.invalidArgument, id: "kosong; isi dahulu", en: "it is empty; give a value"),
    "TEXT_TOO_LONG": Entry(
      .invalidArgument, id: "terlalu panjang; paling banyak {max} bita", en: "it is too long; use at most {max} bytes"),
    "BAD_NUMBER": Entry(
      .invalidArgument, id: "\"{value}\" bukan bilangan desimal; tulis seperti 3,31",
      en: "\"{value}\" is not a decimal number; write it like 3.31"),
    "AMBIGUOUS_NUMBER": Entry(
      .invalidArgument, id: "\"{value}\" punya lebih dari satu tanda; tulis ribuan tanpa tanda",
      en: "\"{value}\" has more than one mark; write thousands without a mark"),
    "TOO_MANY_DIGITS": Entry(
      .invalidArgument, id: "terlalu banyak angka[: {value}]; bulatkan dahulu", en: "too many digits[: {value}]; round it first"),
    "NUMBER_OVERFLOW": Entry(
      .invalidArgument, id: "{value} terlalu besar; pakai paling banyak 18 angka",
      en: "{value} is too large; use at most 18 digits"),
    "BAD_SCALE": Entry(
      .invalidArgument, id: "{scale} desimal tidak diterima; pakai 0 sampai {max}",
      en: "{scale} decimals are not accepted; use 0 to {max}"),
    "BAD_DATE": Entry(
      .invalidArgument, id: "\"{value}\" bukan tanggal; tulis seperti 2022-12-05",
      en: "\"{value}\" is not a day of the calendar; write it like 2022-12-05"),
    "BAD_RANGE": Entry(
      .invalidArgument, id: "akhirnya mendahului awalnya[ ({from} sampai {to})][ ({min} sampai {max})]; perbaiki",
      en: "it ends before it begins[ ({from} to {to})][ ({min} to {max})]; correct it"),
    "BAD_IDENTIFIER": Entry(
      .invalidArgument, id: "\"{value}\" bukan kunci; pakai huruf kecil, angka, - _ dan .",
      en: "\"{value}\" is not a key; use lower case letters, digits, - _ and ."),
    "UNKNOWN_WORD": Entry(
      .invalidArgument, id: "\"{value}\" tidak dikenal; pakai salah satu dari {among}",
      en: "\"{value}\" is not known; use one of {among}"),
    "BAD_YEAR": Entry(
      .invalidArgument, id: "{year} bukan tahun gerakan ini; pakai {min} sampai {max}",
      en: "{year} is not a year of the movement; use {min} to {max}"),
    "NEGATIVE_COUNT": Entry(.invalidArgument, id: "jumlah tidak boleh negatif", en: "a count can't be negative"),
    "DUPLICATE_KEY": Entry(
      .invalidArgument, id: "\"{key}\" muncul dua kali; sisakan satu", en: "\"{key}\" appears twice; keep one"),
    "UNKNOWN_KEY": Entry(
      .invalidArgument, id: "\"{key}\" tidak dikenal di sini[; mungkin {near}][; pakai salah satu dari {among}]",
      en: "\"{key}\" is not known here[; perhaps {near}][; use one of {among}]"),
    "MISSING_KEY": Entry(
      .invalidArgument, id: "nilai [{key} ]tidak ada; isi semua[ aspek {instrument}]",
      en: "the value [of {key} ]is missing; give all[ aspects of {instrument}]"),
    "EMPTY_LIST": Entry(
      .invalidArgument, id: "daftarnya kosong; isi paling sedikit satu", en: "the list is empty; give at least one"),
    "NEGATIVE_WEIGHT": Entry(
      .invalidArgument, id: "bobot {key} adalah {weight}; bobot tidak boleh negatif",
      en: "the weight of {key} is {weight}; a weight can't be negative"),
    "WEIGHT_SUM": Entry(
      .invalidArgument, id: "jumlah bobot {sum}, bukan {expected}; perbaiki bobotnya",
      en: "the weights sum to {sum}, not to {expected}; correct them"),
    "OUT_OF_SCALE": Entry(
      .invalidArgument, id: "{value} di luar skala[ {min} sampai {max}][ instrumen {instrument}]; perbaiki nilainya",
      en: "{value} lies outside the scale[ {min} to {max}][ of {instrument}]; correct the value"),
    "CONTRADICTION": Entry(
      .invalidArgument, id: "dua nilai berbeda untuk hal yang sama[: {name}]",
      en: "two different values for the same thing[: {name}]"),
  ]

  static let tables: [String: Entry] = [
    "CSV_TOO_LARGE": Entry(
      .invalidArgument, id: "baris {row} (garis {line}), kolom {column}: lebih besar dari {max}; pecah berkasnya",
      en: "row {row} (line {line}), column {column}: larger than {max}; split the file"),
    "CSV_SYNTAX": Entry(
      .invalidArgument, id: "baris {row} (garis {line}), kolom {column}: bukan CSV yang benar ({reason})",
      en: "row {row} (line {line}), column {column}: no valid CSV ({reason})"),
    "CSV_ENCODING": Entry(
      .invalidArgument, id: "baris {row} (garis {line}), kolom {column}: bukan UTF-8; simpan sebagai UTF-8",
      en: "row {row} (line {line}), column {column}: not UTF-8; save the file as UTF-8"),
    "CSV_FIELD_COUNT": Entry(
      .invalidArgument, id: "baris {row} (garis {line}) punya {fields} isian, kepalanya {expected}",
      en: "row {row} (line {line}) has {fields} fields, the header {expected}"),
    "CSV_MISSING_COLUMN": Entry(.invalidArgument, id: "kolom {column} tidak ada", en: "the column {column} is missing"),
  ]
}
