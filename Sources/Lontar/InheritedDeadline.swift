internal import NIOCore

/// The deadline of the call whose handler runs in this task. Calls that the handler makes end no later, however long they would be
/// allowed to take, and tell their servers what is left; so do the calls of tasks that it starts. `Task.detached` leaves it behind.
enum InheritedDeadline {
  @TaskLocal static var current: NIODeadline?
}
