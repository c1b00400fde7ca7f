"""One connection to a server on an asyncio loop: socket, TLS, timers; events go to the calls they concern."""

from __future__ import annotations

import asyncio
import os
import random
import ssl
from collections.abc import Callable
from typing import Protocol

from ..state import events
from ..state.connection import Connection
from ..state.settings import Settings
from ..status import StatusCode
from ..wire.constants import ConnectionErrorCode, StreamErrorCode, connection_code_name
from ..wire.frames import Blocked, Hint, Open
from ..wire.message import Carried
from .keepalive import Keepalive, Silence
from .notices import BlockedWatch, Hold
from .pacing import Pace
from .tls import TLSProblem, TLSSession

HANDSHAKE_SECONDS = 10.0
HELLO_SECONDS = 5.0
FRAME_SECONDS = 30.0
CLOSE_SECONDS = 2.0  # for what is still to be sent: a peer that does not read would else hold the socket for ever
NEXT_ADDRESS_SECONDS = 0.25  # after which the next address is tried beside one that does not answer (RFC 8305)
BLOCKED_SECONDS = 1.0


class LinkGone(Exception):
    """This connection takes no more calls; another may."""


class ConnectFailed(Exception):
    """No connection came about: one line for people, and the code that calls fail with."""

    def __init__(self, reason: str, code: StatusCode = StatusCode.UNAVAILABLE):
        super().__init__(reason)
        self.code = code


_IN_VAIN = (ConnectionErrorCode.VERSION_UNSUPPORTED, ConnectionErrorCode.ENVIRONMENT_MISMATCH)  # to connect again mends neither

Waiters = dict["asyncio.Future[None]", None]  # in the order of asking


class CallSink(Protocol):
    """Where the events of one call go."""

    def on_event(self, event: events.Event) -> None: ...

    def on_lost(self, reason: str) -> None: ...

    def on_closed(self) -> None: ...


class Link(asyncio.Protocol):
    def __init__(self, context: ssl.SSLContext, server_name: str, settings: Settings, keepalive: Keepalive):
        self._loop = asyncio.get_running_loop()
        self._tls = TLSSession(context, server_name)
        self._connection = Connection(settings, self._may_reset)
        self._transport: asyncio.Transport | None = None
        self._calls: dict[int, CallSink] = {}
        self._credit_waiters: Waiters = {}
        self._held_waiters: Waiters = {}
        self._hold = Hold()
        self._blocked_watch = BlockedWatch()
        self._blocked_timer: asyncio.TimerHandle | None = None
        self.blocked: Blocked | None = None  # the last BLOCKED of the server
        self._pongs: dict[bytes, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._frames_timer: asyncio.TimerHandle | None = None
        self._resets_timer: asyncio.TimerHandle | None = None
        self._pace = Pace()
        self._silence = Silence(keepalive, self._loop.time())
        self._silence_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._closing = False
        self._reason = "the connection was lost"
        self.greeted: asyncio.Future[None] = self._loop.create_future()
        self.greeted.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def connect(
        cls, host: str, port: int, context: ssl.SSLContext, server_name: str, settings: Settings, keepalive: Keepalive
    ) -> Link:
        """A connection on which calls may be opened. Raises ConnectFailed."""
        link = cls(context, server_name, settings, keepalive)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: link, host, port, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS)
            await link.greeted
        except TimeoutError:
            raise ConnectFailed(f"{host}:{port} does not answer") from None
        except ConnectFailed as error:
            raise ConnectFailed(f"{host}:{port}: {error}", error.code) from error
        except OSError as error:
            raise ConnectFailed(f"{host}:{port}: {error}") from error
        except asyncio.CancelledError:
            link.abort()
            raise
        return link

    # For channels and calls

    @property
    def usable(self) -> bool:
        return self._connection.ready and not self._connection.draining

    @property
    def hint(self) -> Hint | None:
        """The last HINT; None if the server has said none, or that it is well."""
        return self._hold.hint

    def understands(self, codec: int) -> bool:
        return self._connection.understands(codec)

    def check(self, message: Carried) -> None:
        """Raises MessageTooLong."""
        self._connection.check(message)

    async def open(self, sink: CallSink, make: Callable[[], Open]) -> int:
        """Opens a call as soon as the server allows one more and no HINT holds it back.

        `make` builds the OPEN when its turn has come: it carries the time that is left then.
        Raises LinkGone, or MessageTooLong.
        """
        await self._turn()
        stream = self._connection.open(make())
        self._calls[stream] = sink
        self._pump()
        return stream

    async def _turn(self) -> None:
        chance = random.random()
        while True:
            if not self.usable:
                raise LinkGone(self._reason)
            if (seconds := self._hold.left(self._loop.time(), chance)) > 0:
                await self._wait(self._held_waiters, seconds)
            elif not self._connection.can_open:
                self._watch_blocked(wanted=True)
                await self._wait(self._credit_waiters)
            else:
                return

    async def _wait(self, waiters: Waiters, seconds: float | None = None) -> None:
        waiter = self._loop.create_future()
        waiters[waiter] = None
        self._watch_silence()
        try:
            await asyncio.wait([waiter], timeout=seconds)
        finally:
            del waiters[waiter]
            self._watch_silence()

    def send(self, stream: int, message: Carried | None, end: bool) -> None:
        self._connection.send(stream, message, end)
        self._pump()

    def taken(self, stream: int, credit: int) -> None:
        self._connection.taken(stream, credit)
        self._pump()

    def reset(self, stream: int, code: StreamErrorCode, reason: str) -> None:
        """Gives a call up. At more than the server bears, RESET waits; the call is over for its caller all the same."""
        if self._calls.pop(stream, None) is not None:
            self._connection.reset(stream, code, reason)
            self._pump()

    async def ping(self, seconds: float) -> float:
        """Seconds of one round trip. No answer in time ends the connection."""
        data = os.urandom(8)
        answer = self._pongs[data] = self._loop.create_future()
        begun = self._loop.time()
        self._connection.ping(data)
        self._pace.count(begun)
        self._silence.pinged(begun)
        self._pump()
        try:
            async with asyncio.timeout(seconds):
                await answer
        except TimeoutError:
            self._connection.fail(ConnectionErrorCode.TIMEOUT, "no answer to PING")
            self._pump()
            raise LinkGone("no answer to PING") from None
        finally:
            self._pongs.pop(data, None)
        return self._loop.time() - begun

    def leave(self) -> None:
        """Opens no more calls; closes when the running ones are over."""
        if not self._connection.draining:
            self._connection.leave()
            self._reason = "this client has left the connection"
        self._wake_all()
        self._pump()

    async def close(self) -> None:
        """Cancels what runs, tells the server, closes with close_notify, waits until the socket is gone."""
        calls, self._calls = self._calls, {}
        for sink in calls.values():
            sink.on_closed()
        self.leave()
        self._close()
        await asyncio.wait([self.closed], timeout=CLOSE_SECONDS)
        self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._set_timer(HANDSHAKE_SECONDS, "the TLS handshake takes too long")
        self._tls.shake()
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._silence.heard(self._loop.time())
        was_established = self._tls.established
        try:
            plaintext = self._tls.receive(data)
        except TLSProblem as problem:
            self._fail_tls(str(problem))
            return
        if self._tls.established and not was_established:
            self._set_timer(HELLO_SECONDS, "the server says no HELLO")
        self._connection.receive(plaintext)
        if self._tls.closed_by_peer:
            self._connection.receive_end(clean=True)
        self._watch_frame()
        self._pump()

    def eof_received(self) -> bool:
        self._connection.receive_end(clean=self._tls.closed_by_peer)
        self._pump()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._connection.receive_end(clean=False)
        self._dispatch()
        timers = (
            self._timer, self._frames_timer, self._resets_timer, self._blocked_timer, self._silence_timer, self._close_timer,
        )  # fmt: skip
        for timer in timers:
            if timer is not None:
                timer.cancel()
        if not self.greeted.done():
            self.greeted.set_exception(ConnectFailed(self._reason))
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    # Within

    def _pump(self) -> None:
        """Hands out what has happened and sends what the socket takes, until there is neither."""
        self._dispatch()
        while self._tls.established and not self._paused and not self._closing:
            data = self._connection.data_to_send()
            if data:
                self._tls.send(data)
            self._flush()
            if not self._dispatch() and not data:
                break
        self._flush()
        self._watch_blocked(wanted=self._connection.sending)
        self._watch_resets()
        self._watch_silence()
        if self._connection.ended or (self._connection.draining and not self._calls and not self._connection.running):
            self._close()

    def _flush(self) -> None:
        data = self._tls.ciphertext()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _dispatch(self) -> bool:
        any_event = False
        for event in self._connection.events():
            any_event = True
            self._on_event(event)
        return any_event

    def _on_event(self, event: events.Event) -> None:
        match event:
            case events.Connected():
                self._set_timer(None, "")
                if not self.greeted.done():
                    self.greeted.set_result(None)
            case events.CallsAllowed():
                self._wake(self._credit_waiters)
            case events.Hinted(hint):
                self._hold.hear(hint, self._loop.time())
                self._wake(self._held_waiters)
            case events.ServerBlocked(notice):
                self.blocked = notice
            case events.Draining(_, reason):
                self._reason = reason or "the server shuts down"
                self._wake_all()
            case events.Pong(data):
                if self._silence.answered(data) and self._silence_timer is not None:
                    self._silence_timer.cancel()
                    self._silence_timer = None
                if data in self._pongs and not self._pongs[data].done():
                    self._pongs[data].set_result(None)
            case events.Ended():
                self._ended(event)
            case events.HeadReceived() | events.MessageReceived() | events.SendingDone():
                if (sink := self._calls.get(event.stream)) is not None:
                    sink.on_event(event)
            case events.StatusReceived() | events.CallRefused() | events.CallReset() | events.CallFaulted():
                if (sink := self._calls.pop(event.stream, None)) is not None:
                    sink.on_event(event)

    def _ended(self, event: events.Ended) -> None:
        if not self._closing:  # else it is this side that closes, and why is known already
            self._reason = event.reason
        if event.code != ConnectionErrorCode.NONE:
            who = "the server" if event.by_server else "this client"
            self._reason = f"{who} ended the connection: {connection_code_name(event.code)}: {event.reason}"
        if not self.greeted.done():
            code = StatusCode.FAILED_PRECONDITION if event.code in _IN_VAIN else StatusCode.UNAVAILABLE
            self.greeted.set_exception(ConnectFailed(self._reason, code))
        calls, self._calls = self._calls, {}
        for sink in calls.values():
            sink.on_lost(self._reason)
        for answer in self._pongs.values():
            if not answer.done():
                answer.set_exception(LinkGone(self._reason))
        self._wake_all()

    def _wake_all(self) -> None:
        self._wake(self._credit_waiters)
        self._wake(self._held_waiters)

    def _wake(self, waiters: Waiters) -> None:
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _watch_blocked(self, wanted: bool) -> None:
        """Looks once a second at what waits, as long as anything does."""
        if wanted and self._blocked_timer is None and not self._connection.ended:
            self._blocked_timer = self._loop.call_later(BLOCKED_SECONDS, self._look_blocked)

    def _look_blocked(self) -> None:
        self._blocked_timer = None
        waiting = self._connection.waiting()
        if self._credit_waiters and (notice := self._connection.calls_exhausted()) is not None:
            waiting.append(notice)
        for notice in self._blocked_watch.look(waiting):
            if self._pace.wait(self._loop.time()) == 0:
                self._pace.count(self._loop.time())
                self._connection.notify(notice)
        self._watch_blocked(wanted=bool(waiting))
        self._pump()

    def _may_reset(self) -> bool:
        now = self._loop.time()
        if self._pace.wait(now) > 0:
            return False
        self._pace.count(now)
        return True

    def _watch_resets(self) -> None:
        """RESETs that wait go as soon as the server bears more."""
        if self._resets_timer is None and self._connection.resets_wait:
            self._resets_timer = self._loop.call_later(self._pace.wait(self._loop.time()), self._send_resets)

    def _send_resets(self) -> None:
        self._resets_timer = None
        self._connection.send_resets()
        self._pump()

    def _watch_silence(self) -> None:
        """A call that waits to be opened is under way, too: a server that is gone will never allow it."""
        self._silence.watch(self._connection.running > 0 or bool(self._credit_waiters), self._loop.time())
        if self._silence_timer is None and not self._connection.ended and (due := self._silence.due()) is not None:
            self._silence_timer = self._loop.call_at(due, self._look_silent)

    def _look_silent(self) -> None:
        """What has come since, and the end of calls, do not touch the timer: what it was set for may have moved on, or be gone."""
        self._silence_timer = None
        if self._connection.ended:
            return
        now, due = self._loop.time(), self._silence.due()
        if due is None or now < due:
            self._watch_silence()
        elif self._silence.asked:
            self._too_slow("no answer to PING")
        else:
            data = os.urandom(8)
            self._silence.ask(data, now)
            self._pace.count(now)
            self._connection.ping(data)
            self._pump()

    def _close(self) -> None:
        if self._closing or self._transport is None:
            return
        self._closing = True
        if self._tls.established:
            if data := self._connection.data_to_send():
                self._tls.send(data)
            self._tls.close()
        self._flush()
        self._transport.close()
        self._close_timer = self._loop.call_later(CLOSE_SECONDS, self.abort)

    def _fail_tls(self, reason: str) -> None:
        self._flush()
        self._reason = reason
        if not self.greeted.done():
            self.greeted.set_exception(ConnectFailed(reason))
        self._connection.fail(ConnectionErrorCode.INTERNAL_ERROR, reason)
        self._dispatch()
        self._close()

    def _set_timer(self, seconds: float | None, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self._loop.call_later(seconds, self._too_slow, reason)

    def _too_slow(self, reason: str) -> None:
        self._connection.fail(ConnectionErrorCode.TIMEOUT, reason)
        self._pump()

    def _watch_frame(self) -> None:
        """A frame that has begun ends within 30 s, or the connection does."""
        if self._frames_timer is None and self._connection.amid_frame and not self._connection.ended:
            begun = self._connection.frames_received
            self._frames_timer = self._loop.call_later(FRAME_SECONDS, self._frame_check, begun)

    def _frame_check(self, begun: int) -> None:
        self._frames_timer = None
        if self._connection.amid_frame and self._connection.frames_received == begun:
            self._too_slow("a frame takes too long")
        else:
            self._watch_frame()
