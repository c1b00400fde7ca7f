"""Messages from the server: put together, checked before they are kept, credit given back."""

import pytest

from golden import golden_frame
from lontar.state import events
from lontar.state.settings import Settings
from lontar.wire import frames
from lontar.wire.constants import ConnectionErrorCode, StreamErrorCode
from lontar.wire.frames import Credit, Head, Msg, Reset, StatusFrame
from peer import Peer, message

MALFORMED, TOO_LARGE = StreamErrorCode.MALFORMED, StreamErrorCode.MESSAGE_TOO_LARGE


def running(settings: Settings | None = None, calls: int = 1) -> Peer:
    peer = Peer(settings=settings)
    for _ in range(calls):
        peer.open(b"", end=True)
    peer.hears()
    return peer


def test_the_golden_fragments_make_one_message() -> None:
    peer = running()
    told = peer.feed(golden_frame("msg-first") + golden_frame("msg-continued") + golden_frame("msg-last"))
    assert told == [events.MessageReceived(1, bytes(range(28)), 8 + 28)]
    assert peer.feed(golden_frame("msg-empty")) == [events.MessageReceived(1, b"", 8)]


def test_head_then_messages_then_status() -> None:
    peer = running()
    pairs = (("k", b"v"),)
    told = peer.tell(Head(1, pairs), Msg(1, message(b"a")), StatusFrame(1, 0, inline=b"b"))
    assert told == [
        events.HeadReceived(1, pairs),
        events.MessageReceived(1, b"a", 9),
        events.MessageReceived(1, b"b", 1),
        events.StatusReceived(1, StatusFrame(1, 0, inline=b"b")),
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([Head(1, ()), Head(1, ())], MALFORMED),
        ([Msg(1, message(b"a")), Head(1, ())], MALFORMED),
        ([Msg(1, message(b"a"), end=True)], MALFORMED),
        ([Msg(1, b"")], MALFORMED),
        ([Msg(1, b"", end=True)], MALFORMED),
        ([Msg(1, b"", more=True)], MALFORMED),
        ([Msg(1, bytes(7))], MALFORMED),
        ([Msg(1, b"\0\0\0\1\0\0\0\2x")], MALFORMED),
        ([Msg(1, message(b"ab")[:9])], MALFORMED),  # a byte is missing and MORE is not set
        ([Msg(1, message(b"ab"), more=True)], MALFORMED),  # none is missing and MORE is set
        ([Msg(1, message(b"a") + b"b")], MALFORMED),
        ([Msg(1, message(b"ab")[:9], more=True), Msg(1, b"")], MALFORMED),
        ([Msg(1, message(b"ab")[:9], more=True), Msg(1, b"bc")], MALFORMED),
        ([Msg(1, message(b"ab")[:9], more=True), StatusFrame(1, 0)], MALFORMED),
        ([Msg(1, message(b"ab")[:9], more=True), StatusFrame(1, 0, inline=b"x")], MALFORMED),
        ([Msg(1, message(b"ab")[:9], more=True), StatusFrame(1, 4, "late")], MALFORMED),
        ([Msg(1, b"", codec=1)], MALFORMED),
        ([Msg(1, b"\0\0\0\1\xff\0\0\0x")], MALFORMED),
        ([Msg(1, (4_194_305).to_bytes(4, "big") * 2, more=True)], TOO_LARGE),
        ([Msg(1, b"\xff" * 8, more=True)], TOO_LARGE),
        ([Msg(1, message(b"a"), codec=4)], StreamErrorCode.CODEC_UNSUPPORTED),
        ([StatusFrame(1, 0, inline=b"a", codec=4)], StreamErrorCode.CODEC_UNSUPPORTED),
    ],
)
def test_a_fault_ends_one_call_and_not_the_connection(said: list[frames.Frame], code: StreamErrorCode) -> None:
    peer = running(calls=2)
    *_, fault = peer.tell(*said)
    assert isinstance(fault, events.CallFaulted) and fault.code == code
    told = peer.tell(Msg(1, b"what still comes is dropped"), Msg(3, message(b"ok")))
    assert told == [events.MessageReceived(3, b"ok", 10)]
    resets = [] if isinstance(said[-1], StatusFrame) else [(1, code)]  # behind STATUS the stream is over already
    assert [(said.stream, said.code) for said in peer.hears() if isinstance(said, Reset)] == resets


@pytest.mark.parametrize(("size", "taken"), [(100, True), (101, False)])
def test_a_message_at_our_limit_passes_and_one_byte_more_does_not(size: int, taken: bool) -> None:
    for said in (Msg(1, message(bytes(size))), StatusFrame(1, 0, inline=bytes(size))):
        told = running(Settings(message=100)).tell(said)
        assert isinstance(told[0], events.MessageReceived) == taken
        if not taken:
            assert told[0].code == TOO_LARGE


@pytest.mark.parametrize("limit", [1_024, 16_372, 50_000])
def test_frames_with_message_bytes_are_as_long_as_we_have_said_and_no_longer(limit: int) -> None:
    fields = 4  # of STATUS
    for whole, one_more in (
        (Msg(1, message(bytes(limit - 8))), Msg(1, message(bytes(limit - 7)))),
        (Msg(1, message(bytes(limit))[:limit], more=True), Msg(1, message(bytes(limit))[: limit + 1], more=True)),
        (StatusFrame(1, 0, inline=bytes(limit - fields)), StatusFrame(1, 0, inline=bytes(limit - fields + 1))),
    ):
        told = running(Settings(frame_payload=limit)).tell(whole)
        assert not any(isinstance(event, events.Ended | events.CallFaulted) for event in told)
        peer = running(Settings(frame_payload=limit))
        (told,) = peer.tell(one_more)
        assert isinstance(told, events.Ended) and told.code == ConnectionErrorCode.FRAME_TOO_LARGE
        assert [said.code for said in peer.hears()] == [ConnectionErrorCode.FRAME_TOO_LARGE]


def test_a_status_without_a_message_may_be_longer_than_we_take_messages() -> None:
    status = StatusFrame(1, 5, "x" * 2_048, bytes(8_192), metadata=(("k", bytes(4_000)),))
    assert running(Settings(frame_payload=1_024)).tell(status) == [events.StatusReceived(1, status)]


WINDOW = 1_024
SMALL = Settings(stream_window=WINDOW, connection_window=10 * WINDOW)


def test_more_than_the_streams_credit_is_a_fault() -> None:
    peer = running(SMALL)
    peer.tell(Msg(1, message(bytes(WINDOW - 8))))
    assert peer.hears() == []  # the application has taken nothing
    (told,) = peer.tell(Msg(1, bytes(8)))
    assert told.code == StreamErrorCode.FLOW_CONTROL


def test_credit_comes_back_when_messages_are_taken_half_a_window_at_once() -> None:
    peer = running(SMALL)
    peer.tell(*[Msg(1, message(bytes(92)))] * 10)
    for _ in range(5):
        peer.connection.taken(1, 100)
    assert peer.hears() == []
    peer.connection.taken(1, 100)
    assert peer.hears() == [Credit(1, 600 + WINDOW)]


def test_a_message_longer_than_the_window_passes_when_nothing_waits_before_it() -> None:
    peer = running(SMALL)
    data = message(bytes(5_000))
    granted = WINDOW
    told: list[events.Event] = []
    at = 0
    while at < len(data):
        stop = min(granted, len(data))
        assert stop > at, "the client gives no credit for a message that it needs whole"
        told += peer.tell(Msg(1, data[at:stop], more=stop < len(data)))
        at = stop
        granted = max([granted, *(said.offset for said in peer.hears() if isinstance(said, Credit) and said.stream == 1)])
    assert told == [events.MessageReceived(1, bytes(5_000), 5_008)]


def test_an_incomplete_message_gets_no_credit_while_another_waits_to_be_taken() -> None:
    peer = running(SMALL)
    peer.tell(Msg(1, message(b"first")), Msg(1, message(bytes(5_000))[: WINDOW - 13], more=True))
    assert peer.hears() == []
    peer.connection.taken(1, 13)
    assert peer.hears() == [Credit(1, 2 * WINDOW)]


def test_the_connections_credit_comes_back_as_bytes_are_read() -> None:
    peer = running(SMALL, calls=10)
    for stream in range(1, 10, 2):
        peer.tell(Msg(stream, message(bytes(WINDOW - 8))))
    assert [said for said in peer.hears() if said.stream == 0] == [Credit(0, 15 * WINDOW)]


def test_more_than_the_connections_credit_ends_the_connection() -> None:
    peer = Peer(settings=Settings(stream_window=1 << 20, connection_window=1_024))
    peer.open()
    told = peer.tell(Msg(1, message(bytes(1_017))))
    (ended,) = [event for event in told if isinstance(event, events.Ended)]
    assert ended.code == ConnectionErrorCode.FLOW_CONTROL


def test_bytes_of_a_call_given_up_still_count_on_the_connection() -> None:
    peer = running(SMALL)
    peer.connection.reset(1, StreamErrorCode.CANCELLED)
    peer.hears()
    assert peer.tell(*[Msg(1, message(bytes(WINDOW - 8)))] * 5) == []
    assert peer.hears() == [Credit(0, 15 * WINDOW)]


def test_after_status_no_credit_is_sent_for_the_stream() -> None:
    peer = running(SMALL)
    peer.tell(Msg(1, message(bytes(WINDOW - 8))), StatusFrame(1, 0))
    peer.connection.taken(1, WINDOW)
    assert peer.hears() == []
