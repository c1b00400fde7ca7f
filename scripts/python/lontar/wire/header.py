"""A frame's header and the checks that need nothing else, in the order of PROTOCOL.md 2."""

from dataclasses import dataclass
from functools import lru_cache

from .constants import (
    FRAME_PAYLOAD_DEFAULT,
    HEADER_BYTES,
    HELLO_MOST,
    REASON_MOST,
    RESERVED_FLAGS,
    STREAM_MAX,
    ConnectionErrorCode,
    Flags,
    FrameType,
    Side,
)
from .violation import ConnectionViolation, protocol_error

_BOTH = (Side.CLIENT, Side.SERVER)


@dataclass(frozen=True)
class Rule:
    """What a type's header may say. `payload` None: bounded by F, with an inline message or MSG, else by max(F, 16,372)."""

    senders: tuple[Side, ...]
    flags: int
    on_connection: bool
    on_call: bool
    payload: int | None


RULES: dict[int, Rule] = {
    FrameType.HELLO: Rule(_BOTH, Flags.NONE, True, False, HELLO_MOST),
    FrameType.OPEN: Rule((Side.CLIENT,), Flags.END | Flags.INLINE, False, True, None),
    FrameType.HEAD: Rule((Side.SERVER,), Flags.NONE, False, True, None),
    FrameType.MSG: Rule(_BOTH, Flags.END | Flags.MORE, False, True, None),
    FrameType.STATUS: Rule((Side.SERVER,), Flags.END | Flags.INLINE, False, True, None),
    FrameType.RESET: Rule(_BOTH, Flags.NOT_PROCESSED, False, True, 4 + REASON_MOST),
    FrameType.CREDIT: Rule(_BOTH, Flags.NONE, True, True, 8),
    FrameType.MAX_CALLS: Rule((Side.SERVER,), Flags.NONE, True, False, 8),
    FrameType.PING: Rule(_BOTH, Flags.ACK, True, False, 8),
    FrameType.GOAWAY: Rule(_BOTH, Flags.NONE, True, False, 10 + REASON_MOST),
    FrameType.BLOCKED: Rule(_BOTH, Flags.IGNORABLE, True, True, 64),
    FrameType.HINT: Rule(_BOTH, Flags.IGNORABLE, True, False, 64),
}


@dataclass(frozen=True)
class Header:
    length: int
    type: int
    stream: int
    flags: int
    codec: int = 0

    def encode(self) -> bytes:
        return (
            self.length.to_bytes(3, "big")
            + bytes([self.type])
            + self.stream.to_bytes(4, "big")
            + bytes([self.flags, self.codec, 0, 0])
        )

    @property
    def known(self) -> bool:
        return self.type in RULES

    @property
    def carries_message(self) -> bool:
        """INLINE on a type that may not have it carries nothing; it is a fault of its own, and found behind the length."""
        return self.type == FrameType.MSG or bool(self.flags & RULES[self.type].flags & Flags.INLINE)


@lru_cache(1_024)  # the pieces of a long message all have the same header
def decode_header(data: bytes, sender: Side, frame_payload: int) -> Header:
    """The header in the first 12 bytes, checked. `frame_payload` is the receiver's F. Raises ConnectionViolation."""
    length = int.from_bytes(data[0:3], "big")
    stream = int.from_bytes(data[4:8], "big")
    if stream > STREAM_MAX or data[8] & RESERVED_FLAGS or data[10:HEADER_BYTES] != b"\0\0":
        raise protocol_error("a reserved bit of a frame's header is set")
    header = Header(length, data[3], stream, data[8], data[9])
    _check_type(header, sender)
    _check_length(header, frame_payload)
    if header.known:
        _check_flags(header)
        _check_stream(header)
        _check_codec(header)
    return header


def _check_type(header: Header, sender: Side) -> None:
    if not header.known:
        if not header.flags & Flags.IGNORABLE:
            raise protocol_error(f"frame type {header.type:02X} is unknown and may not be ignored")
        return
    if sender not in RULES[header.type].senders:
        raise protocol_error(f"{FrameType(header.type).name} does not come from the {sender.name.lower()}")


def _check_length(header: Header, frame_payload: int) -> None:
    limit: int | None = frame_payload
    if header.known:
        limit = RULES[header.type].payload
        if limit is None:
            limit = frame_payload if header.carries_message else max(frame_payload, FRAME_PAYLOAD_DEFAULT)
    assert limit is not None
    if header.length > limit:
        name = FrameType(header.type).name if header.known else "a frame of unknown type"
        raise ConnectionViolation(
            ConnectionErrorCode.FRAME_TOO_LARGE, f"{name} announces {header.length} bytes; {limit} are allowed"
        )


def _check_flags(header: Header) -> None:
    if header.flags & ~RULES[header.type].flags:
        raise protocol_error(f"{FrameType(header.type).name} has flags {header.flags:02X}, which it may not have")


def _check_stream(header: Header) -> None:
    rule = RULES[header.type]
    allowed = rule.on_connection if header.stream == 0 else rule.on_call and header.stream % 2 == 1
    if not allowed:
        raise protocol_error(f"{FrameType(header.type).name} does not come on stream {header.stream}")


def _check_codec(header: Header) -> None:
    if header.codec != 0 and not header.carries_message:
        raise protocol_error(f"{FrameType(header.type).name} without a message names codec {header.codec}")
