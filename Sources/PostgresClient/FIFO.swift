/// A queue that takes at the back and gives at the front, both in constant time on average.
struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { head == elements.count }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Puts an element before all others.
  mutating func prepend(_ element: Element) {
    if head > 0 {
      head -= 1
      elements[head] = element
    } else {
      elements.insert(element, at: 0)
    }
  }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Takes out every element for which `isLeaving` holds, in order.
  mutating func removeAll(where isLeaving: (Element) -> Bool) -> [Element] {
    var leaving: [Element] = []
    var staying: [Element?] = []
    for element in elements[head...].lazy.compactMap({ $0 }) {
      if isLeaving(element) { leaving.append(element) } else { staying.append(element) }
    }
    if !leaving.isEmpty {
      elements = staying
      head = 0
    }
    return leaving
  }

  func forEach(_ body: (Element) -> Void) {
    for index in head..<elements.count { elements[index].map(body) }
  }
}
