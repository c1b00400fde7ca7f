"""gzip, deflate and zstd, one message at a time (PROTOCOL.md 4, Compression).

gzip and deflate are always there. zstd is there if `compression.zstd` (Python 3.14), its package `backports.zstd`, or `zstandard` is.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from .wire import constants as wire
from .wire.message import Carried, Packed

IDENTITY = "identity"
_NUMBERS = {"gzip": wire.CODEC_GZIP, "deflate": wire.CODEC_DEFLATE, "zstd": wire.CODEC_ZSTD}
_NAMES = {number: name for name, number in _NUMBERS.items()}

_ZLIB_LEVEL = 1  # a higher one costs several times as much and saves a few per cent
_DEFLATE_BITS, _GZIP_BITS = 15, 31  # zlib's "window bits": RFC 1950's envelope, RFC 1952's
_ZSTD_WINDOW_LOG = 23  # 8 MiB, which RFC 8878 asks of every decoder
_ZSTD_EMPTY_MOST = 64


class Broken(Exception):
    """Compressed bytes are not what they say they are: one line for people."""


class Codec(NamedTuple):
    """`inflate(data, length)` makes no more than `length + 1` bytes. It raises Broken unless data is one whole message of that length."""

    deflate: Callable[[bytes], bytes]
    inflate: Callable[[bytes, int], bytes]


def available() -> tuple[str, ...]:
    """The names of the compressions that this Python has."""
    return tuple(name for name, number in _NUMBERS.items() if _codec(number) is not None)


def number(name: str) -> int:
    """The codec of a name; "identity" is 0. Raises ValueError for a name that is unknown or not available here."""
    if name == IDENTITY:
        return 0
    if name not in _NUMBERS:
        raise ValueError(f"there is no compression {name!r}; these are: {', '.join(_NUMBERS)}")
    if _codec(_NUMBERS[name]) is None:
        raise ValueError(f"{name} needs Python 3.14 or the package zstandard (pip install 'lontar[zstd]')")
    return _NUMBERS[name]


def name(number: int) -> str:
    """The name of a codec that this client offered."""
    return _NAMES[number] if number else IDENTITY


def bits(names: tuple[str, ...]) -> int:
    """HELLO's field 10 for these compressions and identity. Raises ValueError as `number` does."""
    return sum({1 << number(each) for each in names} | {1})


def pack(message: bytes, codec: int) -> Carried:
    """The message compressed; as it is if that is not longer, or if a receiver would take it for a bomb."""
    if codec == 0:
        return message
    data = _existing(codec).deflate(message)
    if len(data) >= len(message) or len(message) > wire.RATIO_MOST * len(data):
        return message
    return Packed(data, codec, len(message))


def inflate(message: Carried) -> bytes:
    """The message again. Its lengths have been checked when they came. Raises Broken."""
    if isinstance(message, Packed):
        return _existing(message.codec).inflate(message.data, message.length)
    return message


def _existing(number: int) -> Codec:
    codec = _codec(number)
    assert codec is not None
    return codec


@cache
def _codec(number: int) -> Codec | None:
    match number:
        case wire.CODEC_GZIP:
            return _zlib_codec(_GZIP_BITS)
        case wire.CODEC_DEFLATE:
            return _zlib_codec(_DEFLATE_BITS)
        case _:
            return _zstd_codec()


def _zlib_codec(window_bits: int) -> Codec:
    def inflate(data: bytes, length: int) -> bytes:
        stream = zlib.decompressobj(window_bits)
        try:
            plain = stream.decompress(data, length + 1)  # one byte of room shows what is too long
        except zlib.error as problem:
            raise Broken(str(problem)) from problem
        return _whole(plain, length, stream.eof, stream.unused_data)

    return Codec(lambda plain: zlib.compress(plain, _ZLIB_LEVEL, window_bits), inflate)


def _whole(plain: bytes, length: int, ended: bool, behind: bytes) -> bytes:
    if len(plain) > length:
        raise Broken(f"the message is longer than the {length} bytes it states")
    if not ended:
        raise Broken("the compressed bytes are cut off")
    if len(plain) < length:
        raise Broken(f"the message has {len(plain)} bytes; it states {length}")
    if behind:
        raise Broken(f"{len(behind)} bytes follow the compressed message")
    return plain


def _zstd_codec() -> Codec | None:
    for module, make in (
        ("compression.zstd", _zstd_of_python),
        ("backports.zstd", _zstd_of_python),
        ("zstandard", _zstd_of_package),
    ):
        try:
            return make(importlib.import_module(module))
        except ImportError:
            continue
    return None


def _zstd_of_python(zstd: Any) -> Codec:
    """With the module that is in Python's library from 3.14 on."""

    def inflate(data: bytes, length: int) -> bytes:
        options = {zstd.DecompressionParameter.window_log_max: _window_log(length)}
        stream = zstd.ZstdDecompressor(options=options)
        try:
            plain = stream.decompress(data, max_length=length + 1)
        except zstd.ZstdError as problem:
            raise Broken(str(problem)) from problem
        return _whole(plain, length, stream.eof, stream.unused_data)

    return Codec(zstd.compress, inflate)


def _zstd_of_package(zstandard: Any) -> Codec:
    """With the package of that name. It takes the length that a frame states for true, so that is looked at first."""

    def inflate(data: bytes, length: int) -> bytes:
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << _window_log(length))
        try:
            if zstandard.frame_content_size(data) not in (-1, length):
                raise Broken(f"the message is not of the {length} bytes it states")
            if length == 0:
                return _empty(decompressor, data)
            plain = decompressor.decompress(data, max_output_size=length, allow_extra_data=False)
        except zstandard.ZstdError as problem:
            raise Broken(str(problem)) from problem
        return _whole(plain, length, True, b"")

    return Codec(lambda plain: zstandard.ZstdCompressor().compress(plain), inflate)


def _empty(decompressor: Any, data: bytes) -> bytes:
    """`decompress` does not look at the bytes of a message that states nothing; the other way bounds no output, so they must be few."""
    if len(data) > _ZSTD_EMPTY_MOST:
        raise Broken(f"an empty message has {len(data)} bytes")
    stream = decompressor.decompressobj()
    return _whole(stream.decompress(data), 0, stream.eof, stream.unused_data)


def _window_log(length: int) -> int:
    """A message in one segment has a window of its own length."""
    return max(_ZSTD_WINDOW_LOG, length.bit_length())
