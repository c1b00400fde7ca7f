"""The connection as a whole: HELLO, call credit, PING, GOAWAY, RESET, frames out of place."""

import pytest

from golden import golden_frame
from lontar.state import events
from lontar.state.settings import Settings
from lontar.wire import frames
from lontar.wire.constants import ConnectionErrorCode, StreamErrorCode
from lontar.wire.frames import Credit, GoAway, Head, MaxCalls, Msg, Open, Ping, Reset, Say, Skipped, StatusFrame
from lontar.wire.hello import Hello, Refusal
from peer import Peer, message

OURS, THEIRS = bytes(range(16)), bytes(range(1, 17))


def ending(told: list[events.Event]) -> events.Ended:
    (found,) = [event for event in told if isinstance(event, events.Ended)]
    return found


def test_the_golden_unary_call_byte_by_byte() -> None:
    peer = Peer()
    for stream in range(1, 13, 2):  # the golden call is on stream 13
        assert peer.open(b"", end=True) == stream
        peer.tell(StatusFrame(stream, 0, inline=b""))
    peer.hears()
    assert peer.open(b"\x08\x96\x01", end=True) == 13
    assert peer.connection.data_to_send() == golden_frame("open-inline")
    told = peer.feed(golden_frame("status-inline"))
    assert told == [events.MessageReceived(13, b"\x08\x96\x01", 3), events.StatusReceived(13, StatusFrame(13, 0, inline=b"\x08\x96\x01"))]
    assert peer.connection.running == 0


def test_nothing_but_preface_and_hello_goes_before_the_servers_hello() -> None:
    peer = Peer(greet=False)
    assert not peer.connection.can_open
    assert peer.hears() == []
    with pytest.raises(RuntimeError):
        peer.open()


@pytest.mark.parametrize("first", [Ping(bytes(8)), MaxCalls(5), StatusFrame(1, 0), Credit(0, 99), Skipped(0x7F, 0, b"")])
def test_a_server_that_says_something_before_hello_is_left(first: frames.Frame) -> None:
    assert ending(Peer(greet=False).tell(first)).code == ConnectionErrorCode.PROTOCOL_ERROR


def test_a_second_hello_ends_the_connection() -> None:
    peer = Peer()
    assert ending(peer.tell(Say(Hello()))).code == ConnectionErrorCode.PROTOCOL_ERROR
    (said,) = peer.hears()
    assert isinstance(said, GoAway) and said.final and said.code == 1


def test_a_refusing_server_is_heard_and_not_answered() -> None:
    peer = Peer(greet=False)
    told = peer.tell(Say(Hello(refusal=Refusal(7, "this is staging"))), GoAway(0, 7, True, "this is staging"))
    assert told == [events.Ended(7, "this is staging", True, ())]
    assert peer.hears() == []


@pytest.mark.parametrize(
    ("client", "server", "accepted"),
    [(OURS, OURS, True), (bytes(16), OURS, True), (OURS, bytes(16), False), (OURS, THEIRS, False)],
)
def test_two_environments_do_not_meet(client: bytes, server: bytes, accepted: bool) -> None:
    peer = Peer(settings=Settings(environment=client), greet=False)
    told = peer.tell(Say(Hello(environment=server)))
    if accepted:
        assert isinstance(told[0], events.Connected)
    else:
        assert ending(told).code == ConnectionErrorCode.ENVIRONMENT_MISMATCH
        assert [said.code for said in peer.hears()] == [7]


@pytest.mark.parametrize(("lowest", "highest", "accepted"), [(1, 1, True), (0, 9, True), (2, 3, False), (0, 0, False)])
def test_a_server_without_version_1_is_left(lowest: int, highest: int, accepted: bool) -> None:
    told = Peer(greet=False).tell(Say(Hello(lowest_version=lowest, highest_version=highest)))
    assert isinstance(told[0], events.Connected) == accepted
    if not accepted:
        assert ending(told).code == ConnectionErrorCode.VERSION_UNSUPPORTED


def test_settings_are_what_hello_says() -> None:
    settings = Settings(frame_payload=2_000, message=3_000, stream_window=4_000, connection_window=5_000)
    said = Peer(settings=settings).said
    assert isinstance(said, Say)
    assert (said.hello.frame_payload, said.hello.message) == (2_000, 3_000)
    assert (said.hello.stream_window, said.hello.connection_window, said.hello.calls) == (4_000, 5_000, 0)


def test_no_more_calls_are_opened_than_the_server_allows_in_all() -> None:
    peer = Peer(Hello(calls=2))
    assert [peer.open(), peer.open()] == [1, 3]
    assert not peer.connection.can_open
    peer.tell(StatusFrame(1, 0))
    assert not peer.connection.can_open  # a call that is over gives nothing back by itself
    assert peer.tell(MaxCalls(2), MaxCalls(1)) == []
    assert peer.tell(MaxCalls(3)) == [events.CallsAllowed()]
    assert peer.open() == 5
    assert not peer.connection.can_open


def test_ping_is_answered_with_the_same_bytes() -> None:
    peer = Peer()
    peer.feed(golden_frame("ping"))
    assert peer.connection.data_to_send() == golden_frame("ping-ack")


def test_an_answer_to_our_ping_is_told_once() -> None:
    peer = Peer()
    peer.connection.ping(b"abcdefgh")
    assert peer.hears() == [Ping(b"abcdefgh")]
    assert peer.tell(Ping(b"abcdefgh", ack=True)) == [events.Pong(b"abcdefgh")]
    assert ending(peer.tell(Ping(b"abcdefgh", ack=True))).code == ConnectionErrorCode.PROTOCOL_ERROR


def test_a_server_that_pings_without_end_does_not_fill_our_memory() -> None:
    peer = Peer()
    ping = frames.encode(Ping(bytes(8)))
    answers_most = 1_048_576 // len(ping) + 1
    assert peer.feed(ping * answers_most) == []
    assert ending(peer.feed(ping * 2)).code == ConnectionErrorCode.ENHANCE_YOUR_CALM


def test_a_draining_server_gets_no_more_calls_and_ends_those_it_has() -> None:
    peer = Peer()
    assert (peer.open(), peer.open()) == (1, 3)
    assert peer.tell(GoAway(0x7FFF_FFFF, 0, False, "restart")) == [events.Draining(False, "restart")]
    assert not peer.connection.can_open and peer.connection.running == 2
    told = peer.tell(GoAway(1, 0, True, "restart"))
    assert told == [events.CallRefused(3, StreamErrorCode.REFUSED, "restart"), events.Draining(True, "restart")]
    assert peer.tell(StatusFrame(1, 0)) == [events.StatusReceived(1, StatusFrame(1, 0))]
    assert not peer.connection.ended


def test_a_goaway_with_a_code_ends_all_and_says_which_were_never_seen() -> None:
    peer = Peer()
    assert [peer.open(), peer.open(), peer.open()] == [1, 3, 5]
    told = peer.tell(GoAway(3, 8, True, "calm"))
    assert told == [events.CallRefused(5, StreamErrorCode.REFUSED, "calm"), events.Ended(8, "calm", True, (1, 3))]
    assert peer.connection.ended and peer.hears() == [frames.Open(1, "a.S/M"), frames.Open(3, "a.S/M"), frames.Open(5, "a.S/M")]


@pytest.mark.parametrize(("clean", "words"), [(True, "closed"), (False, "cut off")])
def test_a_lost_connection_loses_its_calls(clean: bool, words: str) -> None:
    peer = Peer()
    peer.open()
    peer.connection.receive_end(clean)
    ended = ending(list(peer.connection.events()))
    assert ended.lost == (1,) and words in ended.reason


def test_leaving_says_goaway_with_last_stream_0_and_running_calls_go_on() -> None:
    peer = Peer()
    peer.open()
    peer.hears()
    peer.connection.leave("bye")
    peer.connection.leave("bye")
    assert peer.hears() == [GoAway(0, 0, True, "bye")]
    assert not peer.connection.can_open
    assert peer.tell(StatusFrame(1, 0)) == [events.StatusReceived(1, StatusFrame(1, 0))]


def test_a_refused_call_was_not_processed() -> None:
    peer = Peer()
    peer.open()
    assert peer.tell(Reset(1, 2, "full", not_processed=True)) == [events.CallRefused(1, 2, "full")]


@pytest.mark.parametrize("code", [0, 1, 2, 6, 7, 8, 0xFFFF_FFFF])
@pytest.mark.parametrize("not_processed", [True, False])
def test_a_reset_of_any_code_ends_one_call_and_not_the_connection(code: int, not_processed: bool) -> None:
    peer = Peer()
    assert (peer.open(), peer.open()) == (1, 3)
    kind = events.CallRefused if not_processed else events.CallReset
    assert peer.tell(Reset(1, code, "why", not_processed)) == [kind(1, code, "why")]
    assert peer.tell(StatusFrame(1, 0), StatusFrame(3, 0)) == [events.StatusReceived(3, StatusFrame(3, 0))]
    assert not peer.connection.ended and not any(isinstance(said, Reset | GoAway) for said in peer.hears())


def test_a_call_given_up_sends_reset_and_nothing_more_is_told_of_it() -> None:
    peer = Peer()
    peer.open()
    peer.connection.send(1, bytes(100_000))
    peer.hears_turns()
    peer.connection.reset(1, StreamErrorCode.CANCELLED, "enough")
    peer.connection.reset(1, StreamErrorCode.CANCELLED, "enough")
    assert peer.hears() == [Reset(1, 0, "enough")]
    assert peer.tell(Head(1, ()), Msg(1, message(b"late")), Credit(1, 1 << 40), StatusFrame(1, 0)) == []
    assert not peer.connection.ended


def test_of_a_call_whose_reset_waits_nothing_is_sent_or_told() -> None:
    room = [False]
    peer = Peer(may_reset=lambda: room[0])
    assert (peer.open(), peer.open()) == (1, 3)
    peer.hears()
    peer.connection.send(1, bytes(100_000))
    peer.connection.reset(1, StreamErrorCode.CANCELLED, "enough")
    assert peer.connection.resets_wait and peer.connection.running == 1
    begun = message(bytes(2_000_000))[:16_372]
    late = [Head(1, ()), Head(1, ()), Msg(1, message(b"late")), Msg(1, begun, more=True), Msg(1, b""), Credit(1, 1 << 40)]
    assert peer.tell(*late) == []
    assert peer.hears() == []  # no RESET for what was wrong, no credit, no message
    room[0] = True
    peer.connection.send_resets()
    assert peer.hears() == [Reset(1, 0, "enough")] and not peer.connection.resets_wait
    assert peer.tell(Msg(1, b""), StatusFrame(3, 0)) == [events.StatusReceived(3, StatusFrame(3, 0))]


@pytest.mark.parametrize("last", [StatusFrame(1, 0), StatusFrame(1, 0, inline=b"x"), Reset(1, 2, "", True), GoAway(0, 0, True)])
def test_a_reset_that_waits_is_not_sent_when_the_stream_has_ended(last: frames.Frame) -> None:
    room = [False]
    peer = Peer(may_reset=lambda: room[0])
    peer.open()
    peer.hears()
    peer.connection.reset(1, StreamErrorCode.CANCELLED)
    told = peer.tell(last)
    assert told == ([events.Draining(True, "")] if isinstance(last, GoAway) else [])
    room[0] = True
    peer.connection.send_resets()
    assert peer.hears() == [] and not peer.connection.resets_wait


def test_the_resets_of_faults_wait_in_the_same_line() -> None:
    room = [1]

    def one_more() -> bool:
        room[0] -= 1
        return room[0] >= 0

    peer = Peer(may_reset=one_more)
    assert (peer.open(), peer.open(), peer.open()) == (1, 3, 5)
    peer.hears()
    peer.connection.reset(5, StreamErrorCode.CANCELLED)
    told = peer.tell(Msg(1, b""), Msg(3, b""))
    assert [(event.stream, event.code) for event in told] == [(1, StreamErrorCode.MALFORMED), (3, StreamErrorCode.MALFORMED)]
    assert [said.stream for said in peer.hears()] == [5]
    room[0] = 9
    peer.connection.send_resets()
    assert [(said.stream, said.code) for said in peer.hears()] == [(1, 3), (3, 3)]


@pytest.mark.parametrize(
    "frame", [Head(3, ()), Msg(3, message(b"")), StatusFrame(3, 0), Reset(3, 2, "", True), Credit(3, 9)]
)
def test_a_frame_on_a_stream_that_was_never_opened_ends_the_connection(frame: frames.Frame) -> None:
    peer = Peer()
    peer.open()
    assert ending(peer.tell(frame)).code == ConnectionErrorCode.PROTOCOL_ERROR


def test_what_may_be_ignored_is() -> None:
    peer = Peer()
    assert peer.tell(Skipped(0x7F, 0, b"later"), Skipped(0x0B, 0, b"blocked"), Skipped(0x0C, 0, b"")) == []
    assert not peer.connection.ended


def test_after_the_end_bytes_are_dropped_and_no_call_opens() -> None:
    peer = Peer()
    peer.connection.fail(ConnectionErrorCode.TIMEOUT, "slow")
    assert ending(list(peer.connection.events())).code == ConnectionErrorCode.TIMEOUT
    assert peer.feed(b"\xff" * 100) == []
    assert not peer.connection.can_open
    assert peer.hears() == [GoAway(0, 9, True, "slow")]


def test_a_message_that_the_server_does_not_take_is_not_sent() -> None:
    peer = Peer(Hello(calls=9, message=10))
    with pytest.raises(ValueError, match="11 bytes; the server takes 10"):
        peer.open(bytes(11), end=True)
    stream = peer.open()
    with pytest.raises(ValueError):
        peer.connection.send(stream, bytes(11))
    assert peer.hears() == [Open(1, "a.S/M")]
