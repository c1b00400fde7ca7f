extension Setting {
  /// What the daemon shows of its work.
  static let observation: [Setting] = [
    Setting(
      "metrics.listen", .text, default: "",
      "address and port where Prometheus may ask for /metrics, such as 127.0.0.1:9464 or [::1]:9464; empty: nowhere",
      id: "alamat dan port tempat Prometheus boleh meminta /metrics, seperti 127.0.0.1:9464 atau [::1]:9464; kosong: tidak ada"),
    Setting(
      "metrics.allow_remote", .word(["true", "false"]), default: "false",
      "whether metrics.listen may be an address that other machines reach; there is no encryption and no password",
      id: "apakah metrics.listen boleh alamat yang terjangkau mesin lain; tanpa penyandian dan tanpa kata sandi"),
    Setting(
      "frame_log.path", .text, default: "",
      "file that gets the frames of all connections without messages and metadata values; `seratus frames decode` reads it; empty: off",
      id:
        "berkas penerima bingkai semua koneksi tanpa isi pesan dan nilai metadata; dibaca `seratus frames decode`; kosong: mati"
    ),
    Setting(
      "frame_log.payloads", .word(["true", "false"]), default: "false",
      "for debugging alone: messages and metadata values, tokens among them, are written as well",
      id: "hanya untuk menelusuri galat: isi pesan dan nilai metadata, termasuk token, ikut ditulis"),
    Setting(
      "frame_log.bytes_max", .integer(65_536...1_073_741_824), default: "67108864",
      "size of a frame log, in bytes; a full one becomes PATH.1 and replaces the one before it",
      id: "ukuran satu berkas bingkai, dalam bita; yang penuh menjadi PATH.1 dan menggantikan yang sebelumnya"),
  ]
}
