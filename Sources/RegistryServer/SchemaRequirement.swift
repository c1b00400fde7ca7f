package import RegistryModel

/// The migration that this program was written for. A test holds it to the files under db/migrations.
package enum SchemaRequirement {
  package static let version = 12

  /// Why this program and a database don't fit, or nil.
  package static func objection(to found: Int) -> Localized? {
    if found < version {
      return Localized(
        builtID: "basis data pada migrasi \(found), program ini perlu \(version); jalankan `seratusd migrate`, lalu mulai lagi",
        en: "the database is at migration \(found), this program needs \(version); run `seratusd migrate`, then start again")
    }
    if found > version {
      return Localized(
        builtID: "basis data pada migrasi \(found), program ini mengenal \(version); pasang seratusd yang lebih baru",
        en: "the database is at migration \(found), this program knows \(version); install the newer seratusd")
    }
    return nil
  }
}
