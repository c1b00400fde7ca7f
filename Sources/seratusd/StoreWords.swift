internal import RegistryStore

extension MigrationError {
  /// Said again in Indonesian, from the code.
  var indonesian: String {
    switch code {
    case .badFileName(let name): "\(name) tidak dinamai seperti 0007_access.sql; ganti namanya atau hapus"
    case .gap(let expected, let found): "migrasi setelah \(expected - 1) adalah \(found); nomornya harus \(expected)"
    case .changed(let version):
      "berkas migrasi \(version) diubah setelah dijalankan; pulihkan, dan tulis perubahannya sebagai migrasi baru"
    case .newer(let database, let known):
      "basis data pada migrasi \(database), program ini mengenal \(known); pakai program yang lebih baru"
    case .locked: "migrasi lain sedang berjalan, atau sebuah transaksi menahan tabel; coba lagi sebentar"
    case .failed(let version): "migrasi \(version) gagal dan dibatalkan"
    case .rolesFailed: "db/roles.sql gagal; jalankan sebagai superuser"
    case .unavailable: "basis data tidak terjangkau; jalankan atau perbaiki pengaturan database.*"
    }
  }
}

extension ReferenceError {
  var indonesian: String {
    let head =
      switch code {
      case .invalid: "data acuan punya \(problems.count) kesalahan yang ditunjukkan di bawah; tidak ada yang dimuat"
      case .datasetDiffers: "basis data ini berisi data jenis lain atau benih lain; pakai basis data tersendiri"
      case .notMigrated: "basis data belum punya skema; jalankan `seratusd migrate`"
      case .unavailable: "basis data tidak terjangkau; jalankan atau perbaiki pengaturan database.*"
      case .failed: "data acuan gagal dimuat; tidak ada yang berubah"
      }
    return ([head] + problems.map(\.indonesian)).joined(separator: "\n")
  }
}

extension ReferenceProblem {
  /// `memberships.csv baris 12, region: menyebut yang tidak ada (UNKNOWN_KEY)`
  var indonesian: String {
    let place = [row.map { "baris \($0)" }, column].compactMap { $0 }.joined(separator: ", ")
    return "\(file)\(place.isEmpty ? "" : " \(place)"): \(Self.words[reason] ?? "tidak dapat diterima") (\(reason))"
  }

  private static let words = [
    "UNKNOWN_KEY": "menyebut yang tidak ada di berkasnya", "DUPLICATE_KEY": "muncul dua kali",
    "BAD_RANGE": "akhirnya tidak sesudah awalnya",
    "WEIGHT_SUM": "jumlah bobotnya salah", "MISSING_KEY": "harus ada bersama pasangannya",
    "OUT_OF_SCALE": "di luar batas nilainya",
    "EMPTY_TEXT": "kosong", "TEXT_TOO_LONG": "terlalu panjang", "BAD_NUMBER": "bukan bilangan", "BAD_DATE": "bukan tanggal",
    "BAD_CODE": "bukan kode yang sah", "UNKNOWN_WORD": "bukan salah satu pilihannya", "BAD_IDENTIFIER": "bukan kunci",
    "TOO_MANY_DIGITS": "terlalu banyak angka", "BAD_YEAR": "bukan tahun gerakan ini", "CSV_MISSING_COLUMN": "kolom tidak ada",
    "CSV_SYNTAX": "bukan CSV yang benar", "CSV_ENCODING": "bukan UTF-8", "CSV_FIELD_COUNT": "jumlah isiannya salah",
    "CSV_TOO_LARGE": "terlalu besar", "FILE_UNREADABLE": "tidak dapat dibaca",
  ]
}
