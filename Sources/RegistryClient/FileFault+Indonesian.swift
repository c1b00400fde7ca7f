internal import Glibc

extension FileFault {
  /// The operating system's reason in Indonesian; one that is rare here goes by its number.
  public var indonesian: String {
    switch code {
    case ENOENT: "tidak ada berkas atau folder itu"
    case EACCES, EPERM: "izin ditolak"
    case ENOSPC, EDQUOT: "ruang disk habis"
    case EROFS: "disk hanya dapat dibaca"
    case EISDIR: "itu folder"
    case ENOTDIR: "bagian jalurnya bukan folder"
    case EEXIST: "sudah ada"
    case EFBIG: "berkas terlalu besar"
    case EPIPE: "pembacanya sudah pergi"
    case EIO: "galat disk"
    case EMFILE, ENFILE: "terlalu banyak berkas terbuka"
    case ENAMETOOLONG: "namanya terlalu panjang"
    case ELOOP: "terlalu banyak tautan"
    default: "galat sistem operasi nomor \(code)"
    }
  }
}
