internal import LontarTLS
internal import NIOCore

/// Where one end of a connection sends its bytes: a socket's channel, or the other end in the same process. Confined to its event loop.
protocol BytePipe: AnyObject {
  var eventLoop: any EventLoop { get }
  /// False: enough is under way; the link's `pipeIsWritable` is called when that changes.
  var isWritable: Bool { get }
  /// `192.0.2.7:50412`; nil: there is none, or the other end has gone.
  var remoteAddress: String? { get }
  func write(_ bytes: ByteBuffer)
  func flush()
  /// The link's `pipeClosed` follows.
  func close()
  /// The same once all that was written has left, however slowly the other end takes it.
  func closeBehindWrites()
}

extension BytePipe {
  func closeBehindWrites() { close() }

  var remoteAddress: String? { nil }
}

/// One end of a connection, as its pipe sees it. All of it is called on the pipe's event loop.
protocol Link: AnyObject {
  func attach(_ pipe: any BytePipe)
  /// There is another end; `pipeClosed` will follow.
  func pipeIsActive()
  /// Bytes can go out; `peer`: who is there by its certificate.
  func pipeIsOpen(peer: TLSPeer?)
  /// All bytes that a read has brought. What is answered at once has been written and flushed when it returns.
  func receive(_ bytes: ByteBuffer)
  func pipeIsWritable()
  func pipeFailed(_ error: any Error)
  /// Called once, last.
  func pipeClosed()
}
