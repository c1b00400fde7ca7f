"""A server that has calls but says nothing is asked for a sign of life, seldom enough; without one the connection is given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from lontar import RpcError, StatusCode, blocking, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from lontar.net import keepalive
from lontar.net.keepalive import PING_SPACING_SECONDS, Keepalive, Silence
from lontar.wire import frames
from lontar.wire.frames import Credit, GoAway, Head, Open, Ping, StatusFrame
from lontar.wire.hello import Hello
from scripted import Guest, Script, Scripted
from server import Echo, EchoServer

LIMITS = Keepalive(30, 20)


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def channel(port: int, folder: Path, silence: float = 0.1, timeout: float = 0.1) -> Channel:
    context = client_context(folder / "ca.pem")
    return Channel("127.0.0.1", port, context=context, server_name="localhost", keepalive=silence, keepalive_timeout=timeout)


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.005)


# By a clock that the test sets


def test_a_server_is_asked_when_it_has_been_silent_and_lost_when_it_does_not_answer() -> None:
    silence = Silence(LIMITS, 0)
    silence.watch(True, 100)
    assert (silence.due(), silence.asked) == (130, False)
    silence.heard(110)
    assert silence.due() == 140
    silence.ask(b"question", 140)
    assert (silence.due(), silence.asked) == (160, True)


def test_only_the_answer_counts_as_one_and_then_the_silence_begins_anew() -> None:
    silence = Silence(LIMITS, 0)
    silence.watch(True, 0)
    silence.ask(b"question", 30)
    silence.heard(40)
    assert not silence.answered(b"another!") and silence.due() == 50
    assert silence.answered(b"question") and (silence.due(), silence.asked) == (70, False)
    assert not silence.answered(b"question")


def test_a_server_without_calls_may_be_silent() -> None:
    silence = Silence(LIMITS, 0)
    assert silence.due() is None
    silence.watch(True, 1_000)
    assert silence.due() == 1_030
    silence.watch(False, 1_020)
    assert silence.due() is None
    silence.heard(1_021)
    silence.watch(True, 2_000)
    assert silence.due() == 2_030


def test_calls_that_nothing_came_for_count_together() -> None:
    silence = Silence(LIMITS, 0)
    for begun in (0, 100, 200):  # 12 s each, with pauses
        silence.watch(True, begun)
        silence.watch(True, begun + 5)
        due = silence.due()
        silence.watch(False, begun + 12)
    assert due == 206  # 24 s have passed in the two before


def test_the_question_stays_open_when_the_calls_have_gone() -> None:
    silence = Silence(LIMITS, 0)
    silence.watch(True, 0)
    silence.ask(b"question", 30)
    silence.watch(False, 31)
    assert (silence.due(), silence.asked) == (50, True)


def test_two_pings_are_farther_apart_than_a_server_takes_amiss() -> None:
    assert PING_SPACING_SECONDS > 10
    silence = Silence(Keepalive(0.5, 1), 0)
    silence.watch(True, 0)
    silence.ask(b"question", 0.5)
    silence.heard(0.6)
    silence.answered(b"question")
    assert silence.due() == 0.5 + PING_SPACING_SECONDS
    silence.pinged(8)  # by the application
    assert silence.due() == 8 + PING_SPACING_SECONDS


# On a connection


def mute(heard: list[frames.Frame | None], hello: Hello | None = None, *answer: frames.Frame) -> Script:
    """Reads, answers the first frame behind HELLO so, and says no word more."""

    async def script(guest: Guest) -> None:
        await guest.greet(hello)
        first = True
        while True:
            heard.append(await guest.hear())
            if heard[-1] is None:
                return
            guest.say(*(answer if first else ()))
            first = False

    return script


@pytest.mark.parametrize("answer", [(), (Head(1, ()),)])
def test_calls_on_a_connection_that_is_dead_end(certificates: Path, echoes, answer: tuple[frames.Frame, ...]) -> None:
    heard: list[frames.Frame | None] = []

    async def work() -> None:
        async with Scripted(certificates, mute(heard, None, *answer)) as server, channel(server.port, certificates) as c:
            calls = [c.unary(echoes, echoes.request_type()) for _ in range(3)]
            for failed in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(failed, RpcError) and failed.code is StatusCode.UNAVAILABLE
                assert "no answer to PING" in str(failed)
            await until(lambda: None in heard)
            assert server.guests == 1
        assert [type(said) for said in heard] == [Open, Open, Open, Ping, GoAway, type(None)]
        assert heard[-2].code == 9

    run(work())


def test_a_call_that_waits_for_its_turn_on_a_dead_connection_ends(certificates: Path, echoes) -> None:
    async def work() -> None:
        async with Scripted(certificates, mute([], Hello(calls=0))) as server, channel(server.port, certificates) as c:
            with pytest.raises(RpcError, match="no answer to PING") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE

    run(work())


def test_calls_that_end_at_their_deadlines_find_a_dead_connection_out(certificates: Path, echoes) -> None:
    async def work() -> None:
        async with Scripted(certificates, mute([])) as server, channel(server.port, certificates, silence=0.25) as c:
            for _ in range(60):  # each is over before a silence is long enough
                with pytest.raises(RpcError) as caught:
                    await c.unary(echoes, echoes.request_type(), timeout=0.1)
                assert caught.value.code in (StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE)
                if server.guests > 1:
                    return
            raise AssertionError("the dead connection is used for ever")

    run(work())


def test_a_server_that_answers_keeps_its_calls_and_is_not_asked_again_at_once(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def slow(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        hearing = asyncio.ensure_future(guest.hear_kind(Ping))
        heard.append(await hearing)
        guest.say(Ping(heard[0].data, ack=True))
        hearing = asyncio.ensure_future(guest.hear())
        await asyncio.wait([hearing], timeout=1)  # ten silences long
        assert not hearing.done(), "a PING less than 10 s after the one before"
        guest.say(StatusFrame(1, 0, inline=b""))
        await hearing

    async def work() -> None:
        async with Scripted(certificates, slow) as server, channel(server.port, certificates, timeout=20) as c:
            await c.unary(echoes, echoes.request_type())
        assert len(heard) == 1

    run(work())


def test_a_connection_without_calls_and_one_that_is_not_silent_are_not_asked(certificates: Path, echoes) -> None:
    heard: list[frames.Frame | None] = []

    async def talks(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        for n in range(30):
            guest.say(Credit(0, n))
            await asyncio.sleep(0.02)
        guest.say(StatusFrame(1, 0, inline=b""))
        while heard[-1:] != [None]:
            heard.append(await guest.hear())

    async def work() -> None:
        async with Scripted(certificates, talks) as server, channel(server.port, certificates, silence=0.4) as c:
            await c.unary(echoes, echoes.request_type())
            await asyncio.sleep(1)
        assert heard == [GoAway(0, 0, True), None]

    run(work())


def test_the_applications_own_pings_count_for_the_distance(certificates: Path, echoes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "PING_SPACING_SECONDS", 0.4)
    times: list[float] = []

    async def answers(guest: Guest) -> None:
        await guest.greet()
        while (said := await guest.hear()) is not None:
            if isinstance(said, Ping):
                times.append(time.monotonic())
                guest.say(Ping(said.data, ack=True))

    async def work() -> None:
        async with Scripted(certificates, answers) as server, channel(server.port, certificates, silence=0.01, timeout=20) as c:
            await c.connect()  # with a PING
            async with await c.call(echoes):
                await until(lambda: len(times) == 4)
        assert all(later - earlier > 0.3 for earlier, later in pairwise(times))

    run(work())


def test_the_real_server_answers_and_takes_no_offence(echo_server: EchoServer, echo: Echo) -> None:
    async def work() -> None:
        async with channel(echo_server.port, echo_server.certificates, silence=0.2, timeout=20) as c:
            link = await c._usable_link()
            await c.unary(echo.unary, echo.Request(sleep_milliseconds=1_500))
            assert link._silence._pinged > 0 and not link._silence.asked
            assert link.usable and link is await c._usable_link()

    run(work())


def test_a_blocking_channel_has_the_same_options(certificates: Path, echoes) -> None:
    def calls(port: int) -> None:
        context = client_context(certificates / "ca.pem")
        options = {"server_name": "localhost", "keepalive": 0.1, "keepalive_timeout": 0.1}
        with blocking.Channel("127.0.0.1", port, context=context, **options) as c:
            with pytest.raises(RpcError, match="no answer to PING"):
                c.unary(echoes, echoes.request_type())

    async def work() -> None:
        async with Scripted(certificates, mute([])) as server:
            await asyncio.to_thread(calls, server.port)

    run(work())
