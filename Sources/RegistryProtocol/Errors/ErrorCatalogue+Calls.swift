internal import Lontar

/// Calls that are refused whatever their values: the caller, the database, the shape of the request.
extension ErrorCatalogue {
  static let access: [String: Entry] = [
    "TOKEN_MISSING": Entry(
      .unauthenticated, id: "panggilan ini perlu token; masuk dahulu atau pilih profil yang punya token",
      en: "this call needs a token; log in, or choose a profile that has one"),
    "TOKEN_MALFORMED": Entry(
      .unauthenticated, id: "token ini bukan token registri; salin sekali lagi atau masuk kembali",
      en: "the token is not one of this registry[: {detail}]; copy it again or log in"),
    "SESSION_UNKNOWN": Entry(
      .unauthenticated, id: "token tidak dikenal; masuk kembali", en: "the token is not known; log in again"),
    "SESSION_EXPIRED": Entry(
      .unauthenticated, id: "masa berlaku token sudah habis; masuk kembali", en: "the token has expired; log in again"),
    "SESSION_REVOKED": Entry(
      .unauthenticated, id: "token sudah dicabut; masuk kembali atau hubungi admin",
      en: "the token was revoked; log in again or ask an administrator"),
    "ROLE_NOT_PERMITTED": Entry(
      .permissionDenied, id: "peran {role} tidak boleh melakukan ini[; perlu salah satu dari {needed}]",
      en: "the role {role} may not do this[; it needs one of {needed}]"),
    "NOT_OPEN_TO_ROLE": Entry(
      .permissionDenied,
      id: "nilai ini tidak dapat diubah oleh daerah; yang sudah dirilis hanya diubah, dan dirilis, oleh kementerian",
      en: "this score is not the region's to change; the ministry alone releases scores and corrects released ones"),
    "METHOD_NOT_LISTED": Entry(
      .permissionDenied, id: "{method} tidak punya aturan akses dan tidak dapat dipanggil",
      en: "{method} has no access rule and can't be called"),
    "IDEMPOTENCY_KEY_MALFORMED": Entry(
      .invalidArgument, id: "kunci idempotensi punya {expected} bita, bukan {bytes}",
      en: "an idempotency key has {expected} bytes, not {bytes}"),
    // Said by the client: such a server tells it before the first call.
    "ENVIRONMENT_MISMATCH": Entry(
      .failedPrecondition,
      id: "server ini bukan dari lingkungan \"{environment}\"; periksa host dan port, atau environment di profil",
      en: "the server is not of the environment \"{environment}\"; check host and port, or environment in the profile"),
    "LOGIN_FAILED": Entry(
      .unauthenticated, id: "nama atau kata sandi salah; periksa keduanya", en: "name or password is wrong; check both"),
    "LOGIN_RATE_LIMITED": Entry(
      .resourceExhausted, id: "terlalu banyak percobaan masuk dengan nama ini; coba lagi dalam {seconds} detik",
      en: "too many attempts to log in with this name; try again in {seconds} s"),
    "PASSWORD_CHECKS_BUSY": Entry(
      .resourceExhausted, id: "terlalu banyak orang sedang masuk; coba lagi sebentar",
      en: "too many people are logging in; try again in a moment",
      retryDelay: .seconds(2)),
    "PASSWORD_UNSUITABLE": Entry(
      .invalidArgument, id: "kata sandi punya paling sedikit {min} huruf dan paling banyak {max} bita; pilih yang lain",
      en: "a password has at least {min} characters and at most {max} bytes; choose another"),
    "PASSWORD_HASH_BROKEN": Entry(
      .internalError, id: "kata sandi tersimpan tidak terbaca; minta yang baru dari admin",
      en: "the stored password can't be read; ask an administrator for a new one"),
    "RANDOM_UNAVAILABLE": Entry(
      .internalError, id: "server tidak punya bilangan acak; hubungi operator",
      en: "the server has no random numbers; tell the operator"),
  ]

  static let database: [String: Entry] = [
    "NOT_FOUND": Entry(
      .notFound, id: "tidak ada, atau bukan untuk Anda lihat[: {what}]", en: "it does not exist, or is not yours to see[: {what}]"
    ),
    "STALE_VERSION": Entry(
      .aborted, id: "nilai ini versi {actual}, permintaan mengharapkan versi {expected} (0: belum ada); baca lagi lalu ulangi",
      en: "the score is at version {actual}, the request expected version {expected} (0: absent); read it again, then repeat"),
    "IDEMPOTENCY_CONFLICT": Entry(
      .failedPrecondition, id: "kunci idempotensi ini sudah dipakai untuk permintaan lain; buat yang baru",
      en: "this idempotency key was used for another request; make a new one"),
    "INVALID_REQUEST": Entry(
      .invalidArgument, id: "{count} isian tidak dapat diterima; yang pertama {first_id}",
      en: "{count} fields can't be accepted; the first is {first_en}"),
    "INVALID_VALUE": Entry(
      .invalidArgument, id: "nilai tidak dapat diterima[: {message}]", en: "the value can't be accepted[: {message}]"),
    "VALUE_REFUSED": Entry(
      .invalidArgument, id: "basis data menolak nilainya[ (aturan {constraint})]; periksa baris ini",
      en: "the database refuses the value[ (rule {constraint})]; check this row"),
    "BAD_CURSOR": Entry(
      .invalidArgument, id: "penanda halaman tidak sah; mulai lagi dari halaman pertama",
      en: "the page cursor is not valid; begin again with the first page"),
    "BAD_PAGE_SIZE": Entry(
      .invalidArgument, id: "ukuran halaman {value} tidak diterima[; paling banyak {max}]",
      en: "a page size of {value} is not accepted[; at most {max}]"),
    "BAD_LIMIT": Entry(
      .invalidArgument, id: "batas {value} tidak diterima[; paling banyak {max}]",
      en: "a limit of {value} is not accepted[; at most {max}]"),
    "BAD_ROW_COUNT": Entry(
      .invalidArgument, id: "{value} baris tidak diterima; kirim 1 sampai {max}",
      en: "{value} rows are not accepted; send 1 to {max}"),
    "BAD_SESSION_ID": Entry(
      .invalidArgument, id: "sesi disebut dengan paling sedikit 8 angka heksadesimal, seperti di daftarnya",
      en: "a session is named by at least 8 hexadecimal digits, as the list shows them"),
    "PROVINCE_UNKNOWN": Entry(
      .invalidArgument, id: "tidak ada provinsi \"{value}\" pada tanggal itu; tulis nama atau kodenya",
      en: "there is no province \"{value}\" on that day; write its name or code"),
    "REGISTRY_UNAVAILABLE": Entry(
      .unavailable, id: "basis data sedang tidak terjangkau; coba lagi sebentar",
      en: "the database can't be reached now; try again in a moment",
      retryDelay: .seconds(1)),
    "REGISTRY_OVERLOADED": Entry(
      .unavailable, id: "terlalu banyak permintaan sedang menunggu; coba lagi sebentar",
      en: "too many requests are waiting; try again in a moment",
      retryDelay: .seconds(1)),
    "DEADLINE_EXCEEDED": Entry(
      .deadlineExceeded, id: "waktu permintaan habis; beri waktu lebih atau minta lebih sedikit",
      en: "the time for this call is over; allow more or ask for less"),
    "CANCELLED": Entry(.cancelled, id: "permintaan dibatalkan", en: "the call was cancelled"),
    "INTERNAL": Entry(
      .internalError, id: "galat di pihak server; laporkan dengan nomor permintaan",
      en: "an error on the server's side; report it with the request id"),
  ]

  static let requests: [String: Entry] = [
    RequestReason.valueMissing.rawValue: Entry(.invalidArgument, id: "tidak ada; isi dahulu", en: "it is missing; give a value"),
    RequestReason.notAWord.rawValue: Entry(
      .invalidArgument, id: "{value} bukan salah satu pilihannya", en: "{value} is not one of the choices"),
    RequestReason.outOfRange.rawValue: Entry(
      .invalidArgument, id: "{value} di luar {min} sampai {max}", en: "{value} lies outside {min} to {max}"),
    RequestReason.tooManyRows.rawValue: Entry(
      .invalidArgument, id: "{rows} baris terlalu banyak; kirim paling banyak {max} sekaligus",
      en: "{rows} rows are too many; send at most {max} at once"),
    RequestReason.measureUnknown.rawValue: Entry(
      .invalidArgument, id: "\"{value}\" bukan ukuran; pakai total, aspect:KUNCI atau dimension:KUNCI",
      en: "\"{value}\" is not a measure; use total, aspect:KEY or dimension:KEY"),
    RequestReason.instrumentUnknown.rawValue: Entry(
      .invalidArgument, id: "instrumen \"{value}\" tidak ada[; yang ada {among}]",
      en: "there is no instrument \"{value}\"[; there are {among}]"),
    RequestReason.instrumentNeeded.rawValue: Entry(
      .invalidArgument, id: "bagian nilai perlu instrumennya; sebut instrument_id",
      en: "parts need their instrument; name the instrument_id"),
    RequestReason.valueAndMissing.rawValue: Entry(
      .invalidArgument, id: "ada nilai dan juga sebab ketiadaannya; beri salah satu",
      en: "there is a value and also the reason why it is missing; give one of them"),
    RequestReason.nothingToStore.rawValue: Entry(
      .invalidArgument, id: "baris ini tidak punya bagian, jumlah, atau sebab ketiadaannya; beri salah satu",
      en: "the row has no parts, no total and no reason why it is missing; give one of them"),
    RequestReason.weightsAndInstrument.rawValue: Entry(
      .invalidArgument, id: "beri instrumen lain atau bobot sendiri, bukan keduanya",
      en: "give another instrument or own weights, not both"),
    RequestReason.partsAbsent.rawValue: Entry(
      .failedPrecondition, id: "nilai ini tidak punya bagian yang dapat dihitung ulang dengan {instrument}",
      en: "this score has no parts that could be computed anew under {instrument}"),
    RequestReason.tooManyDecimals.rawValue: Entry(
      .invalidArgument, id: "{value} punya lebih dari {max} desimal; tulis nilai seperti tercetak",
      en: "{value} has more than {max} decimals; write the total as it was printed"),
    "PARTS_OF_ANOTHER_INSTRUMENT": Entry(
      .invalidArgument, id: "bagian yang tersimpan dibuat dengan instrumen lain[ ({instrument})]; kirim juga bagian-bagiannya",
      en: "the stored parts were made under another instrument[ ({instrument})]; send the parts, too"),
    RequestReason.sameRowTwice.rawValue: Entry(
      .invalidArgument, id: "nilai yang sama sudah ada di baris {first}; sisakan satu",
      en: "the same score stands in {first} already; keep one"),
  ]
}
