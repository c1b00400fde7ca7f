internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Tasks that wait for a stream, on either side, and are cancelled although the call goes on, or whose call ends without them.
@Suite(.timeLimit(.minutes(3))) struct WaitingHandlerTests {
  private struct Enough: Error {}

  /// The handler's reader waits for a request that never comes.
  @Test func `a handler may stop its own reader, and the call ends`() async throws {
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
        let reading = Signals<Void>()
        do {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              reading.send(())
              for try await _ in requests {}
            }
            group.addTask {
              await reading.next()
              throw Enough()
            }
            // The first to fail ends the group, which cancels the other.
            while try await group.next() != nil {}
          }
        } catch is Enough {
          try await writer.write(EchoResponse { $0.payload = Data([7]) })
        }
      }
    }) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      let (messages, error) = await call.responses.collect()
      #expect(messages.map(\.payload) == [Data([7])])
      #expect(error == nil)
    }
  }

  /// The handler's writer waits for a client that takes nothing.
  @Test func `a handler may stop its own writer, and the call ends`() async throws {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(register: { router in
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in
        let count = Mutex(0)
        let writing = Task {
          while true {
            try await writer.write(EchoResponse { $0.payload = Data(count: 100_000) })
            count.withLock { $0 += 1 }
          }
        }
        // Until it has not come further for a while: it waits for room.
        var last = -1
        while count.withLock({ $0 }) != last || last == 0 {
          last = count.withLock { $0 }
          try await Task.sleep(for: .milliseconds(200))
        }
        writing.cancel()
        do { try await writing.value } catch { ends.send(HandlerEnd(error)) }
      }
    }) { _, client async throws in
      let stream = try await EchoClient(client).serverStream(EchoRequest())
      #expect(await ends.next() == .cancelled)
      let (messages, error) = await stream.collect()
      #expect(messages.count > 2)
      #expect(error == nil)
    }
  }

  /// It was started by a handler that did not wait for it.
  @Test func `a task that outlives its handler is told that the call is over`() async throws {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, _, _ in
        let reading = Signals<Void>()
        Task {
          reading.send(())
          do {
            for try await _ in requests {}
            ends.send(.finished)
          } catch { ends.send(HandlerEnd(error)) }
        }
        await reading.next()
        try await Task.sleep(for: .milliseconds(50))
      }
    }) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      #expect(await call.responses.collect().error == nil)
      #expect(await ends.next() == .failed(.cancelled))
    }
  }

  /// On the client's own event loop a cancellation comes before the writer has begun to wait.
  @Test(arguments: [false, true]) func `a cancelled task that writes to a call without a stream, or a full one, is told`(
    greets: Bool
  ) async throws {
    let client = ScriptedServer.client(greets: greets)
    let call = try await EchoClient(client).clientStream()
    let error = await Task(executorPreference: client.executor) {
      await RPCError.of {
        withUnsafeCurrentTask { $0?.cancel() }
        while true { try await call.requests.write(EchoRequest { $0.payload = Data(count: 100_000) }) }
      }
    }.value
    #expect(error?.code == .cancelled)
    await client.shutdown()
  }
}
