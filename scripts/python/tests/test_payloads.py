"""Fields inside payloads: HELLO, metadata, STATUS, GOAWAY at their limits."""

import pytest

from golden import golden_frame
from lontar.metadata import Metadata, pairs_of
from lontar.wire import frames, hello, metadata
from lontar.wire.constants import ConnectionErrorCode, Side
from lontar.wire.cursor import Cursor
from lontar.wire.reader import FrameReader
from lontar.wire.violation import ConnectionViolation


def field(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


VERSIONS = field(1, b"\0\1\0\1")


def test_hello_needs_only_the_versions() -> None:
    assert hello.decode(VERSIONS) == hello.Hello()


def test_an_unknown_field_is_skipped_even_twice() -> None:
    assert hello.decode(field(99, b"later") + VERSIONS + field(99, b"")) == hello.Hello()


def test_a_software_name_that_is_too_long_is_cut() -> None:
    assert hello.decode(VERSIONS + field(4, b"x" * 65)).software == "x" * 64


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        VERSIONS[:-1],
        VERSIONS + b"\0",
        VERSIONS + b"\0\2\0",
        VERSIONS + VERSIONS,
        field(1, b"\0\1\0"),
        field(1, b"\0\2\0\1"),
        VERSIONS + field(2, bytes(15)),
        VERSIONS + field(3, bytes(9)),
        VERSIONS + field(5, (1_023).to_bytes(4, "big")),
        VERSIONS + field(5, (1 << 24).to_bytes(4, "big")),
        VERSIONS + field(7, (1_023).to_bytes(8, "big")),
        VERSIONS + field(8, (1_023).to_bytes(8, "big")),
        VERSIONS + field(10, (2).to_bytes(4, "big")),
        VERSIONS + field(11, bytes(3)),
    ],
)
def test_a_hello_against_its_layout_is_bad(payload: bytes) -> None:
    with pytest.raises(ConnectionViolation) as caught:
        hello.decode(payload)
    assert caught.value.code is ConnectionErrorCode.BAD_HELLO


def block(*pairs: tuple[bytes, bytes], count: int | None = None) -> bytes:
    data = (len(pairs) if count is None else count).to_bytes(2, "big")
    for key, value in pairs:
        data += bytes([len(key)]) + key + len(value).to_bytes(2, "big") + value
    return data


# 3 + 1 + 4,096 and 3 + 1 + 4,088 bytes are 8,192 together.
AT_LIMIT = ((b"a", bytes(4_096)), (b"b", bytes(4_088)))


@pytest.mark.parametrize(
    "data",
    [block(), block((b"k", b"")), block((b"k" * 64, b"v")), block((b"k", b"1"), (b"k", b"2")), block(*AT_LIMIT), block(*[(b"k", b"")] * 64)],
)
def test_metadata_at_its_limits_passes_both_ways(data: bytes) -> None:
    cursor = Cursor(data, "test")
    pairs = metadata.decode(cursor)
    assert cursor.left == 0
    assert metadata.encode(pairs) == data


@pytest.mark.parametrize(
    "data",
    [
        block((b"", b"v")),
        block((b"k" * 65, b"v")),
        block((b"K", b"v")),
        block((b"k y", b"v")),
        block((b"k\n", b"v")),
        block((b"\xc3\xa9", b"v")),
        block((b"k", bytes(4_097))),
        block((b"a", bytes(4_096)), (b"b", bytes(4_089))),
        block(*[(b"k", b"")] * 65),
        block((b"k", b"v"), count=2),
        block((b"k", b"v"))[:-1],
    ],
)
def test_metadata_against_its_limits_ends_the_connection(data: bytes) -> None:
    with pytest.raises(ConnectionViolation) as caught:
        metadata.decode(Cursor(data, "test"))
    assert caught.value.code is ConnectionErrorCode.PROTOCOL_ERROR


@pytest.mark.parametrize("given", [{"Key": "v"}, {"": "v"}, {"k": b"x" * 4_097}, [("k", "v")] * 65, {"a": b"x" * 4_096, "b": b"x" * 4_089}])
def test_a_caller_hears_of_metadata_against_the_limits_before_anything_is_sent(given: object) -> None:
    with pytest.raises(ValueError):
        pairs_of(given)  # type: ignore[arg-type]


def test_metadata_keeps_order_and_duplicates() -> None:
    pairs = Metadata(pairs_of([("b", "1"), ("a", "é"), ("b", b"\xff")]) or ())
    assert list(pairs) == [("b", b"1"), ("a", b"\xc3\xa9"), ("b", b"\xff")]
    assert (pairs.get("b"), pairs.text("a"), pairs.all("b"), pairs.get("c")) == (b"1", "é", [b"1", b"\xff"], None)


def status(payload: bytes, flags: int = 1) -> frames.Frame:
    data = len(payload).to_bytes(3, "big") + b"\x05\0\0\0\x01" + bytes([flags, 0, 0, 0]) + payload
    (frame,) = FrameReader(Side.SERVER, 16_372).feed(data)
    return frame


def test_a_status_text_that_is_not_utf8_is_repaired() -> None:
    assert status(b"\0\x05\x01\0\0\x02a\xff") == frames.StatusFrame(1, 5, "a\ufffd")


@pytest.mark.parametrize(
    "payload",
    [
        b"\0\0\x10\0",
        b"\0\0\0\x01",
        b"\0\0\x01\0\x08\x01" + bytes(2_049),
        b"\0\0\x02\0\x20\x01" + bytes(8_193),
        b"\0\0\x04\0\0\0\0",
        b"\0\0\0\0x",
    ],
)
def test_a_status_against_its_layout_ends_the_connection(payload: bytes) -> None:
    with pytest.raises(ConnectionViolation):
        status(payload)


def test_a_status_without_end_ends_the_connection() -> None:
    with pytest.raises(ConnectionViolation):
        status(b"\0\0\0\0", flags=0)


@pytest.mark.parametrize(("at", "value"), [(12, 0x80), (20, 2), (21, 1)])
def test_a_reserved_bit_of_goaway_ends_the_connection(at: int, value: int) -> None:
    data = bytearray(golden_frame("goaway-final"))
    data[at] = value
    with pytest.raises(ConnectionViolation):
        list(FrameReader(Side.SERVER, 16_372).feed(bytes(data)))


def test_a_long_reason_is_cut_between_characters() -> None:
    data = frames.encode(frames.Reset(1, 0, "é" * 300))
    assert len(data) == 12 + 4 + 512
    data = frames.encode(frames.Reset(1, 0, "x" + "é" * 300))
    assert len(data) == 12 + 4 + 511
