"""Metadata on the wire: ordered pairs of a key and any bytes (PROTOCOL.md 4)."""

import re

from .constants import METADATA_BYTES_MOST, METADATA_ENTRIES_MOST, METADATA_VALUE_MOST
from .cursor import Cursor

Pairs = tuple[tuple[str, bytes], ...]

_KEY = re.compile(rb"[0-9a-z_.-]{1,64}")


def problem(pairs: Pairs) -> str | None:
    """What is against the limits in these pairs, or None."""
    if len(pairs) > METADATA_ENTRIES_MOST:
        return f"metadata has {len(pairs)} entries; {METADATA_ENTRIES_MOST} are allowed"
    size = 0
    for key, value in pairs:
        if not _KEY.fullmatch(key.encode("ascii", "replace")):
            return f"metadata key {key!r} is not 1 to 64 of 0-9 a-z _ . -"
        if len(value) > METADATA_VALUE_MOST:
            return f"metadata value of {key} has {len(value)} bytes; {METADATA_VALUE_MOST} are allowed"
        size += 3 + len(key) + len(value)
    if size > METADATA_BYTES_MOST:
        return f"metadata has {size} bytes; {METADATA_BYTES_MOST} are allowed"
    return None


def encode(pairs: Pairs) -> bytes:
    """Raises ValueError for pairs against the limits: what leaves here, a peer accepts."""
    if (reason := problem(pairs)) is not None:
        raise ValueError(reason)
    parts = [len(pairs).to_bytes(2, "big")]
    for key, value in pairs:
        name = key.encode()
        parts += [len(name).to_bytes(1, "big"), name, len(value).to_bytes(2, "big"), value]
    return b"".join(parts)


def decode(cursor: Cursor) -> Pairs:
    """Takes one metadata block from the cursor. Every limit is checked before the entry it concerns is kept."""
    count = cursor.number(2, "metadata count")
    if count > METADATA_ENTRIES_MOST:
        raise cursor.wrong(f"metadata has {count} entries; {METADATA_ENTRIES_MOST} are allowed")
    before = cursor.left
    pairs: list[tuple[str, bytes]] = []
    for _ in range(count):
        key = cursor.take(cursor.number(1, "key length"), "metadata key")
        if not _KEY.fullmatch(key):
            raise cursor.wrong("a metadata key is not 1 to 64 of 0-9 a-z _ . -")
        length = cursor.number(2, "value length")
        if length > METADATA_VALUE_MOST:
            raise cursor.wrong(f"a metadata value has {length} bytes; {METADATA_VALUE_MOST} are allowed")
        pairs.append((key.decode(), cursor.take(length, "metadata value")))
        if before - cursor.left > METADATA_BYTES_MOST:
            raise cursor.wrong(f"metadata has more than {METADATA_BYTES_MOST} bytes")
    return tuple(pairs)
