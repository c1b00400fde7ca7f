package import RegistryModel

/// What every repository method returns: the value, who asked for it, which facts it is made of, and what its scores are made of.
package struct Answer<Value: Sendable>: Sendable {
  package let caller: Caller
  package let dataset: DatasetRecord
  /// At most as old as the reference in memory.
  package let catalogue: InstrumentCatalogue
  package let value: Value

  package init(caller: Caller, dataset: DatasetRecord, catalogue: InstrumentCatalogue, value: Value) {
    self.caller = caller
    self.dataset = dataset
    self.catalogue = catalogue
    self.value = value
  }

  package func map<Other: Sendable>(_ transform: (Value) throws(StoreError) -> Other) throws(StoreError) -> Answer<Other> {
    Answer<Other>(caller: caller, dataset: dataset, catalogue: catalogue, value: try transform(value))
  }
}

/// The account behind a session, as the database knows it.
package struct Caller: Sendable, Hashable {
  package let actorID: Int64
  package let actorName: String
  package let role: Role
  /// Set for regional roles.
  package let region: RegionID?

  package init(actorID: Int64, actorName: String, role: Role, region: RegionID?) {
    self.actorID = actorID
    self.actorName = actorName
    self.role = role
    self.region = region
  }
}

/// The one row that says whether this database holds facts or made-up data.
package struct DatasetRecord: Sendable, Hashable {
  package let dataset: Dataset
  package let label: String

  package init(dataset: Dataset, label: String) {
    self.dataset = dataset
    self.label = label
  }
}

/// A page of a longer list.
package struct Page<Element: Sendable>: Sendable {
  package let elements: [Element]
  /// Rows of the whole selection, not of the page.
  package let total: Int
  /// Opaque; nil after the last page.
  package let next: String?

  package init(elements: [Element], total: Int, next: String?) {
    self.elements = elements
    self.total = total
    self.next = next
  }
}

/// Which page is wanted. `cursor` is `next` of the page before, or nil for the first.
package struct PageRequest: Sendable, Hashable {
  package let size: Int
  package let cursor: String?

  package init(size: Int, cursor: String? = nil) {
    self.size = size
    self.cursor = cursor
  }
}

/// What the server wants to know of its database before it serves.
package struct DatabaseFacts: Sendable, Hashable {
  package let dataset: DatasetRecord
  /// Number of the last migration applied.
  package let schemaVersion: Int
  package let regions: Int
}
