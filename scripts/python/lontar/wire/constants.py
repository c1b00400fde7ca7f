"""The numbers of PROTOCOL.md, under its names."""

from enum import IntEnum

PREFACE = b"LONTAR\r\n"
ALPN = "lontar/1"
VERSION = 1

HEADER_BYTES = 12
MESSAGE_LENGTHS_BYTES = 8
INLINE_LENGTH_BYTES = 4
STREAM_MAX = 0x7FFF_FFFF

FRAME_PAYLOAD_DEFAULT = 16_372
FRAME_PAYLOAD_LEAST = 1_024
FRAME_PAYLOAD_MOST = (1 << 24) - 1
MESSAGE_DEFAULT = 4_194_304
STREAM_WINDOW_DEFAULT = 262_144
CONNECTION_WINDOW_DEFAULT = 26_214_400
WINDOW_LEAST = 1_024

HELLO_MOST = 1_024
SOFTWARE_MOST = 64
METHOD_MOST = 255
METADATA_ENTRIES_MOST = 64
METADATA_BYTES_MOST = 8_192
METADATA_VALUE_MOST = 4_096
STATUS_TEXT_MOST = 2_048
STATUS_DETAILS_MOST = 8_192
REASON_MOST = 512

CODEC_GZIP = 1
CODEC_DEFLATE = 2
CODEC_ZSTD = 3
RATIO_MOST = 100


class FrameType(IntEnum):
    HELLO = 0x01
    OPEN = 0x02
    HEAD = 0x03
    MSG = 0x04
    STATUS = 0x05
    RESET = 0x06
    CREDIT = 0x07
    MAX_CALLS = 0x08
    PING = 0x09
    GOAWAY = 0x0A
    BLOCKED = 0x0B
    HINT = 0x0C


class Flags(IntEnum):
    """Bits of one byte. Several together are an int: an IntFlag would cost each frame a quarter of its time."""

    NONE = 0x00
    END = 0x01
    MORE = 0x02
    INLINE = 0x04
    ACK = 0x08
    NOT_PROCESSED = 0x10
    IGNORABLE = 0x80


RESERVED_FLAGS = 0x60


class ConnectionErrorCode(IntEnum):
    """Section 9, codes of a connection error."""

    NONE = 0
    PROTOCOL_ERROR = 1
    FRAME_TOO_LARGE = 2
    FLOW_CONTROL = 3
    BAD_PREFACE = 4
    BAD_HELLO = 5
    VERSION_UNSUPPORTED = 6
    ENVIRONMENT_MISMATCH = 7
    ENHANCE_YOUR_CALM = 8
    TIMEOUT = 9
    INTERNAL_ERROR = 10
    CALL_LIMIT = 11


class StreamErrorCode(IntEnum):
    """Section 9, codes of a stream fault or RESET."""

    CANCELLED = 0
    DEADLINE_EXCEEDED = 1
    REFUSED = 2
    MALFORMED = 3
    MESSAGE_TOO_LARGE = 4
    FLOW_CONTROL = 5
    INTERNAL_ERROR = 6
    CODEC_UNSUPPORTED = 7


class Limit(IntEnum):
    """What a sender of BLOCKED waits for."""

    STREAM_CREDIT = 1
    CONNECTION_CREDIT = 2
    CALLS = 3


class Load(IntEnum):
    """How a server is that sends HINT."""

    WELL = 0
    BUSY = 1
    OVERLOADED = 2


class Side(IntEnum):
    CLIENT = 1
    SERVER = 2


def connection_code_name(code: int) -> str:
    """The name of a connection error's code, or its number if version 1 does not know it."""
    try:
        return ConnectionErrorCode(code).name
    except ValueError:
        return f"code {code}"


def stream_code_name(code: int) -> str:
    """The name of a RESET's code, or its number if version 1 does not know it."""
    try:
        return StreamErrorCode(code).name
    except ValueError:
        return f"code {code}"
