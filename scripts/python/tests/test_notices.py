"""HINT, which holds new calls back, and BLOCKED, which both sides say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from golden import golden_frame
from lontar import Blocked, Hint, RpcError, StatusCode, blocking, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from lontar.net import link
from lontar.net.notices import BlockedWatch, Hold
from lontar.state import events
from lontar.wire import frames
from lontar.wire.constants import Side
from lontar.wire.frames import Credit, MaxCalls, Msg, Open, Skipped, StatusFrame
from lontar.wire.hello import Hello
from lontar.wire.message import Packed
from lontar.wire.reader import FrameReader
from peer import Peer
from scripted import Guest, Scripted

BUSY = Hint(1, 0)


# What is read


@pytest.mark.parametrize(
    ("kind", "stream", "payload", "expected"),
    [
        (0x0C, 0, b"\0\0\0\0\0", Hint(0, 0)),
        (0x0C, 0, b"\x01\xff\xff\xff\xff", Hint(1, 4_294_967_295)),
        (0x0C, 0, b"\x02\0\0\x05\xdc" + b"later" * 11, Hint(2, 1_500)),
        (0x0C, 0, b"\x03\0\0\x05\xdc", None),
        (0x0C, 0, b"\x02\0\0\x05", None),
        (0x0C, 0, b"", None),
        (0x0B, 9, b"\x01" + b"\xff" * 8, Blocked(9, 1, (1 << 64) - 1)),
        (0x0B, 0, b"\x02" + bytes(8) + b"later", Blocked(0, 2, 0)),
        (0x0B, 0, b"\x04" + bytes(8), None),
        (0x0B, 0, bytes(9), None),
        (0x0B, 0, b"\x01" + bytes(7), None),
    ],
)
def test_a_notice_that_cannot_be_read_is_skipped(kind: int, stream: int, payload: bytes, expected: frames.Frame | None) -> None:
    data = frames.encode(Skipped(kind, stream, payload))
    for sender in Side:  # whoever sends it
        assert list(FrameReader(sender, 16_372).feed(data)) == [expected or Skipped(kind, stream, payload)]


def test_notices_are_told_and_end_nothing() -> None:
    peer = Peer()
    assert peer.feed(golden_frame("hint")) == [events.Hinted(Hint(2, 1_500))]
    told = peer.feed(golden_frame("blocked-stream"))  # of a stream that was never opened
    assert told == [events.ServerBlocked(Blocked(1, 1, 262_144))]
    assert peer.feed(golden_frame("blocked-calls")) == [events.ServerBlocked(Blocked(0, 3, 100))]
    assert peer.hears() == []


# What a connection waits for


def test_a_message_waits_for_the_credit_of_its_stream() -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open()
    assert peer.connection.waiting() == []
    peer.connection.send(1, bytes(3_000))
    peer.hears()
    assert peer.connection.waiting() == [Blocked(1, 1, 1_024)]
    peer.tell(Credit(1, 2_000))
    peer.hears()
    assert peer.connection.waiting() == [Blocked(1, 1, 2_000)]
    peer.tell(Credit(1, 9_000))
    peer.hears()
    assert peer.connection.waiting() == []


@pytest.mark.parametrize("left", [0, 8])
def test_lengths_and_a_byte_are_the_least_that_a_message_waits_for(left: int) -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024))
    peer.open()
    peer.connection.send(1, bytes(1_016 - left))
    peer.connection.send(1, Packed(b"x", 1, 9))
    peer.hears()
    assert peer.connection.waiting() == [Blocked(1, 1, 1_024)]
    peer.tell(Credit(1, 1_033 - left))
    assert peer.hears() == [Msg(1, b"\0\0\0\1\0\0\0\x09x", codec=1)]


def test_streams_wait_once_for_the_credit_of_the_connection() -> None:
    peer = Peer(Hello(calls=9, connection_window=1_024))
    for stream in (1, 3):
        peer.open()
        peer.connection.send(stream, bytes(3_000))
    peer.hears()
    assert peer.connection.waiting() == [Blocked(0, 2, 1_024)]


def test_calls_wait_for_max_calls() -> None:
    peer = Peer(Hello(calls=1))
    assert peer.connection.calls_exhausted() is None
    peer.open()
    assert peer.connection.calls_exhausted() == Blocked(0, 3, 1)
    peer.tell(MaxCalls(2))
    assert peer.connection.calls_exhausted() is None


def test_a_notice_to_the_server_is_the_golden_frame() -> None:
    peer = Peer()
    peer.connection.notify(Blocked(0, 3, 100))
    assert peer.connection.data_to_send() == golden_frame("blocked-calls")


# When it is said


A, B, C, D = Blocked(1, 1, 5), Blocked(3, 1, 5), Blocked(0, 2, 7), Blocked(0, 3, 9)


def test_a_wait_is_told_at_the_second_look_and_once_per_offset() -> None:
    watch = BlockedWatch()
    assert watch.look([A]) == []
    assert watch.look([A]) == [A]
    assert watch.look([A]) == []
    further = Blocked(1, 1, 6)
    assert watch.look([further]) == []
    assert watch.look([further]) == [further]


def test_a_wait_that_is_over_before_the_second_look_is_not_told() -> None:
    watch = BlockedWatch()
    assert [watch.look(each) for each in ([A], [], [A], [])] == [[]] * 4


def test_what_the_connection_waits_for_is_told_once_though_the_waiters_change() -> None:
    watch = BlockedWatch()
    looks = [watch.look(each) for each in ([D], [D], [], [D], [D], [D])]
    assert looks == [[], [D], [], [], [], []]


def test_three_at_most_are_told_at_once_and_the_others_later() -> None:
    watch = BlockedWatch()
    all_of_them = [A, B, C, D, Blocked(5, 1, 5)]
    assert [watch.look(all_of_them) for _ in range(4)] == [[], [A, B, C], all_of_them[3:], []]


# How long calls are held


@pytest.mark.parametrize(
    ("hint", "now", "chance", "left"),
    [
        (Hint(2, 1_000), 100.0, 0.0, 1.0),
        (Hint(2, 1_000), 100.0, 1.0, 1.5),
        (Hint(2, 1_000), 101.25, 0.5, 0.0),
        (Hint(2, 0), 100.0, 1.0, 0.0),
        (Hint(1, 1_000), 100.0, 1.0, 0.0),
        (Hint(0, 1_000), 100.0, 1.0, 0.0),
    ],
)
def test_only_overload_holds_calls_and_up_to_half_as_long_again(hint: Hint, now: float, chance: float, left: float) -> None:
    hold = Hold()
    hold.hear(hint, 100.0)
    assert hold.left(now, chance) == left


def test_a_hint_takes_the_place_of_the_one_before() -> None:
    hold = Hold()
    assert (hold.hint, hold.left(0, 1)) == (None, 0)
    long, short = Hint(2, 9_000), Hint(2, 1_000)
    for hint, shown, left in ((long, long, 9), (BUSY, BUSY, 0), (short, short, 1), (Hint(0), None, 0)):
        hold.hear(hint, 5.0)
        assert (hold.hint, hold.left(5.0, 0)) == (shown, left)


# Over TLS


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def channel(server: Scripted, folder: Path) -> Channel:
    return Channel("127.0.0.1", server.port, context=client_context(folder / "ca.pem"), server_name="localhost")


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.005)


LONG = Hint(2, 1_000_000_000)


def hinting(*said: frames.Frame, heard: list[frames.Frame]) -> Callable:
    """Says so after HELLO; then answers each call, and each PING by what `lifts`."""

    async def script(guest: Guest) -> None:
        await guest.greet(Hello(calls=100))
        guest.say(*said)
        while (frame := await guest.hear()) is not None:
            heard.append(frame)
            if isinstance(frame, Open):
                guest.say(StatusFrame(frame.stream, 0, inline=b""))
            elif isinstance(frame, frames.Ping):
                guest.say(Hint(0), frames.Ping(frame.data, ack=True))

    return script


def test_an_overloaded_server_gets_no_new_call_until_it_is_well(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        async with Scripted(certificates, hinting(LONG, heard=heard)) as server, channel(server, certificates) as c:
            assert c.server_hint is None
            await c._usable_link()
            await until(lambda: c.server_hint == LONG)
            held = asyncio.ensure_future(c.unary(echoes, echoes.request_type()))
            await until(lambda: len(c._link._held_waiters) == 1)
            await c.ping()  # the server answers that it is well
            await held
            assert c.server_hint is None
        assert [type(frame) for frame in heard[:2]] == [frames.Ping, Open]

    run(work())


def test_a_held_call_goes_by_itself_when_its_time_has_come(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []
    shortly = Hint(2, 50)

    async def work() -> None:
        async with Scripted(certificates, hinting(shortly, heard=heard)) as server, channel(server, certificates) as c:
            await c._usable_link()
            await until(lambda: c.server_hint == shortly)
            await c.unary(echoes, echoes.request_type(), timeout=20)
            assert c.server_hint == shortly

    run(work())


def test_a_held_call_waits_no_longer_than_its_deadline(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        async with Scripted(certificates, hinting(LONG, heard=heard)) as server, channel(server, certificates) as c:
            await c._usable_link()
            await until(lambda: c.server_hint == LONG)
            with pytest.raises(RpcError) as caught:
                await c.unary(echoes, echoes.request_type(), timeout=0.05)
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert not any(isinstance(frame, Open) for frame in heard)

    run(work())


def test_a_busy_server_gets_its_calls(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        async with Scripted(certificates, hinting(LONG, BUSY, heard=heard)) as server, channel(server, certificates) as c:
            await c._usable_link()
            await until(lambda: c.server_hint == BUSY)
            await c.unary(echoes, echoes.request_type())

    run(work())


def test_a_held_call_moves_on_when_the_connection_goes(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def hints_and_leaves(guest: Guest) -> None:
        await guest.greet()
        guest.say(LONG)
        await guest.hear_kind(frames.Ping)
        guest.close()

    async def work() -> None:
        scripts = (hints_and_leaves, hinting(heard=heard))
        async with Scripted(certificates, *scripts) as server, channel(server, certificates) as c:
            await c._usable_link()
            await until(lambda: c.server_hint == LONG)
            held = asyncio.ensure_future(c.unary(echoes, echoes.request_type()))
            await until(lambda: len(c._link._held_waiters) == 1)
            with pytest.raises(RpcError):
                await c.ping()
            await held
            assert c.server_hint is None and server.guests == 2

    run(work())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look every 20 ms instead of every second."""
    monkeypatch.setattr(link, "BLOCKED_SECONDS", 0.02)


def test_the_client_says_what_it_waits_for(certificates: Path, echoes, quick: None) -> None:
    heard: list[frames.Frame] = []

    async def stingy(guest: Guest) -> None:
        await guest.greet(Hello(calls=2, stream_window=2_048, connection_window=3_072))
        heard.extend([await guest.hear_kind(frames.Blocked) for _ in range(3)])
        guest.say(Credit(0, 1 << 30), Credit(1, 1 << 30), MaxCalls(3))
        opened = await guest.hear_kind(Open)
        guest.say(*[StatusFrame(stream, 0, inline=b"") for stream in (1, 3, opened.stream)])
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, stingy) as server, channel(server, certificates) as c:
            large, small = echoes.request_type(payload=bytes(20_000)), echoes.request_type()
            first = asyncio.ensure_future(c.unary(echoes, large))
            await until(lambda: c._link is not None and c._link._connection.waiting() == [Blocked(1, 1, 2_048)])
            second = await c.call(echoes, echoes.request_type(payload=bytes(1_024)))
            assert c._link._connection.waiting() == [Blocked(1, 1, 2_048), Blocked(0, 2, 3_072)]
            await asyncio.gather(first, second.response(), c.unary(echoes, small))
        assert sorted(heard[:3], key=lambda notice: notice.limit) == [Blocked(1, 1, 2_048), Blocked(0, 2, 3_072), Blocked(0, 3, 2)]

    run(work())


def test_the_clients_notices_and_resets_together_stay_below_what_the_server_bears(certificates: Path, echoes, quick: None) -> None:
    heard: list[frames.Frame] = []

    async def never(guest: Guest) -> None:
        await guest.greet(Hello(calls=400, stream_window=1_024))
        while (frame := await guest.hear()) is not None:
            heard.append(frame)

    async def work() -> None:
        async with Scripted(certificates, never) as server, channel(server, certificates) as c:
            calls = [await c.call(echoes, echoes.request_type(payload=bytes(2_000))) for _ in range(300)]
            await until(lambda: sum(isinstance(frame, Blocked) for frame in heard) >= 100)
            for call in calls:
                call.cancel()
            await until(lambda: c._link._pace.wait(c._link._loop.time()) > 0)
            await c._link._wait({}, 0.1)
        notices = [frame for frame in heard if isinstance(frame, Blocked | frames.Reset)]
        assert 100 <= len(notices) <= 150

    run(work())


def test_a_server_that_breaks_rules_on_many_calls_gets_no_more_resets_than_it_bears(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def faulty(guest: Guest) -> None:
        await guest.greet(Hello(calls=400))
        while (frame := await guest.hear()) is not None:
            heard.append(frame)
            if isinstance(frame, Open):
                guest.say(Msg(frame.stream, b""))  # neither a message nor a half-close that a server may say
            elif isinstance(frame, frames.Ping):
                guest.say(frames.Ping(frame.data, ack=True))

    async def work() -> None:
        async with Scripted(certificates, faulty) as server, channel(server, certificates) as c:
            calls = [c.unary(echoes, echoes.request_type()) for _ in range(300)]
            for failed in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(failed, RpcError) and failed.code is StatusCode.INTERNAL
            await c.ping()
        assert sum(isinstance(frame, frames.Reset) for frame in heard) == 150

    run(work())


def test_what_the_server_waits_for_is_shown(certificates: Path) -> None:
    async def waits(guest: Guest) -> None:
        await guest.greet()
        guest.say(Blocked(0, 2, 5), Blocked(0, 2, 9), BUSY)
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, waits) as server, channel(server, certificates) as c:
            assert c.blocked is None
            await c._usable_link()
            await until(lambda: c.server_hint == BUSY)
            assert c.blocked == Blocked(0, 2, 9)
            with blocking.Channel("127.0.0.1", server.port) as other:
                assert (other.server_hint, other.blocked) == (None, None)

    run(work())
