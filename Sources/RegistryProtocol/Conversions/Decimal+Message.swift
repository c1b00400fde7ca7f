package import RegistryModel

extension Seratus_V1_Decimal {
  /// Trailing zeros are kept: 3.60 stays 3.60.
  package init(_ value: FixedDecimal) {
    self.init()
    units = value.units
    scale = UInt32(value.scale)
  }
}

extension FixedDecimal {
  /// - Throws: `BAD_SCALE`, `NUMBER_OVERFLOW` at `path`.
  package init(_ message: Seratus_V1_Decimal, path: String) throws(FieldFault) {
    do {
      try self.init(units: message.units, scale: Int(message.scale))
    } catch {
      throw FieldFault(error, path: path)
    }
  }
}

extension Seratus_V1_Date {
  /// nil becomes the empty date: unknown or open-ended, as the field says.
  package init(_ date: CalendarDate?) {
    self.init()
    iso = date?.description ?? ""
  }
}

extension CalendarDate {
  /// nil for the empty date.
  /// - Throws: `BAD_DATE` at `path`.
  package static func from(_ message: Seratus_V1_Date, path: String) throws(FieldFault) -> CalendarDate? {
    guard !message.iso.isEmpty else { return nil }
    do {
      return try CalendarDate(parsing: message.iso)
    } catch {
      throw FieldFault(error, path: path)
    }
  }
}

extension Seratus_V1_LocalizedText {
  package init(_ text: Localized) {
    self.init(id: text.id, en: text.en)
  }

  package init(id: String, en: String) {
    self.init()
    self.id = id
    self.en = en
  }
}
