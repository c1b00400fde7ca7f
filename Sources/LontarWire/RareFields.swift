/// Fields that few frames have. They lie behind one pointer, so that the many frames without them are small to hand on.
struct RareFields<Values: RareValues>: Sendable, Equatable {
  private indirect enum Box: Sendable, Equatable { case none, some(Values) }

  private var box = Box.none

  init(_ values: Values? = nil) {
    self.values = values
  }

  /// Nil: none of the fields is there.
  var values: Values? {
    get { if case .some(let values) = box { values } else { nil } }
    set { if let newValue, !newValue.isEmpty { box = .some(newValue) } else { box = .none } }
  }

  mutating func change(_ body: (inout Values) -> Void) {
    var values = values ?? Values()
    body(&values)
    self.values = values
  }
}

/// - Note: `init()` makes the fields of a frame that has none of them, for which `isEmpty` is true.
protocol RareValues: Sendable, Equatable {
  init()
  var isEmpty: Bool { get }
}
