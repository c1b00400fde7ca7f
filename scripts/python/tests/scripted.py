"""A server over real TLS that says what a test tells it to, for what the real server never does or does too seldom."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lontar.state.sending import Outgoing
from lontar.wire import frames
from lontar.wire.constants import ALPN, PREFACE, Side
from lontar.wire.hello import Hello
from lontar.wire.reader import FrameReader


class Guest:
    """One client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer
        self._frames = FrameReader(Side.CLIENT, 16_372)
        self._waiting: list[frames.Frame] = []
        self.client: Hello | None = None

    async def greet(self, hello: Hello | None = None) -> None:
        assert await self._reader.readexactly(8) == PREFACE
        said = await self.hear()
        assert isinstance(said, frames.Say)
        self.client = said.hello
        self.say(frames.Say(hello or Hello(calls=100)))

    async def hear(self) -> frames.Frame | None:
        """The next frame; None at the end."""
        while not self._waiting:
            data = await self._reader.read(65_536)
            if not data:
                return None
            self._waiting += self._frames.feed(data)
        return self._waiting.pop(0)

    async def hear_kind(self, kind: type) -> frames.Frame:
        while not isinstance(said := await self.hear(), kind):
            assert said is not None, f"the client left without {kind.__name__}"
        return said

    def say(self, *said: frames.Frame) -> None:
        for each in said:
            self._writer.write(frames.encode(each))

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    def cut(self) -> None:
        """Without close_notify."""
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


Script = Callable[[Guest], Awaitable[None]]


class Scripted:
    """`async with Scripted(folder, script, ...)`: the nth connection plays the nth script, the last one again and again."""

    def __init__(self, folder: Path, *scripts: Script, alpn: str = ALPN, tls12: bool = False):
        self._scripts = list(scripts)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.context.set_alpn_protocols([alpn])
        if tls12:
            self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.guests = 0
        self.failures: list[BaseException] = []
        self.port = 0

    async def __aenter__(self) -> Scripted:
        self._server = await asyncio.start_server(self._play, "127.0.0.1", 0, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        if self.failures:
            raise self.failures[0]

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.guests, len(self._scripts) - 1)]
        self.guests += 1
        try:
            await script(Guest(reader, writer))
        except (ConnectionError, ssl.SSLError):
            pass
        except BaseException as error:
            self.failures.append(error)
        finally:
            writer.close()


async def echo(guest: Guest) -> None:
    """Answers each message of each call with the same bytes, and OK once the client has half-closed and taken all."""
    await guest.greet()
    assert guest.client is not None
    calls: dict[int, Echoing] = {}
    while (said := await guest.hear()) is not None:
        match said:
            case frames.Open(stream=stream, inline=inline, end=end, metadata=metadata):
                calls[stream] = Echoing(Outgoing(stream, guest.client.stream_window), end)
                guest.say(frames.Head(stream, metadata or ()))
                if inline is not None:
                    calls[stream].outgoing.push(inline, False)
            case frames.Msg(stream, payload, more, end):
                calls[stream].take(payload, more, end)
                guest.say(frames.Credit(stream, 1 << 40), frames.Credit(0, 1 << 40))
            case frames.Credit(stream, offset) if stream in calls:
                calls[stream].outgoing.grant(offset)
        for stream, call in list(calls.items()):
            while (frame := call.outgoing.next_frame(16_372, 16_372)) is not None:
                guest.say(frame)
            if call.half_closed and call.outgoing.idle:
                guest.say(frames.StatusFrame(stream, 0))
                del calls[stream]


@dataclass
class Echoing:
    outgoing: Outgoing
    half_closed: bool
    parts: bytes = b""

    def take(self, payload: bytes, more: bool, end: bool) -> None:
        self.parts += payload
        if payload and not more:
            self.outgoing.push(self.parts[8:], False)
            self.parts = b""
        self.half_closed = end
