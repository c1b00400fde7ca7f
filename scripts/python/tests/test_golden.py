"""Every golden frame both ways, and what is left of each when bytes are missing."""

import pytest

from golden import NAMES, golden, golden_frame
from lontar.wire import frames
from lontar.wire.constants import HEADER_BYTES, PREFACE, Side
from lontar.wire.frames import (
    Blocked,
    Credit,
    GoAway,
    Head,
    Hint,
    MaxCalls,
    Msg,
    Open,
    Ping,
    Reset,
    Say,
    Skipped,
    StatusFrame,
    TraceContext,
)
from lontar.wire.hello import Hello, Refusal
from lontar.wire.reader import FrameReader
from lontar.wire.violation import ConnectionViolation

PAIRS = (("k", b"v"), ("data-bin", b"\x00\xff\x80"))
TRACE = TraceContext(bytes(range(0xA0, 0xB0)), bytes(range(0xB0, 0xB8)), 1)
KEY = bytes(range(0xC0, 0xD0))
CLIENT = Hello(environment=bytes(range(0x10, 0x20)), schema_hash=bytes(range(1, 9)), software="golden/1")
SERVER = Hello(environment=CLIENT.environment, schema_hash=CLIENT.schema_hash, software="golden/1", calls=100)
REFUSING = Hello(
    environment=CLIENT.environment,
    schema_hash=CLIENT.schema_hash,
    software="golden/1",
    calls=100,
    refusal=Refusal(7, "this is staging"),
)

DEFLATED = bytes.fromhex("789c4b4c240e000036eb0f29")  # forty times "a"

# Read off the comments of the golden files.
EXPECTED: dict[str, frames.Frame] = {
    "blocked-calls": Blocked(0, 3, 100),
    "blocked-connection": Blocked(0, 2, 26_214_400),
    "blocked-stream": Blocked(1, 1, 262_144),
    "credit-connection": Credit(0, 1_099_511_627_776),
    "credit-stream": Credit(1, 393_216),
    "goaway-drain": GoAway(0x7FFF_FFFF, 0, False, "restart"),
    "goaway-final": GoAway(15, 0, True, "restart"),
    "half-close": Msg(1, b"", end=True),
    "head": Head(1, PAIRS),
    "hello-client": Say(CLIENT),
    "hello-refusing": Say(REFUSING),
    "hello-server": Say(SERVER),
    "hint": Hint(2, 1_500),
    "max-calls": MaxCalls(125),
    "msg-compressed": Msg(5, b"\0\0\0\x0c\0\0\0\x28" + DEFLATED, end=True, codec=2),
    "msg-continued": Msg(1, bytes(range(8, 24)), more=True),
    "msg-empty": Msg(1, bytes(8)),
    "msg-first": Msg(1, b"\0\0\0\x1c\0\0\0\x1c" + bytes(range(8)), more=True),
    "msg-last": Msg(1, bytes(range(24, 28))),
    "msg-whole": Msg(5, b"\0\0\0\x03\0\0\0\x03\x08\x96\x01", end=True),
    "open-compressed": Open(17, "a.S/M", inline=b"\0\0\0\x28" + DEFLATED, end=True, codec=2),
    "open-end": Open(3, "a.S/M", end=True),
    "open-everything": Open(
        15, "a.S/M", timeout=9_223_372_036_854_775_807, trace=TRACE, key=KEY, metadata=PAIRS, inline=b"\x0a\x01x"
    ),
    "open-inline": Open(13, "a.S/M", inline=b"\x08\x96\x01", end=True),
    "open-key": Open(9, "a.S/M", key=KEY, attempt=2, priority=3),
    "open-metadata": Open(11, "a.S/M", metadata=PAIRS),
    "open-minimal": Open(1, "a.S/M"),
    "open-timeout": Open(5, "a.S/M", timeout=1_500_000_000),
    "open-trace": Open(7, "a.S/M", trace=TRACE),
    "ping": Ping(bytes.fromhex("1122334455667788")),
    "ping-ack": Ping(bytes.fromhex("1122334455667788"), ack=True),
    "reset": Reset(3, 1, "too late"),
    "reset-not-processed": Reset(9, 2, "the server is shutting down", not_processed=True),
    "status-compressed": StatusFrame(17, 0, inline=b"\0\0\0\x28" + DEFLATED, codec=2),
    "status-everything": StatusFrame(15, 5, "tidak ada", b"\x08\x05", -1, PAIRS, b"x"),
    "status-inline": StatusFrame(13, 0, inline=b"\x08\x96\x01"),
    "status-ok": StatusFrame(1, 0),
    "unknown-ignorable": Skipped(0x7F, 0, b"later"),
}


def sender(name: str) -> Side:
    """Who sends the frame of this golden file."""
    from_client = name.startswith("open-") or name in ("hello-client", "half-close", "reset")
    return Side.CLIENT if from_client else Side.SERVER


def test_every_golden_file_is_expected_here() -> None:
    assert sorted(EXPECTED) == NAMES


def test_the_client_begins_with_the_preface() -> None:
    assert golden("hello-client").startswith(PREFACE)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_frame_reads_as_its_comments_say(name: str) -> None:
    assert list(FrameReader(sender(name), 16_372).feed(golden_frame(name))) == [EXPECTED[name]]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_writes_as_its_golden_frame(name: str) -> None:
    assert frames.encode(EXPECTED[name]) == golden_frame(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_comes_only_with_its_last_byte(name: str) -> None:
    data = golden_frame(name)
    reader = FrameReader(sender(name), 16_372)
    for byte in data[:-1]:
        assert list(reader.feed(bytes([byte]))) == []
        assert reader.amid_frame
    assert list(reader.feed(data[-1:])) == [EXPECTED[name]]
    assert not reader.amid_frame


@pytest.mark.parametrize("name", NAMES)
def test_a_shortened_payload_is_a_violation_or_a_frame_of_just_those_bytes(name: str) -> None:
    data = golden_frame(name)
    for length in range(len(data) - HEADER_BYTES):
        shorter = length.to_bytes(3, "big") + data[3 : HEADER_BYTES + length]
        try:
            (frame,) = FrameReader(sender(name), 16_372).feed(shorter)
        except ConnectionViolation:
            continue
        if isinstance(EXPECTED[name], Blocked | Hint):
            assert frame == Skipped(data[3], EXPECTED[name].stream if data[3] == 0x0B else 0, data[HEADER_BYTES:][:length])
            continue
        assert type(frame) is type(EXPECTED[name])
        if not isinstance(frame, Say):  # HELLO is written with all its fields
            assert frames.encode(frame) == shorter


@pytest.mark.parametrize(
    ("name", "whole_from"),
    # The least payload of each fixed layout, by hand: below it nothing can be read.
    [("ping", 8), ("max-calls", 8), ("credit-stream", 8), ("goaway-final", 10), ("reset", 4), ("status-ok", 4), ("head", 21)],
)
def test_a_payload_below_its_least_length_is_refused(name: str, whole_from: int) -> None:
    data = golden_frame(name)
    for length in range(whole_from):
        with pytest.raises(ConnectionViolation):
            list(FrameReader(sender(name), 16_372).feed(length.to_bytes(3, "big") + data[3 : HEADER_BYTES + length]))


@pytest.mark.parametrize("name", ["ping", "max-calls", "credit-stream", "head", "status-ok", "open-minimal", "open-metadata"])
def test_a_byte_too_many_is_refused(name: str) -> None:
    data = golden_frame(name) + b"\0"
    longer = (len(data) - HEADER_BYTES).to_bytes(3, "big") + data[3:]
    with pytest.raises(ConnectionViolation):
        list(FrameReader(sender(name), 16_372).feed(longer))


def test_all_golden_frames_of_the_server_come_out_of_one_run_of_bytes() -> None:
    names = [name for name in NAMES if sender(name) is Side.SERVER]
    data = b"".join(golden_frame(name) for name in names)
    for size in (1, 7, 13, len(data)):
        reader = FrameReader(Side.SERVER, 16_372)
        got = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
        assert got == [EXPECTED[name] for name in names]
