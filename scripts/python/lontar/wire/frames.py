"""Each frame as a value, and its bytes both ways. `encode` trusts its caller on sizes that the header bounds."""

from dataclasses import dataclass, field

from . import hello, metadata
from .constants import (
    METHOD_MOST,
    REASON_MOST,
    STATUS_DETAILS_MOST,
    STATUS_TEXT_MOST,
    STREAM_MAX,
    Flags,
    FrameType,
    Limit,
    Load,
)
from .cursor import Cursor
from .header import Header
from .hello import Hello
from .metadata import Pairs


@dataclass(frozen=True)
class TraceContext:
    """W3C trace context: 16 bytes, 8 bytes, flags."""

    trace_id: bytes
    parent_id: bytes
    flags: int


@dataclass(frozen=True)
class Say:
    """HELLO."""

    hello: Hello


@dataclass(frozen=True)
class Open:
    stream: int
    method: str
    timeout: int | None = None  # nanoseconds
    trace: TraceContext | None = None
    key: bytes | None = None
    metadata: Pairs | None = None
    attempt: int = 1
    priority: int = 0
    inline: bytes | None = None
    end: bool = False
    codec: int = 0


@dataclass(frozen=True)
class Head:
    stream: int
    metadata: Pairs


@dataclass(frozen=True)
class Msg:
    """The payload as it stands: what it means depends on the stream's state."""

    stream: int
    payload: bytes
    more: bool = False
    end: bool = False
    codec: int = 0


@dataclass(frozen=True)
class StatusFrame:
    stream: int
    code: int
    text: str | None = None
    details: bytes | None = None
    pushback: int | None = None  # milliseconds; negative: do not retry
    metadata: Pairs | None = None
    inline: bytes | None = None
    codec: int = 0


@dataclass(frozen=True)
class Reset:
    stream: int
    code: int
    reason: str = ""
    not_processed: bool = False


@dataclass(frozen=True)
class Credit:
    stream: int  # 0: the connection
    offset: int


@dataclass(frozen=True)
class MaxCalls:
    calls: int


@dataclass(frozen=True)
class Ping:
    data: bytes
    ack: bool = False


@dataclass(frozen=True)
class GoAway:
    last_stream: int
    code: int
    final: bool
    reason: str = ""


@dataclass(frozen=True)
class Blocked:
    """Its sender waits at `offset`, which is what it was granted."""

    stream: int  # 0: the connection
    limit: Limit
    offset: int


@dataclass(frozen=True)
class Hint:
    """How the server is. `milliseconds`: how long new calls should wait; said with OVERLOADED."""

    level: Load
    milliseconds: int = 0


@dataclass(frozen=True)
class Skipped:
    """A frame that version 1 reads past: of an unknown type, or a notice that it cannot read."""

    type: int
    stream: int = 0
    payload: bytes = field(default=b"", repr=False)


Frame = Say | Open | Head | Msg | StatusFrame | Reset | Credit | MaxCalls | Ping | GoAway | Blocked | Hint | Skipped

_TIMEOUT, _TRACE, _KEY, _OPEN_METADATA = 1, 2, 4, 8
_TEXT, _DETAILS, _PUSHBACK, _TRAILERS = 1, 2, 4, 8


def encode(frame: Frame) -> bytes:
    """Header and payload."""
    match frame:
        case Say(said):
            return _frame(FrameType.HELLO, 0, Flags.NONE, hello.encode(said))
        case Open():
            flags = _flag(Flags.END, frame.end) | _flag(Flags.INLINE, frame.inline is not None)
            return _frame(FrameType.OPEN, frame.stream, flags, open_fields(frame) + (frame.inline or b""), frame.codec)
        case Head(stream, pairs):
            return _frame(FrameType.HEAD, stream, Flags.NONE, metadata.encode(pairs))
        case Msg(stream, payload, more, end, codec):
            return _frame(FrameType.MSG, stream, _flag(Flags.MORE, more) | _flag(Flags.END, end), payload, codec)
        case StatusFrame():
            flags = Flags.END | _flag(Flags.INLINE, frame.inline is not None)
            return _frame(FrameType.STATUS, frame.stream, flags, _status_fields(frame) + (frame.inline or b""), frame.codec)
        case Reset(stream, code, reason, not_processed):
            payload = code.to_bytes(4, "big") + short_text(reason)
            return _frame(FrameType.RESET, stream, _flag(Flags.NOT_PROCESSED, not_processed), payload)
        case Credit(stream, offset):
            return _frame(FrameType.CREDIT, stream, Flags.NONE, offset.to_bytes(8, "big"))
        case MaxCalls(calls):
            return _frame(FrameType.MAX_CALLS, 0, Flags.NONE, calls.to_bytes(8, "big"))
        case Ping(data, ack):
            return _frame(FrameType.PING, 0, _flag(Flags.ACK, ack), data)
        case GoAway(last, code, final, reason):
            payload = last.to_bytes(4, "big") + code.to_bytes(4, "big") + bytes([final, 0]) + short_text(reason)
            return _frame(FrameType.GOAWAY, 0, Flags.NONE, payload)
        case Blocked(stream, limit, offset):
            payload = bytes([limit]) + offset.to_bytes(8, "big")
            return _frame(FrameType.BLOCKED, stream, Flags.IGNORABLE, payload)
        case Hint(level, milliseconds):
            return _frame(FrameType.HINT, 0, Flags.IGNORABLE, bytes([level]) + milliseconds.to_bytes(4, "big"))
        case Skipped(kind, stream, payload):
            return _frame(kind, stream, Flags.IGNORABLE, payload)


def decode(header: Header, payload: bytes) -> Frame:
    """The frame of a header that `decode_header` let through. Raises ConnectionViolation for a payload against section 4."""
    if not header.known:
        return Skipped(header.type, header.stream, payload)
    kind = FrameType(header.type)
    flags = header.flags
    cursor = Cursor(payload, kind.name)
    match kind:
        case FrameType.HELLO:
            return Say(hello.decode(payload))
        case FrameType.OPEN:
            return _open(header, cursor)
        case FrameType.HEAD:
            return _ended(cursor, Head(header.stream, metadata.decode(cursor)))
        case FrameType.MSG:
            return Msg(header.stream, payload, bool(flags & Flags.MORE), bool(flags & Flags.END), header.codec)
        case FrameType.STATUS:
            return _status(header, cursor)
        case FrameType.RESET:
            return Reset(header.stream, cursor.number(4, "code"), _text(cursor.rest()), bool(flags & Flags.NOT_PROCESSED))
        case FrameType.CREDIT:
            return _ended(cursor, Credit(header.stream, cursor.number(8, "offset")))
        case FrameType.MAX_CALLS:
            return _ended(cursor, MaxCalls(cursor.number(8, "calls")))
        case FrameType.PING:
            return _ended(cursor, Ping(cursor.take(8, "data"), bool(flags & Flags.ACK)))
        case FrameType.GOAWAY:
            return _go_away(cursor)
        case FrameType.BLOCKED | FrameType.HINT:
            return _notice(kind, header.stream, payload) or Skipped(kind, header.stream, payload)


def open_fields(frame: Open) -> bytes:
    """The payload of OPEN up to the inline message."""
    method = frame.method.encode()
    if not 1 <= len(method) <= METHOD_MOST:
        raise ValueError(f"the method's name has {len(method)} bytes; 1 to {METHOD_MOST} are allowed")
    bits = 0
    parts: list[bytes] = []
    if frame.timeout is not None:
        bits |= _TIMEOUT
        parts.append(frame.timeout.to_bytes(8, "big"))
    if frame.trace is not None:
        bits |= _TRACE
        parts += [frame.trace.trace_id, frame.trace.parent_id, bytes([frame.trace.flags])]
    if frame.key is not None:
        bits |= _KEY
        parts.append(frame.key)
    if frame.metadata is not None:
        bits |= _OPEN_METADATA
        parts.append(metadata.encode(frame.metadata))
    return bytes([bits, frame.attempt, frame.priority, len(method)]) + method + b"".join(parts)


def short_text(text: str, most: int = REASON_MOST) -> bytes:
    """UTF-8 of at most so many bytes, cut between characters."""
    data = text.encode()
    return data if len(data) <= most else data[:most].decode("utf-8", "ignore").encode()


def _frame(kind: int, stream: int, flags: int, payload: bytes, codec: int = 0) -> bytes:
    return Header(len(payload), kind, stream, flags, codec).encode() + payload


def _flag(flag: Flags, on: bool) -> int:
    return flag if on else Flags.NONE


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _ended(cursor: Cursor, frame: Frame) -> Frame:
    cursor.end()
    return frame


def _status_fields(frame: StatusFrame) -> bytes:
    bits = 0
    parts: list[bytes] = []
    if frame.text is not None:
        bits |= _TEXT
        text = short_text(frame.text, STATUS_TEXT_MOST)
        parts += [len(text).to_bytes(2, "big"), text]
    if frame.details is not None:
        bits |= _DETAILS
        parts += [len(frame.details).to_bytes(2, "big"), frame.details]
    if frame.pushback is not None:
        bits |= _PUSHBACK
        parts.append(frame.pushback.to_bytes(4, "big", signed=True))
    if frame.metadata is not None:
        bits |= _TRAILERS
        parts.append(metadata.encode(frame.metadata))
    return frame.code.to_bytes(2, "big") + bytes([bits, 0]) + b"".join(parts)


def _open(header: Header, cursor: Cursor) -> Open:
    bits = cursor.number(1, "field bits")
    if bits & ~0x0F:
        raise cursor.wrong(f"field bits {bits:02X} are reserved")
    attempt, priority = cursor.number(1, "attempt"), cursor.number(1, "priority")
    length = cursor.number(1, "length of the method")
    if length == 0:
        raise cursor.wrong("the method has no name")
    try:
        method = cursor.take(length, "method").decode()
    except UnicodeDecodeError:
        raise cursor.wrong("the method is not UTF-8") from None
    timeout = cursor.number(8, "timeout") if bits & _TIMEOUT else None
    trace = None
    if bits & _TRACE:
        trace = TraceContext(cursor.take(16, "trace id"), cursor.take(8, "parent id"), cursor.number(1, "trace flags"))
    key = cursor.take(16, "idempotency key") if bits & _KEY else None
    pairs = metadata.decode(cursor) if bits & _OPEN_METADATA else None
    inline = _inline(header, cursor)
    end = bool(header.flags & Flags.END)
    return Open(header.stream, method, timeout, trace, key, pairs, attempt, priority, inline, end, header.codec)


def _status(header: Header, cursor: Cursor) -> StatusFrame:
    if not header.flags & Flags.END:
        raise cursor.wrong("END is missing")
    code = cursor.number(2, "code")
    bits = cursor.number(1, "field bits")
    if bits & ~0x0F or cursor.number(1, "zero") != 0:
        raise cursor.wrong("reserved bits are set")
    text = _text(_sized(cursor, STATUS_TEXT_MOST, "text")) if bits & _TEXT else None
    details = _sized(cursor, STATUS_DETAILS_MOST, "details") if bits & _DETAILS else None
    pushback = cursor.number(4, "pushback", signed=True) if bits & _PUSHBACK else None
    pairs = metadata.decode(cursor) if bits & _TRAILERS else None
    return StatusFrame(header.stream, code, text, details, pushback, pairs, _inline(header, cursor), header.codec)


def _inline(header: Header, cursor: Cursor) -> bytes | None:
    if header.flags & Flags.INLINE:
        return cursor.rest()
    cursor.end()
    return None


def _sized(cursor: Cursor, most: int, field: str) -> bytes:
    length = cursor.number(2, f"length of the {field}")
    if length > most:
        raise cursor.wrong(f"the {field} has {length} bytes; {most} are allowed")
    return cursor.take(length, field)


def _notice(kind: FrameType, stream: int, payload: bytes) -> Blocked | Hint | None:
    """None: too short, or with a limit or level that version 1 does not know. Bytes behind the fields are skipped."""
    if kind is FrameType.BLOCKED:
        if len(payload) < 9 or payload[0] not in set(Limit):
            return None
        return Blocked(stream, Limit(payload[0]), int.from_bytes(payload[1:9], "big"))
    if len(payload) < 5 or payload[0] not in set(Load):
        return None
    return Hint(Load(payload[0]), int.from_bytes(payload[1:5], "big"))


def _go_away(cursor: Cursor) -> GoAway:
    last, code = cursor.number(4, "last stream"), cursor.number(4, "code")
    final, zero = cursor.number(1, "final"), cursor.number(1, "zero")
    if last > STREAM_MAX or final > 1 or zero != 0:
        raise cursor.wrong("a reserved bit is set")
    return GoAway(last, code, bool(final), _text(cursor.rest()))
