"""A client's connection as a value: bytes and calls in, bytes and events out. No socket, no clock, no thread."""

from collections import deque
from collections.abc import Callable, Iterator

from ..wire import frames
from ..wire.constants import PREFACE, STREAM_MAX, VERSION, ConnectionErrorCode, Limit, Side, StreamErrorCode
from ..wire.frames import Open
from ..wire.hello import ANY_ENVIRONMENT, Hello
from ..wire.message import Carried, from_inline, plain_length
from ..wire.reader import FrameReader
from ..wire.violation import ConnectionViolation, StreamFault, protocol_error
from . import events
from .call import Call
from .settings import Settings

_CONTROL_BYTES_MOST = 1_048_576


class MessageTooLong(ValueError):
    """The server does not take messages of this size."""


class Connection:
    """Calls of `receive` and friends append to `events()`; whatever they want sent is in `data_to_send()`.

    `may_reset` is asked before each RESET whether one more may leave now; then it leaves. After a no, `send_resets` asks again.
    """

    def __init__(self, settings: Settings | None = None, may_reset: Callable[[], bool] = lambda: True):
        self.settings = settings or Settings()
        self._may_reset = may_reset
        self.server: Hello | None = None
        self._reader = FrameReader(Side.SERVER, self.settings.frame_payload)
        self._control = bytearray(PREFACE + frames.encode(frames.Say(self.settings.hello())))
        self._events: deque[events.Event] = deque()
        self._calls: dict[int, Call] = {}
        self._given_up: dict[int, frames.Reset] = {}  # RESETs that wait, in their order; what still comes for these calls is dropped
        self._turns: deque[int] = deque()
        self._last_opened = -1
        self._opened = 0
        self._allowed = 0
        self._sent = 0
        self._send_granted = 0
        self._received = 0
        self._frames_received = 0
        self._receive_granted = self.settings.connection_window
        self._pings: list[bytes] = []
        self._last_accepted = STREAM_MAX
        self._draining = False
        self._ended = False

    # What the driver asks

    @property
    def ready(self) -> bool:
        """HELLO has been said both ways and the connection stands."""
        return self.server is not None and not self._ended

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def draining(self) -> bool:
        return self._draining or self._ended or self._last_opened + 2 > STREAM_MAX

    @property
    def can_open(self) -> bool:
        return self.ready and not self.draining and self._opened < self._allowed

    @property
    def running(self) -> int:
        """Calls that have neither ended nor been given up."""
        return len(self._calls)

    @property
    def resets_wait(self) -> bool:
        return bool(self._given_up)

    @property
    def amid_frame(self) -> bool:
        return self._reader.amid_frame

    @property
    def frames_received(self) -> int:
        return self._frames_received

    def events(self) -> Iterator[events.Event]:
        """What has happened since the last time, in order."""
        while self._events:
            yield self._events.popleft()

    # What the driver does

    def open(self, call: Open) -> int:
        """Opens a call and says its stream. `call.stream` is ignored; `call.inline` goes inline if it fits, else as MSG.

        Raises MessageTooLong.
        """
        if not self.can_open:
            raise RuntimeError("no call may be opened now: see can_open")
        assert self.server is not None
        if call.inline is not None:
            self.check(from_inline(call.inline, call.codec))
        stream = self._last_opened + 2
        state = Call(stream, self.server.stream_window, self.settings)
        fits = call.inline is not None and self._fits_inline(call, state)
        alone = call.inline is None or fits
        sent = Open(
            stream, call.method, call.timeout, call.trace, call.key, call.metadata, call.attempt, call.priority,
            call.inline if fits else None, call.end and alone, call.codec if fits else 0,
        )  # fmt: skip
        self._control += frames.encode(sent)
        self._last_opened = stream
        self._opened += 1
        self._calls[stream] = state
        inline_bytes = len(call.inline) if fits and call.inline is not None else 0
        state.outgoing.opened_with(inline_bytes, sent.end)
        self._sent += inline_bytes
        if not alone:
            assert call.inline is not None
            self.send(stream, from_inline(call.inline, call.codec), call.end)
        return stream

    def understands(self, codec: int) -> bool:
        """Whether the server takes messages that are compressed so."""
        return self.server is not None and bool(self.server.codecs >> codec & 1)

    def check(self, message: Carried) -> None:
        """Raises MessageTooLong."""
        size = plain_length(message)
        if self.server is not None and size > self.server.message:
            raise MessageTooLong(f"the message has {size} bytes; the server takes {self.server.message}")

    def send(self, stream: int, message: Carried | None, end: bool = False) -> None:
        """Queues a message, a half-close, or both. Of a finished call nothing is sent any more."""
        if (call := self._calls.get(stream)) is None:
            return
        if message is not None:
            self.check(message)
        call.outgoing.push(message, end)
        if stream not in self._turns:
            self._turns.append(stream)

    def taken(self, stream: int, credit: int) -> None:
        """The application has taken a message: its credit goes back."""
        if (call := self._calls.get(stream)) is not None:
            call.incoming.take(credit)
            self._give_stream_credit(call)

    def reset(self, stream: int, code: StreamErrorCode, reason: str = "") -> None:
        """Gives a call up, unless it is over: nothing more is sent or told of it, though its RESET may have to wait."""
        if self._calls.pop(stream, None) is not None:
            self._given_up[stream] = frames.Reset(stream, code, reason)
            self.send_resets()

    def send_resets(self) -> None:
        """Sends what waits, as far as `may_reset` allows."""
        while self._given_up and self._may_reset():
            self._control += frames.encode(self._given_up.pop(next(iter(self._given_up))))

    def ping(self, data: bytes) -> None:
        if not self.ready or len(data) != 8:
            raise ValueError("PING takes 8 bytes, after HELLO")
        self._pings.append(data)
        self._control += frames.encode(frames.Ping(data))

    @property
    def sending(self) -> bool:
        """Messages or half-closes are waiting to leave."""
        return bool(self._turns)

    def waiting(self) -> list[frames.Blocked]:
        """What keeps messages from leaving now: credit of a stream, credit of the connection."""
        room = self._send_granted - self._sent
        found: dict[frames.Blocked, None] = {}
        for stream in self._turns:
            if (call := self._calls.get(stream)) is None:
                continue
            match call.outgoing.blocked(room):
                case Limit.STREAM_CREDIT:
                    found[frames.Blocked(stream, Limit.STREAM_CREDIT, call.outgoing.granted)] = None
                case Limit.CONNECTION_CREDIT:
                    found[frames.Blocked(0, Limit.CONNECTION_CREDIT, self._send_granted)] = None
        return list(found)

    def calls_exhausted(self) -> frames.Blocked | None:
        """All calls that the server allows have been opened."""
        if not self.ready or self.draining or self._opened < self._allowed:
            return None
        return frames.Blocked(0, Limit.CALLS, self._allowed)

    def notify(self, notice: frames.Blocked) -> None:
        if self.ready:
            self._control += frames.encode(notice)

    def leave(self, reason: str = "") -> None:
        """Opens no more calls; the running ones go on."""
        if not self._draining and not self._ended:
            self._draining = True
            self._control += frames.encode(frames.GoAway(0, ConnectionErrorCode.NONE, True, reason))

    def fail(self, code: ConnectionErrorCode, reason: str) -> None:
        """Ends the connection from this side: GOAWAY, then the driver closes."""
        if not self._ended:
            self._control += frames.encode(frames.GoAway(0, code, True, reason))
            self._end(code, reason, by_server=False)

    # Bytes

    def receive(self, data: bytes) -> None:
        """Takes bytes from the server. After the end they are dropped."""
        if self._ended:
            return
        try:
            for frame in self._reader.feed(data):
                self._frames_received += 1
                self._take(frame)
                if self._ended:
                    return
        except ConnectionViolation as violation:
            self.fail(violation.code, violation.reason)

    def receive_end(self, clean: bool) -> None:
        """The server closed, with close_notify or without."""
        if not self._ended:
            reason = "the server closed the connection" if clean else "the connection was cut off"
            self._end(ConnectionErrorCode.NONE, reason, by_server=True)

    def data_to_send(self, limit: int = 65_536) -> bytes:
        """Bytes for the socket, about `limit` at most: control frames first, then each call's turn of one frame."""
        out = self._control
        self._control = bytearray()
        stuck: list[int] = []  # wait for credit, which comes only between two helpings: they are asked once in each
        while self._turns and len(out) < limit:
            assert self.server is not None
            stream = self._turns.popleft()
            if (call := self._calls.get(stream)) is None:
                continue
            frame = call.outgoing.next_frame(self.server.frame_payload, self._send_granted - self._sent)
            if frame is not None:
                self._sent += len(frame.payload)
                out += frames.encode(frame)
            if call.outgoing.idle:
                self._events.append(events.SendingDone(stream))
            elif frame is not None:
                self._turns.append(stream)
            else:
                stuck.append(stream)
        self._turns.extendleft(reversed(stuck))
        return bytes(out)

    # Frames

    def _take(self, frame: frames.Frame) -> None:
        if self.server is None and not isinstance(frame, frames.Say | frames.GoAway):
            raise protocol_error("the server's first frame is not HELLO")
        match frame:
            case frames.Say(hello):
                self._greeted(hello)
            case frames.Head(stream, metadata):
                self._on_call(stream, lambda call: self._head(call, metadata))
            case frames.Msg():
                self._count(len(frame.payload))
                self._on_call(frame.stream, lambda call: self._message(call, frame))
            case frames.StatusFrame():
                self._count(len(frame.inline or b""))
                self._on_end(frame.stream, lambda call: self._status(call, frame))
            case frames.Reset():
                self._on_end(frame.stream, lambda call: self._reset_by_server(call, frame))
            case frames.Credit(0, offset):
                self._send_granted = max(self._send_granted, offset)
            case frames.Credit(stream, offset):
                self._on_call(stream, lambda call: call.outgoing.grant(offset))
            case frames.MaxCalls(calls):
                self._allow(calls)
            case frames.Ping(data, ack):
                self._pinged(data, ack)
            case frames.GoAway():
                self._going(frame)
            case frames.Blocked():
                self._events.append(events.ServerBlocked(frame))
            case frames.Hint():
                self._events.append(events.Hinted(frame))
            case frames.Skipped():
                pass

    def _greeted(self, hello: Hello) -> None:
        if self.server is not None:
            raise protocol_error("HELLO came twice")
        if hello.refusal is not None:
            self._end(hello.refusal.code, hello.refusal.reason, by_server=True)
            return
        if not hello.speaks(VERSION):
            spoken = f"{hello.lowest_version} to {hello.highest_version}"
            raise ConnectionViolation(ConnectionErrorCode.VERSION_UNSUPPORTED, f"the server speaks versions {spoken}")
        if self.settings.environment not in (ANY_ENVIRONMENT, hello.environment):
            raise ConnectionViolation(ConnectionErrorCode.ENVIRONMENT_MISMATCH, "the server is of another environment")
        self.server = hello
        self._send_granted = hello.connection_window
        self._allowed = hello.calls
        self._events.append(events.Connected(hello))

    def _on_call(self, stream: int, act: Callable[[Call], None]) -> None:
        self._require_opened(stream)
        if (call := self._calls.get(stream)) is None:
            return
        try:
            act(call)
        except StreamFault as fault:
            self.reset(stream, fault.code, fault.reason)
            self._events.append(events.CallFaulted(stream, fault.code, fault.reason))

    def _on_end(self, stream: int, act: Callable[[Call], None]) -> None:
        """A frame behind which nothing comes: the stream is over, so there is nothing to reset any more, whatever is wrong with it."""
        self._require_opened(stream)
        self._given_up.pop(stream, None)
        if (call := self._calls.pop(stream, None)) is None:
            return
        try:
            act(call)
        except StreamFault as fault:
            self._events.append(events.CallFaulted(stream, fault.code, fault.reason))

    def _require_opened(self, stream: int) -> None:
        if stream > self._last_opened:
            raise protocol_error(f"a frame on stream {stream}, which was never opened")

    def _head(self, call: Call, metadata: frames.Pairs) -> None:
        call.head()
        self._events.append(events.HeadReceived(call.stream, metadata))

    def _message(self, call: Call, frame: frames.Msg) -> None:
        whole = call.message(frame)
        if whole is not None:
            self._events.append(events.MessageReceived(call.stream, *whole))
        self._give_stream_credit(call)

    def _status(self, call: Call, frame: frames.StatusFrame) -> None:
        whole = call.status(frame)
        if whole is not None:
            self._events.append(events.MessageReceived(call.stream, *whole))
        self._events.append(events.StatusReceived(call.stream, frame))

    def _reset_by_server(self, call: Call, frame: frames.Reset) -> None:
        """A server has two cases for RESET, but a receiver takes any code: it is one call's matter and never the connection's."""
        ended = events.CallRefused if frame.not_processed else events.CallReset
        self._events.append(ended(call.stream, frame.code, frame.reason))

    def _count(self, size: int) -> None:
        self._received += size
        if self._received > self._receive_granted:
            raise ConnectionViolation(
                ConnectionErrorCode.FLOW_CONTROL,
                f"{self._received} message bytes came, {self._receive_granted} were granted",
            )
        offset = self._received + self.settings.connection_window
        if offset - self._receive_granted >= self.settings.connection_window // 2:
            self._receive_granted = offset
            self._control += frames.encode(frames.Credit(0, offset))

    def _give_stream_credit(self, call: Call) -> None:
        offset = call.incoming.grant()
        if offset is not None and not self._ended:
            self._control += frames.encode(frames.Credit(call.stream, offset))

    def _allow(self, calls: int) -> None:
        if calls > self._allowed:
            self._allowed = calls
            self._events.append(events.CallsAllowed())

    def _pinged(self, data: bytes, ack: bool) -> None:
        if not ack:
            if len(self._control) > _CONTROL_BYTES_MOST:
                raise ConnectionViolation(ConnectionErrorCode.ENHANCE_YOUR_CALM, "more PINGs than answers can be sent")
            self._control += frames.encode(frames.Ping(data, ack=True))
            return
        if data not in self._pings:
            raise protocol_error("an answer came to a PING that was not sent")
        self._pings.remove(data)
        self._events.append(events.Pong(data))

    def _going(self, frame: frames.GoAway) -> None:
        if frame.code != ConnectionErrorCode.NONE:
            self._refuse_above(frame.last_stream, frame.reason)
            self._end(frame.code, frame.reason, by_server=True)
            return
        self._draining = True
        if frame.final:
            self._last_accepted = min(self._last_accepted, frame.last_stream)
            self._refuse_above(self._last_accepted, frame.reason)
        self._events.append(events.Draining(frame.final, frame.reason))

    def _refuse_above(self, last: int, reason: str) -> None:
        for stream in [stream for stream in self._calls if stream > last]:
            del self._calls[stream]
            self._events.append(events.CallRefused(stream, StreamErrorCode.REFUSED, reason))
        self._given_up = {stream: reset for stream, reset in self._given_up.items() if stream <= last}

    def _end(self, code: int, reason: str, by_server: bool) -> None:
        self._ended = True
        lost = tuple(self._calls)
        self._calls.clear()
        self._given_up.clear()
        self._turns.clear()
        self._events.append(events.Ended(code, reason, by_server, lost))

    def _fits_inline(self, call: Open, state: Call) -> bool:
        assert self.server is not None and call.inline is not None
        size = len(call.inline)
        whole = len(frames.open_fields(call)) + size
        room = min(state.outgoing.granted, self._send_granted - self._sent)
        return whole <= self.server.frame_payload and size <= room
