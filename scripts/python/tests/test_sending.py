"""Messages to the server: cut by frame size and credit, turn by turn."""

import pytest

from lontar.state import events
from lontar.wire import frames
from lontar.wire.constants import METADATA_BYTES_MOST, Side
from lontar.wire.frames import Credit, Msg, Open, Reset, StatusFrame
from lontar.wire.hello import Hello
from lontar.wire.reader import FrameReader
from peer import Peer, message

# OPEN of "a.S/M" without fields is 9 bytes: 16,363 are left of 16,372.
INLINE_MOST = 16_363


@pytest.mark.parametrize(("size", "inline"), [(0, True), (INLINE_MOST, True), (INLINE_MOST + 1, False)])
def test_a_request_goes_inline_if_its_frame_is_not_too_long(size: int, inline: bool) -> None:
    peer = Peer()
    peer.open(bytes(size), end=True)
    said = peer.hears()
    if inline:
        assert said == [Open(1, "a.S/M", inline=bytes(size), end=True)]
    else:
        assert said == [Open(1, "a.S/M"), Msg(1, message(bytes(size)), end=True)]


@pytest.mark.parametrize("limit", [1_024, 16_372, 50_000])
@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("metadata", [None, (("k", bytes(300)),)])
def test_no_frame_with_message_bytes_is_longer_than_the_server_takes(limit: int, more: int, metadata: frames.Pairs | None) -> None:
    peer = Peer(Hello(calls=9, frame_payload=limit))
    head = len(frames.open_fields(Open(1, "a.S/M", metadata=metadata)))
    data = bytes(limit - head + more)
    peer.connection.open(Open(0, "a.S/M", metadata=metadata, inline=data, end=True))
    peer.connection.open(Open(0, "a.S/M"))
    peer.connection.send(3, bytes(200_000), end=True)
    sent = b""
    while part := peer.connection.data_to_send():
        sent += part
    said = list(FrameReader(Side.CLIENT, limit).feed(sent))  # as the server reads, which ends the connection for one byte too many
    assert said[0] == Open(1, "a.S/M", metadata=metadata, inline=None if more else data, end=not more)
    carried = [len(frame.payload) for frame in said if isinstance(frame, Msg)]
    assert max(carried) == limit and sum(carried) == 200_008 + (8 + len(data) if more else 0)


@pytest.mark.parametrize(("size", "inline"), [(1_024, True), (1_025, False)])
def test_a_request_goes_inline_only_with_credit_for_all_of_it(size: int, inline: bool) -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open(bytes(size), end=True)
    assert (peer.hears()[0] == Open(1, "a.S/M", inline=bytes(size), end=True)) == inline


def test_a_call_without_a_message_half_closes_with_open() -> None:
    peer = Peer()
    peer.open(end=True)
    assert peer.hears() == [Open(1, "a.S/M", end=True)]


def test_a_message_is_cut_at_the_servers_frame_limit() -> None:
    peer = Peer(Hello(calls=9, frame_payload=1_024))
    peer.open()
    data = bytes(range(256)) * 9  # 2,304 bytes: 1,016 with the lengths, 1,024, 264
    peer.connection.send(1, data, end=True)
    assert peer.hears() == [
        Open(1, "a.S/M"),
        Msg(1, message(data)[:1_024], more=True),
        Msg(1, message(data)[1_024:2_048], more=True),
        Msg(1, message(data)[2_048:], end=True),
    ]
    assert events.SendingDone(1) in peer.connection.events()


def test_sending_stops_at_the_streams_credit_and_goes_on_with_more() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open()
    peer.connection.send(1, bytes(3_000))
    assert [len(said.payload) for said in peer.hears()[1:]] == [1_024]
    assert list(peer.connection.events()) == []
    peer.tell(Credit(1, 1_024), Credit(1, 7))  # neither is more than before
    assert peer.hears() == []
    peer.tell(Credit(1, 1_025))
    assert peer.hears() == [Msg(1, b"\0", more=True)]
    peer.tell(Credit(1, 4_000))
    assert [(len(said.payload), said.more) for said in peer.hears()] == [(3_008 - 1_025, False)]
    assert list(peer.connection.events()) == [events.SendingDone(1)]


def test_inline_bytes_count_on_the_stream_without_lengths() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open(bytes(1_000))
    peer.connection.send(1, bytes(100))
    assert [len(said.payload) for said in peer.hears()[1:]] == [24]


@pytest.mark.parametrize(("size", "room", "sent"), [(1, 8, False), (1, 9, True), (0, 7, False), (0, 8, True)])
def test_a_first_frame_needs_credit_for_lengths_and_one_byte_unless_empty(size: int, room: int, sent: bool) -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open(bytes(1_024 - room))
    peer.connection.send(1, bytes(size))
    assert (len(peer.hears()) == 2) == sent


def test_the_connections_credit_bounds_all_streams_together() -> None:
    peer = Peer(Hello(calls=9, connection_window=1_500, stream_window=1_024))
    peer.open()
    peer.open()
    peer.connection.send(1, bytes(1_000))
    peer.connection.send(3, bytes(1_000))
    said = [frame for frame in peer.hears() if isinstance(frame, Msg)]
    assert [(frame.stream, len(frame.payload)) for frame in said] == [(1, 1_008), (3, 492)]
    peer.tell(Credit(0, 2_016))
    assert [(frame.stream, len(frame.payload)) for frame in peer.hears()] == [(3, 516)]


def test_streams_take_turns_of_one_frame() -> None:
    peer = Peer(Hello(calls=9, frame_payload=1_024))
    for _ in range(3):
        peer.open()
    for stream in (1, 3, 5):
        peer.connection.send(stream, bytes(2_000))
    said = [frame.stream for frame in peer.hears() if isinstance(frame, Msg)]
    assert said == [1, 3, 5, 1, 3, 5]


def test_a_stalled_stream_does_not_hold_the_others() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open()
    peer.open()
    peer.connection.send(1, bytes(5_000))
    peer.connection.send(3, b"x", end=True)
    assert peer.hears()[-1] == Msg(3, message(b"x"), end=True)


def test_control_frames_overtake_messages() -> None:
    peer = Peer()
    peer.open()
    peer.connection.send(1, bytes(100_000))
    peer.hears_turns()
    peer.tell(frames.Ping(bytes(8)))
    assert peer.hears_turns()[0] == frames.Ping(bytes(8), ack=True)


def test_end_rides_on_the_last_frame_or_comes_alone() -> None:
    peer = Peer()
    peer.open()
    peer.connection.send(1, b"a")
    peer.connection.send(1, b"b", end=True)
    assert peer.hears()[1:] == [Msg(1, message(b"a")), Msg(1, message(b"b"), end=True)]
    peer.open()
    peer.connection.send(3, b"a")
    peer.hears()
    peer.connection.send(3, None, end=True)
    assert peer.hears() == [Msg(3, b"", end=True)]


def test_a_half_close_needs_no_credit() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open(bytes(1_024))
    peer.connection.send(1, None, end=True)
    assert peer.hears()[-1] == Msg(1, b"", end=True)


def test_nothing_is_sent_after_the_half_close() -> None:
    peer = Peer()
    peer.open(b"", end=True)
    with pytest.raises(ValueError):
        peer.connection.send(1, b"more")


def test_a_status_stops_what_was_still_to_be_sent() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open()
    peer.connection.send(1, bytes(5_000), end=True)
    peer.hears()
    peer.tell(StatusFrame(1, 0), Credit(1, 9_999))
    peer.connection.send(1, b"x")
    assert peer.hears() == []


def test_all_headers_of_a_call_fit_the_frame_that_is_always_allowed() -> None:
    pairs = (("a", bytes(4_096)), ("b", bytes(METADATA_BYTES_MOST - 4_096 - 8)))
    trace = frames.TraceContext(bytes(16), bytes(8), 0)
    fields = frames.open_fields(Open(1, "s/" + "m" * 253, 1, trace, bytes(16), pairs))
    assert len(fields) == 4 + 255 + 8 + 25 + 16 + 2 + 8_192 <= 16_372
    peer = Peer(Hello(calls=9, frame_payload=1_024))
    peer.connection.open(Open(0, "a.S/M", metadata=pairs, inline=b"x", end=True))
    opened, said = peer.hears()
    assert (opened.inline, opened.end, said) == (None, False, Msg(1, message(b"x"), end=True))
    assert not any(isinstance(frame, Reset) for frame in (opened, said))
