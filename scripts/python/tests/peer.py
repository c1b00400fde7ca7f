"""The server's end of a connection without I/O: says frames to a client and reads what it says."""

from collections.abc import Callable

from lontar.state import events
from lontar.state.connection import Connection
from lontar.state.settings import Settings
from lontar.wire import frames
from lontar.wire.constants import PREFACE, Side
from lontar.wire.hello import Hello
from lontar.wire.reader import FrameReader


class Peer:
    """A connection with a server that a test plays by hand."""

    def __init__(
        self,
        hello: Hello | None = None,
        settings: Settings | None = None,
        greet: bool = True,
        may_reset: Callable[[], bool] = lambda: True,
    ):
        self.connection = Connection(settings, may_reset)
        self._reader = FrameReader(Side.CLIENT, (hello or Hello()).frame_payload)
        begun = self.connection.data_to_send()
        assert begun.startswith(PREFACE)
        (self.said,) = self._reader.feed(begun.removeprefix(PREFACE))
        if greet:
            told = self.tell(frames.Say(hello or Hello(calls=100)))
            assert isinstance(told[0], events.Connected)

    def tell(self, *said: frames.Frame) -> list[events.Event]:
        return self.feed(b"".join(frames.encode(frame) for frame in said))

    def feed(self, data: bytes) -> list[events.Event]:
        self.connection.receive(data)
        return list(self.connection.events())

    def hears(self) -> list[frames.Frame]:
        """All that the client sends now."""
        data = b""
        while part := self.connection.data_to_send():
            data += part
        return list(self._reader.feed(data))

    def hears_turns(self, limit: int = 1) -> list[frames.Frame]:
        """One helping: control frames and at most one frame with a message."""
        return list(self._reader.feed(self.connection.data_to_send(limit)))

    def open(self, inline: bytes | None = None, end: bool = False) -> int:
        return self.connection.open(frames.Open(0, "a.S/M", inline=inline, end=end))


def message(data: bytes) -> bytes:
    """A whole message as MSG's payload."""
    return len(data).to_bytes(4, "big") * 2 + data
