"""One call on an asyncio loop: messages out and in, its head, its status, its deadline."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Self

from google.protobuf.message import DecodeError

from .. import compression
from ..metadata import Metadata
from ..method import Method, Request, Response
from ..state import events
from ..state.connection import MessageTooLong
from ..status import RpcError, Status, StatusCode, failure
from ..wire.constants import StreamErrorCode, stream_code_name
from ..wire.frames import Open, TraceContext
from ..wire.message import Carried, codec_of, inline
from ..wire.metadata import Pairs
from .link import ConnectFailed, Link, LinkGone

ATTEMPTS_MOST = 2  # a call that was refused goes again once (PROTOCOL.md 10, Sending again)
CONNECTIONS_MOST = 3  # on which a call waits for its turn, one after the other, if each goes before it can be sent
_LONGEST_TIMEOUT = 18e9  # seconds: 64 bits of nanoseconds, as OPEN carries them, hold a little more


@dataclass(frozen=True)
class Options:
    """`timeout` in seconds; `key`: 16 bytes that stay the same when the caller sends a call again; `codec`: of requests."""

    timeout: float | None = None
    metadata: Pairs | None = None
    trace: TraceContext | None = None
    key: bytes | None = None
    priority: int = 0
    codec: int = 0


class Call(Generic[Request, Response]):
    """Use it with `async with`: leaving the block before the status has come cancels the call.

    `request` given: the only message of this side. A call with it that no handler has seen is sent again, once, on another connection.
    """

    def __init__(
        self,
        method: Method[Request, Response],
        request: bytes | None,
        options: Options,
        link: Callable[[Link | None], Awaitable[Link]],
    ):
        """`link` says which connection to use, given the one that refused the call before."""
        self.method = method
        self._request = request
        self._options = options
        self._get_link = link
        self._loop = asyncio.get_running_loop()
        self._deadline = None if options.timeout is None else self._loop.time() + options.timeout
        self._expiry: asyncio.TimerHandle | None = None
        self._link: Link | None = None
        self._stream = 0
        self._attempt = 0
        self._messages: deque[tuple[Carried, int]] = deque()  # as they came: what waits stays compressed
        self._answer_codec: str | None = None
        self._head: Pairs | None = None
        self._status: Status | None = None
        self._changed = asyncio.Event()
        self._sending_done = asyncio.Event()
        self._half_closed = request is not None
        self._opening: asyncio.Task[None] | None = None
        self._pump: asyncio.Task[None] | None = None

    # For callers

    async def send(self, message: Request, *, compressed: bool = True) -> None:
        """Sends one message; returns when its last byte has left, as far as the server's credit goes. Raises RpcError.

        `compressed` False: as it is, though the call has a compression.
        """
        if self._half_closed:
            raise RuntimeError("the sending side of this call has ended")
        if not self._over():
            await self._send(self._pack(message.SerializeToString(), compressed), end=False)

    async def half_close(self) -> None:
        """No more messages from this side."""
        if not self._half_closed:
            self._half_closed = True
            await self._send(None, end=True)

    async def head(self) -> Metadata:
        """The metadata before the first message; empty if the server sends none. Waits until that is known."""
        while self._head is None and not self._messages and self._status is None:
            await self._change()
        return self.initial

    @property
    def initial(self) -> Metadata:
        """What of the server's first metadata has come so far."""
        return Metadata(self._head or ())

    async def status(self) -> Status:
        """How the call ended. Messages that are still to come have to be taken first."""
        while self._status is None:
            await self._change()
        return self._status

    async def next(self) -> Response | None:
        """The next message; None after the last one of a call that went well. Raises RpcError."""
        while not self._messages:
            if self._status is not None:
                if self._status.code != StatusCode.OK:
                    raise self._error()
                return None
            await self._change()
        message, credit = self._messages.popleft()
        assert self._link is not None
        self._link.taken(self._stream, credit)
        self._answer_codec = compression.name(codec_of(message))
        try:
            return self.method.response_type.FromString(compression.inflate(message))
        except compression.Broken as broken:
            reason = f"{self.method.name}: the answer cannot be inflated: {broken}"
            raise self._fail(failure(StatusCode.INTERNAL, reason)) from broken
        except DecodeError as error:
            raise self._fail(failure(StatusCode.INTERNAL, f"{self.method.name}: the answer cannot be read")) from error

    @property
    def answer_compression(self) -> str | None:
        """How the message last taken came: "gzip", "deflate", "zstd" or "identity". None before the first."""
        return self._answer_codec

    async def response(self) -> Response:
        """The one answer of a unary or client-streaming call. Raises RpcError."""
        first = await self.next()
        if first is None:
            raise self._fail(failure(StatusCode.UNIMPLEMENTED, f"{self.method.name} answered without a message"))
        if await self.next() is not None:
            raise self._fail(failure(StatusCode.UNIMPLEMENTED, f"{self.method.name} answered with several messages"))
        return first

    @property
    def over(self) -> bool:
        """Whether the status is known."""
        return self._status is not None

    def cancel(self, reason: str = "") -> None:
        """Gives the call up, unless it is over."""
        self._give_up(StreamErrorCode.CANCELLED, Status(StatusCode.CANCELLED, reason or "the caller gave up"))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Response:
        message = await self.next()
        if message is None:
            raise StopAsyncIteration
        return message

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()
        if self._pump is not None:
            self._pump.cancel()

    # For channels

    async def begin(self) -> None:
        """Opens the call, waiting for a connection and for call credit as long as the deadline allows. Raises RpcError."""
        if self._deadline is not None and self._expiry is None:
            self._expiry = self._loop.call_at(self._deadline, self._expired)
        opening = self._opening = self._start_opening(None)  # a call that is refused at once has another one by the time this goes on
        try:
            await asyncio.wait([opening])
        except asyncio.CancelledError:
            self.cancel()
            raise
        if opening.cancelled():
            raise self._error()
        opening.result()

    def pump(self, sending: Callable[[], Awaitable[None]]) -> None:
        """Keeps a task that sends beside the caller, who receives."""
        self._pump = asyncio.ensure_future(self._sent(sending))

    # Events

    def on_event(self, event: events.Event) -> None:
        match event:
            case events.HeadReceived(_, metadata):
                self._head = metadata
            case events.MessageReceived(_, message, credit):
                self._messages.append((message, credit))
            case events.StatusReceived(_, frame):
                self._finish(Status.of(frame))
            case events.CallReset(_, code, reason):
                self._finish(Status(_OF_RESET.get(code, StatusCode.INTERNAL), reason))
            case events.CallFaulted(_, code, reason):
                self._finish(_fault(code, reason))
            case events.CallRefused(_, code, reason):
                self._refused(f"{stream_code_name(code)}: {reason}")
            case events.SendingDone():
                self._sending_done.set()
        self._changed.set()

    def on_lost(self, reason: str) -> None:
        self._finish(Status(StatusCode.UNAVAILABLE, reason))

    def on_closed(self) -> None:
        self._finish(Status(StatusCode.CANCELLED, "the channel is closed"))

    # Within

    def _start_opening(self, refused_by: Link | None) -> asyncio.Task[None]:
        """`_finish` cancels it: a call that is over is not opened any more."""
        opening = asyncio.ensure_future(self._open(refused_by))
        opening.add_done_callback(lambda done: done.cancelled() or done.exception())  # the status tells it as well
        return opening

    async def _open(self, refused_by: Link | None) -> None:
        tries = 0
        try:
            while self._stream == 0:
                self._link = await self._get_link(refused_by)
                try:
                    self._stream = await self._link.open(self, self._make)
                except LinkGone:
                    if (tries := tries + 1) == CONNECTIONS_MOST:
                        raise
        except LinkGone as gone:
            raise self._fail(failure(StatusCode.UNAVAILABLE, str(gone))) from gone
        except ConnectFailed as problem:
            raise self._fail(failure(problem.code, str(problem))) from problem
        except MessageTooLong as problem:
            raise self._too_large(problem) from problem
        except RpcError as error:
            raise self._fail(error) from None

    def _make(self) -> Open:
        self._attempt += 1
        left = None
        if self._deadline is not None:
            seconds = min(max(0.0, self._deadline - self._loop.time()), _LONGEST_TIMEOUT)
            left = int(seconds * 1e9)
        given = self._options
        request = None if self._request is None else self._packed(self._request)
        return Open(
            0, self.method.name, left, given.trace, given.key, given.metadata, self._attempt, given.priority,
            None if request is None else inline(request), request is not None, codec_of(request or b""),
        )  # fmt: skip

    def _pack(self, message: bytes, compressed: bool) -> Carried:
        try:
            return self._packed(message) if compressed else message
        except MessageTooLong as problem:
            raise self._too_large(problem) from problem

    def _packed(self, message: bytes) -> Carried:
        """Compressed if the caller wants it and this server understands it. Raises MessageTooLong."""
        assert self._link is not None
        self._link.check(message)
        return compression.pack(message, self._options.codec) if self._link.understands(self._options.codec) else message

    def _too_large(self, problem: MessageTooLong) -> RpcError:
        return self._fail(failure(StatusCode.RESOURCE_EXHAUSTED, str(problem)))

    async def _send(self, message: Carried | None, end: bool) -> None:
        if self._over():
            return
        assert self._link is not None
        self._sending_done.clear()
        try:
            self._link.send(self._stream, message, end)
        except MessageTooLong as problem:
            raise self._too_large(problem) from problem
        await self._sending_done.wait()
        self._over()

    def _over(self) -> bool:
        """Whether the status has come; raises if it is an error. After OK what is still sent goes nowhere, which is no error."""
        if self._status is not None and self._status.code != StatusCode.OK:
            raise self._error()
        return self._status is not None

    async def _sent(self, sending: Callable[[], Awaitable[None]]) -> None:
        try:
            await sending()
        except RpcError:
            pass  # the receiving side tells the caller
        except Exception as error:
            self.cancel(f"the requests ended with an error: {error}")

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _refused(self, reason: str) -> None:
        """No handler has seen it: with its one request at hand it goes again, by itself."""
        self._stream = 0
        if self._request is None or self._attempt >= ATTEMPTS_MOST:
            self._finish(Status(StatusCode.UNAVAILABLE, reason))
        else:
            self._opening = self._start_opening(self._link)

    def _expired(self) -> None:
        self._messages.clear()
        self._give_up(StreamErrorCode.DEADLINE_EXCEEDED, Status(StatusCode.DEADLINE_EXCEEDED, "the deadline passed"))

    def _give_up(self, code: StreamErrorCode, status: Status) -> None:
        if self._status is None:
            self._finish(status)
            self._reset(code, status.text)

    def _reset(self, code: StreamErrorCode, reason: str) -> None:
        if self._link is not None and self._stream != 0:
            self._link.reset(self._stream, code, reason)

    def _fail(self, error: RpcError) -> RpcError:
        """The call is over for a reason of this side, whatever the server said of it; returns the error to raise."""
        self._give_up(StreamErrorCode.CANCELLED, error.status)
        if self._status is not None and self._status.code == StatusCode.OK:
            self._status = error.status
        self._messages.clear()
        return error

    def _finish(self, status: Status) -> None:
        if self._status is None:
            self._status = status
        if self._expiry is not None:
            self._expiry.cancel()
        if self._opening is not None and self._opening is not asyncio.current_task():
            self._opening.cancel()
        self._changed.set()
        self._sending_done.set()

    def _error(self) -> RpcError:
        assert self._status is not None
        return RpcError(self._status, self.initial)


_OF_RESET: dict[int, StatusCode] = {  # any other code is INTERNAL
    StreamErrorCode.CANCELLED: StatusCode.CANCELLED,
    StreamErrorCode.DEADLINE_EXCEEDED: StatusCode.DEADLINE_EXCEEDED,
    StreamErrorCode.REFUSED: StatusCode.UNAVAILABLE,
    StreamErrorCode.MESSAGE_TOO_LARGE: StatusCode.RESOURCE_EXHAUSTED,
    StreamErrorCode.CODEC_UNSUPPORTED: StatusCode.UNIMPLEMENTED,
}


def _fault(code: int, reason: str) -> Status:
    if code == StreamErrorCode.MESSAGE_TOO_LARGE:
        return Status(StatusCode.RESOURCE_EXHAUSTED, reason)
    return Status(StatusCode.INTERNAL, f"the server broke the protocol: {stream_code_name(code)}: {reason}")


AnyCall = Call[Any, Any]
