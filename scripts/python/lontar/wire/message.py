"""A message as it travels: plain bytes, or `Packed` if it is compressed."""

from __future__ import annotations

from dataclasses import dataclass, field

from .constants import INLINE_LENGTH_BYTES


@dataclass(frozen=True)
class Packed:
    """`length`: the bytes that `data` inflates to, as its sender states; nothing has been inflated yet."""

    data: bytes = field(repr=False)
    codec: int
    length: int


Carried = bytes | Packed


def lengths(message: Carried) -> bytes:
    """The two u32 in front of a message's first piece: what travels, and what it is without its codec."""
    if isinstance(message, Packed):
        return len(message.data).to_bytes(4, "big") + message.length.to_bytes(4, "big")
    return len(message).to_bytes(4, "big") * 2


def inline(message: Carried) -> bytes:
    """The bytes of a message inside OPEN or STATUS, whose header names the codec."""
    if isinstance(message, Packed):
        return message.length.to_bytes(INLINE_LENGTH_BYTES, "big") + message.data
    return message


def from_inline(data: bytes, codec: int) -> Carried:
    """The message of bytes that `inline` has made."""
    if codec == 0:
        return data
    return Packed(data[INLINE_LENGTH_BYTES:], codec, int.from_bytes(data[:INLINE_LENGTH_BYTES], "big"))


def plain_length(message: Carried) -> int:
    return message.length if isinstance(message, Packed) else len(message)


def codec_of(message: Carried) -> int:
    return message.codec if isinstance(message, Packed) else 0


def travelling(message: Carried) -> bytes:
    """The bytes that credit counts, without any lengths."""
    return message.data if isinstance(message, Packed) else message
