"""HELLO: what each side says of itself, once (PROTOCOL.md 3)."""

from dataclasses import dataclass

from .constants import (
    CONNECTION_WINDOW_DEFAULT,
    FRAME_PAYLOAD_DEFAULT,
    FRAME_PAYLOAD_LEAST,
    FRAME_PAYLOAD_MOST,
    MESSAGE_DEFAULT,
    SOFTWARE_MOST,
    STREAM_WINDOW_DEFAULT,
    VERSION,
    WINDOW_LEAST,
    ConnectionErrorCode,
)
from .violation import ConnectionViolation

ANY_ENVIRONMENT = bytes(16)


@dataclass(frozen=True)
class Refusal:
    code: int
    reason: str


@dataclass(frozen=True)
class Hello:
    """Sizes in bytes; windows are what the peer may send towards the one who says it."""

    lowest_version: int = VERSION
    highest_version: int = VERSION
    environment: bytes = ANY_ENVIRONMENT
    schema_hash: bytes = bytes(8)
    software: str = ""
    frame_payload: int = FRAME_PAYLOAD_DEFAULT
    message: int = MESSAGE_DEFAULT
    stream_window: int = STREAM_WINDOW_DEFAULT
    connection_window: int = CONNECTION_WINDOW_DEFAULT
    calls: int = 0
    codecs: int = 1
    refusal: Refusal | None = None

    def speaks(self, version: int) -> bool:
        return self.lowest_version <= version <= self.highest_version


def encode(hello: Hello) -> bytes:
    """The payload of HELLO, all fields in the order of their tags."""
    fields = [
        (1, hello.lowest_version.to_bytes(2, "big") + hello.highest_version.to_bytes(2, "big")),
        (2, hello.environment),
        (3, hello.schema_hash),
        (4, hello.software.encode()),
        (5, hello.frame_payload.to_bytes(4, "big")),
        (6, hello.message.to_bytes(4, "big")),
        (7, hello.stream_window.to_bytes(8, "big")),
        (8, hello.connection_window.to_bytes(8, "big")),
        (9, hello.calls.to_bytes(8, "big")),
        (10, hello.codecs.to_bytes(4, "big")),
    ]
    if hello.refusal is not None:
        fields.append((11, hello.refusal.code.to_bytes(4, "big") + hello.refusal.reason.encode()))
    return b"".join(tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for tag, value in fields)


def decode(payload: bytes) -> Hello:
    """Raises ConnectionViolation BAD_HELLO for anything that is not a HELLO of version 1 or later."""
    values = _fields(payload)
    if 1 not in values:
        raise _bad("field 1, the versions, is missing")
    said: dict[str, object] = {}
    for tag, value in values.items():
        if tag in _READERS:
            said |= _READERS[tag](value)
    return Hello(**said)  # type: ignore[arg-type]


def _fields(payload: bytes) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    at = 0
    while at < len(payload):
        if len(payload) - at < 4:
            raise _bad("a field's tag and length are cut off")
        tag = int.from_bytes(payload[at : at + 2], "big")
        end = at + 4 + int.from_bytes(payload[at + 2 : at + 4], "big")
        if end > len(payload):
            raise _bad(f"field {tag} is cut off")
        if tag in values and tag in _READERS:
            raise _bad(f"field {tag} comes twice")
        values[tag] = payload[at + 4 : end]
        at = end
    return values


def _bad(reason: str) -> ConnectionViolation:
    return ConnectionViolation(ConnectionErrorCode.BAD_HELLO, reason)


def _exactly(tag: int, value: bytes, count: int) -> bytes:
    if len(value) != count:
        raise _bad(f"field {tag} has {len(value)} bytes, not {count}")
    return value


def _number(tag: int, name: str, count: int, least: int = 0, most: int | None = None):
    def read(value: bytes) -> dict[str, object]:
        number = int.from_bytes(_exactly(tag, value, count), "big")
        if number < least or (most is not None and number > most):
            raise _bad(f"field {tag} is {number}, out of its range")
        return {name: number}

    return read


def _versions(value: bytes) -> dict[str, object]:
    _exactly(1, value, 4)
    lowest, highest = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
    if lowest > highest:
        raise _bad(f"lowest version {lowest} is above the highest, {highest}")
    return {"lowest_version": lowest, "highest_version": highest}


def _software(value: bytes) -> dict[str, object]:
    """A name that is too long is no reason to part."""
    return {"software": value[:SOFTWARE_MOST].decode("utf-8", "replace")}


def _codecs(value: bytes) -> dict[str, object]:
    codecs = int.from_bytes(_exactly(10, value, 4), "big")
    if not codecs & 1:
        raise _bad("field 10 leaves out codec 0")
    return {"codecs": codecs}


def _refusal(value: bytes) -> dict[str, object]:
    if len(value) < 4:
        raise _bad(f"field 11 has {len(value)} bytes; at least 4 are needed")
    return {"refusal": Refusal(int.from_bytes(value[:4], "big"), value[4:].decode("utf-8", "replace"))}


_READERS = {
    1: _versions,
    2: lambda value: {"environment": _exactly(2, value, 16)},
    3: lambda value: {"schema_hash": _exactly(3, value, 8)},
    4: _software,
    5: _number(5, "frame_payload", 4, FRAME_PAYLOAD_LEAST, FRAME_PAYLOAD_MOST),
    6: _number(6, "message", 4),
    7: _number(7, "stream_window", 8, WINDOW_LEAST),
    8: _number(8, "connection_window", 8, WINDOW_LEAST),
    9: _number(9, "calls", 8),
    10: _codecs,
    11: _refusal,
}
