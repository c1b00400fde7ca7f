"""A header is judged as soon as it is there, in the order of section 2."""

import pytest

from lontar.wire.constants import ConnectionErrorCode, Side
from lontar.wire.header import decode_header
from lontar.wire.reader import FrameReader
from lontar.wire.violation import ConnectionViolation

PROTOCOL, TOO_LARGE = ConnectionErrorCode.PROTOCOL_ERROR, ConnectionErrorCode.FRAME_TOO_LARGE


def header(length: int = 0, kind: int = 4, stream: int = 1, flags: int = 0, codec: int = 0, zero: int = 0) -> bytes:
    return (
        length.to_bytes(3, "big") + bytes([kind]) + stream.to_bytes(4, "big") + bytes([flags, codec]) + zero.to_bytes(2, "big")
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (header(stream=0x8000_0001), PROTOCOL),
        (header(flags=0x20), PROTOCOL),
        (header(flags=0x40), PROTOCOL),
        (header(zero=1), PROTOCOL),
        (header(zero=0x100), PROTOCOL),
        (header(kind=0x7F, stream=0), PROTOCOL),  # unknown, and not to be ignored
        (header(kind=2, stream=1), PROTOCOL),  # OPEN from a server
        (header(kind=4, length=16_373), TOO_LARGE),
        (header(kind=1, stream=0, length=1_025), TOO_LARGE),
        (header(kind=3, length=16_373), TOO_LARGE),
        (header(kind=5, length=16_373, flags=1), TOO_LARGE),
        (header(kind=6, length=517), TOO_LARGE),
        (header(kind=7, length=9), TOO_LARGE),
        (header(kind=10, stream=0, length=523), TOO_LARGE),
        (header(kind=0x7F, stream=0, length=16_373, flags=0x80), TOO_LARGE),
        (header(kind=4, flags=0x04), PROTOCOL),  # INLINE on MSG
        (header(kind=9, stream=0, length=8, flags=0x80), PROTOCOL),  # IGNORABLE on PING
        (header(kind=4, stream=0), PROTOCOL),
        (header(kind=4, stream=2), PROTOCOL),
        (header(kind=9, stream=1, length=8), PROTOCOL),
        (header(kind=8, stream=3, length=8), PROTOCOL),
        (header(kind=9, stream=0, length=8, codec=1), PROTOCOL),
        # Two things wrong: the earlier check decides the code.
        (header(kind=4, length=16_373, flags=0x24), PROTOCOL),
        (header(kind=0x7F, stream=0, length=16_373), PROTOCOL),
        (header(kind=4, length=16_373, flags=0x04), TOO_LARGE),
        (header(kind=4, length=16_373, stream=2), TOO_LARGE),
        (header(kind=3, length=16_373, flags=0x04), TOO_LARGE),
    ],
)
def test_a_header_against_the_rules_ends_the_connection(data: bytes, code: ConnectionErrorCode) -> None:
    with pytest.raises(ConnectionViolation) as caught:
        decode_header(data, Side.SERVER, 16_372)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("frame_payload", "data"),
    [
        (16_372, header(kind=4, length=16_372)),
        (1_024, header(kind=4, length=1_024)),
        (1_024, header(kind=3, length=16_372)),  # HEAD may always have 16,372
        (1_024, header(kind=5, length=16_372, flags=1)),
        (1_024, header(kind=5, length=1_024, flags=5)),
        (100_000, header(kind=4, length=100_000)),
        (16_372, header(kind=4, length=8, codec=9)),  # the codec of a message is the stream's matter
        (16_372, header(kind=7, stream=0, length=8)),
        (16_372, header(kind=0x7F, stream=2, flags=0x81, length=16_372, codec=3)),
    ],
)
def test_a_header_by_the_rules_passes(frame_payload: int, data: bytes) -> None:
    decode_header(data, Side.SERVER, frame_payload)


@pytest.mark.parametrize("limit", [1_024, 16_372, 100_000])
@pytest.mark.parametrize(
    ("kind", "flags", "sender"),
    [(4, 0, Side.SERVER), (4, 0, Side.CLIENT), (4, 2, Side.SERVER), (5, 5, Side.SERVER), (2, 4, Side.CLIENT), (2, 5, Side.CLIENT)],
)
def test_what_carries_a_message_is_bound_by_the_receivers_limit(limit: int, kind: int, flags: int, sender: Side) -> None:
    decode_header(header(limit, kind, flags=flags), sender, limit)
    with pytest.raises(ConnectionViolation) as caught:
        decode_header(header(limit + 1, kind, flags=flags), sender, limit)
    assert caught.value.code is TOO_LARGE


@pytest.mark.parametrize("limit", [1_024, 16_372, 100_000])
@pytest.mark.parametrize(("kind", "flags", "sender"), [(2, 1, Side.CLIENT), (3, 0, Side.SERVER), (5, 1, Side.SERVER)])
def test_what_carries_none_may_always_fill_a_tls_record(limit: int, kind: int, flags: int, sender: Side) -> None:
    most = max(limit, 16_372)
    decode_header(header(most, kind, flags=flags), sender, limit)
    with pytest.raises(ConnectionViolation) as caught:
        decode_header(header(most + 1, kind, flags=flags), sender, limit)
    assert caught.value.code is TOO_LARGE


def test_inline_on_a_type_that_may_not_have_it_is_no_message_and_does_not_change_the_limit() -> None:
    with pytest.raises(ConnectionViolation) as caught:
        decode_header(header(kind=3, length=1_025, flags=4), Side.SERVER, 1_024)
    assert caught.value.code is PROTOCOL


def test_a_wrong_header_is_refused_before_its_payload_comes() -> None:
    reader = FrameReader(Side.SERVER, 16_372)
    with pytest.raises(ConnectionViolation):
        list(reader.feed(header(kind=4, length=16_777_215)))
