"""A call ends when its deadline passes, its caller gives it up or its channel closes, whatever it waits for: the caller hears so at once,
the server by RESET if it has seen the call, and what else is on the connection goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lontar import Hint, RpcError, StatusCode, blocking, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from lontar.net import link as links
from lontar.net.call import AnyCall
from lontar.net.link import Link
from lontar.wire import frames
from lontar.wire.frames import Credit, GoAway, Head, MaxCalls, Msg, Open, Ping, Reset, StatusFrame
from lontar.wire.hello import Hello
from peer import message
from scripted import Guest, Script, Scripted

CANCELLED, DEADLINE = StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED
LONG = Hint(2, 1_000_000_000)
FREE = (MaxCalls(100), Credit(0, 1 << 40), Hint(0))


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def channel(port: int, folder: Path) -> Channel:
    return Channel("127.0.0.1", port, context=client_context(folder / "ca.pem"), server_name="localhost")


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.005)


# On a connection


@dataclass(frozen=True)
class Wait:
    """`greeting` after HELLO, `answer` to the first OPEN: behind them the call waits. `opened`: the server has seen it."""

    hello: Hello = Hello(calls=9)
    greeting: tuple[frames.Frame, ...] = ()
    answer: tuple[frames.Frame, ...] = ()
    request_bytes: int = 0
    opened: bool = True
    reached: Callable[[Link], object] = lambda link: True


def for_credit(link: Link) -> object:
    return link._connection.waiting()


WAITS = {
    "a further call": Wait(Hello(calls=0), opened=False, reached=lambda link: link._credit_waiters),
    "a server that is overloaded": Wait(greeting=(LONG,), opened=False, reached=lambda link: link._held_waiters),
    "credit of the stream": Wait(Hello(calls=9, stream_window=1_024), request_bytes=20_000, reached=for_credit),
    "credit of the connection": Wait(Hello(calls=9, connection_window=1_024), request_bytes=20_000, reached=for_credit),
    "an answer": Wait(),
    "a message behind HEAD": Wait(answer=(Head(1, ()),)),
    "the rest of a message": Wait(answer=(Msg(1, message(bytes(100))[:50], more=True),)),
    "STATUS": Wait(answer=(Msg(1, message(b"")),)),
}
WAYS = ("deadline", "task", "call", "channel")  # what ends it: the call is cancelled, or the task that waits for it


def stuck(wait: Wait, heard: list[frames.Frame]) -> Script:
    """Lets the first call wait. With the second PING it gives all there is to give."""

    async def script(guest: Guest) -> None:
        await guest.greet(wait.hello)
        guest.say(*wait.greeting)
        first, pings = wait.opened, 0
        while (said := await guest.hear()) is not None:
            heard.append(said)
            if isinstance(said, Ping):
                pings += 1
                guest.say(*(FREE if pings == 2 else ()), Ping(said.data, ack=True))
            elif isinstance(said, Open):
                guest.say(*(wait.answer if first else (StatusFrame(said.stream, 0, inline=b""),)))
                first = False

    return script


@pytest.mark.parametrize(
    ("what", "way"), [(what, way) for what, wait in WAITS.items() for way in WAYS if wait.opened or way != "call"]
)
def test_a_call_waits_no_longer_than_its_caller_wants(certificates: Path, echoes, what: str, way: str) -> None:
    wait = WAITS[what]
    heard: list[frames.Frame] = []
    begun: list[AnyCall] = []

    async def unary(c: Channel) -> None:
        request = echoes.request_type(payload=bytes(wait.request_bytes))
        async with await c.call(echoes, request, timeout=0.2 if way == "deadline" else None) as call:
            begun.append(call)
            await call.response()

    async def work() -> None:
        async with Scripted(certificates, stuck(wait, heard)) as server, channel(server.port, certificates) as c:
            link = await c._usable_link()
            await until(lambda: c.server_hint or not wait.greeting)
            waiting = asyncio.ensure_future(unary(c))
            await until(lambda: waiting.done() or (wait.reached(link) and bool(begun) == wait.opened))
            await c.ping()  # its answer comes behind the one to OPEN
            if way == "task":
                waiting.cancel()
            elif way == "call":
                begun[0].cancel("enough")
            elif way == "channel":
                await c.close()
            with pytest.raises(asyncio.CancelledError if way == "task" else RpcError) as caught:
                await waiting
            if way == "channel":
                assert (caught.value.code, server.guests) == (CANCELLED, 1)
                assert c._links == set()  # and none comes behind
                return
            if way != "task":
                assert caught.value.code is (DEADLINE if way == "deadline" else CANCELLED)
            await c.ping()
            await c.unary(echoes, echoes.request_type())
            assert link.usable and server.guests == 1
            assert not link._calls and not link._credit_waiters and not link._held_waiters and not for_credit(link)
        of_calls = [said for said in heard if isinstance(said, Open | Msg | Reset)]
        resets = [(said.stream, said.code) for said in of_calls if isinstance(said, Reset)]
        assert resets == ([(1, 1 if way == "deadline" else 0)] if wait.opened else [])
        assert [said.stream for said in of_calls if isinstance(said, Open)] == ([1, 3] if wait.opened else [1])
        assert isinstance(of_calls[-1], Open)  # of the call that was given up nothing came behind RESET

    run(work())


@pytest.mark.parametrize("way", ["deadline", "task"])
def test_a_call_that_ends_at_any_moment_of_its_beginning_leaves_nothing_behind(certificates: Path, echoes, way: str) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        async with Scripted(certificates, silent(heard)) as server, channel(server.port, certificates) as c:
            link = await c._usable_link()
            for moment in range(25):
                timeout = moment / 20_000 if way == "deadline" else None
                calling = asyncio.ensure_future(c.unary(echoes, echoes.request_type(), timeout=timeout))
                if way == "task":
                    for _ in range(moment):
                        await asyncio.sleep(0)  # one round of the loop
                    calling.cancel()
                with pytest.raises(RpcError if way == "deadline" else asyncio.CancelledError):
                    await calling
                assert not link._calls
            await c.ping()
        opened = [said.stream for said in heard if isinstance(said, Open)]
        assert opened and resets(heard) == [(stream, 1 if way == "deadline" else 0) for stream in opened]

    run(work())


# Streams


def silent(heard: list[frames.Frame], hello: Hello | None = None, *answer: frames.Frame) -> Script:
    """Answers the first OPEN so, and no other frame of a call."""

    async def script(guest: Guest) -> None:
        await guest.greet(hello)
        while (said := await guest.hear()) is not None:
            heard.append(said)
            if isinstance(said, Open):
                guest.say(*answer)
            elif isinstance(said, Ping):
                guest.say(Ping(said.data, ack=True))

    return script


def resets(heard: list[frames.Frame]) -> list[tuple[int, int]]:
    return [(said.stream, said.code) for said in heard if isinstance(said, Reset)]


@pytest.mark.parametrize("way", ["deadline", "call"])
def test_a_message_that_waits_for_credit_is_given_up_with_its_call(certificates: Path, echoes, way: str) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        script = silent(heard, Hello(calls=9, stream_window=1_024))
        async with Scripted(certificates, script) as server, channel(server.port, certificates) as c:
            await c._usable_link()
            async with await c.call(echoes, timeout=0.2 if way == "deadline" else None) as call:
                sending = asyncio.ensure_future(call.send(echoes.request_type(payload=bytes(20_000))))
                await until(lambda: for_credit(c._link) or sending.done())
                if way == "call":
                    call.cancel()
                for each in (sending, call.half_close(), call.next()):
                    with pytest.raises(RpcError) as caught:
                        await each
                    assert caught.value.code is (DEADLINE if way == "deadline" else CANCELLED)
            await c.ping()
            assert not for_credit(c._link)
        assert resets(heard) == [(1, 1 if way == "deadline" else 0)]

    run(work())


@pytest.mark.parametrize("kind", ["client_stream", "bidi"])
@pytest.mark.parametrize("way", ["deadline", "task"])
def test_requests_that_never_come_are_given_up_with_their_call(certificates: Path, echoes, kind: str, way: str) -> None:
    heard: list[frames.Frame] = []
    closed: list[bool] = []

    async def requests() -> AsyncIterator:
        try:
            yield echoes.request_type()
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def call(c: Channel) -> None:
        timeout = 0.2 if way == "deadline" else None
        if kind == "client_stream":
            await c.client_stream(echoes, requests(), timeout=timeout)
        else:
            _ = [answer async for answer in c.bidi(echoes, requests(), timeout=timeout)]

    async def work() -> None:
        async with Scripted(certificates, silent(heard)) as server, channel(server.port, certificates) as c:
            await c._usable_link()
            calling = asyncio.ensure_future(call(c))
            await until(lambda: any(isinstance(said, Msg) for said in heard))
            if way == "task":
                calling.cancel()
            with pytest.raises(RpcError if way == "deadline" else asyncio.CancelledError):
                await calling
            await until(lambda: closed and resets(heard))
        assert resets(heard) == [(1, 1 if way == "deadline" else 0)]

    run(work())


def test_what_has_come_but_was_not_taken_is_dropped_at_the_deadline(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        script = silent(heard, None, *[Msg(1, message(b""))] * 3)
        async with Scripted(certificates, script) as server, channel(server.port, certificates) as c:
            await c._usable_link()
            async with await c.call(echoes, echoes.request_type(), timeout=0.2) as call:
                assert await call.next() is not None
                await until(lambda: call.over)
                with pytest.raises(RpcError) as caught:
                    await call.next()
                assert caught.value.code is (await call.status()).code is DEADLINE
            await c.ping()
        assert resets(heard) == [(1, 1)]

    run(work())


def test_answers_that_came_before_the_call_was_cancelled_may_still_be_taken(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        script = silent(heard, None, *[Msg(1, message(b""))] * 3)
        async with Scripted(certificates, script) as server, channel(server.port, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as call:
                await c.ping()
                call.cancel()
                call.cancel("a second time")
                assert [await call.next() for _ in range(3)] == [echoes.request_type()] * 3
                with pytest.raises(RpcError, match="the caller gave up"):
                    await call.next()
            await c.ping()
        assert resets(heard) == [(1, 0)]

    run(work())


def test_a_stream_that_is_left_halfway_is_cancelled(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def work() -> None:
        script = silent(heard, None, Msg(1, message(b"")), Msg(1, message(bytes(100))[:50], more=True))
        async with Scripted(certificates, script) as server, channel(server.port, certificates) as c:
            answers = c.server_stream(echoes, echoes.request_type())
            assert await anext(answers) == echoes.request_type()
            await answers.aclose()
            await c.ping()
        assert resets(heard) == [(1, 0)]

    run(work())


def test_a_wait_for_one_answer_may_be_given_up_without_the_call(certificates: Path, echoes) -> None:
    answer = asyncio.Event()

    async def later(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        await answer.wait()
        guest.say(Head(1, (("k", b"v"),)), Msg(1, message(b"")), StatusFrame(1, 0))
        assert not isinstance(await guest.hear(), Reset)

    async def work() -> None:
        async with Scripted(certificates, later) as server, channel(server.port, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as call:
                for wait in (call.next, call.head, call.status):
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(wait(), 0.02)
                answer.set()
                assert (await call.head()).text("k") == "v"
                assert await call.response() == echoes.request_type()

    run(work())


# While there is no connection


async def never_greets(guest: Guest) -> None:
    await guest._reader.read()


async def never_shakes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize("where", ["TLS", "HELLO"])
@pytest.mark.parametrize("way", ["deadline", "task", "channel"])
def test_a_call_waits_for_a_connection_no_longer_than_its_caller_wants(certificates: Path, echoes, where: str, way: str) -> None:
    async def calls(port: int) -> None:
        async with channel(port, certificates) as c:
            timeout = 0.1 if way == "deadline" else None
            waiting = [asyncio.ensure_future(c.unary(echoes, echoes.request_type(), timeout=timeout)) for _ in range(3)]
            await asyncio.sleep(0.05)
            if way == "channel":
                await c.close()
            for each in waiting:
                if way == "task":
                    each.cancel()
                with pytest.raises(asyncio.CancelledError if way == "task" else RpcError) as caught:
                    await each
                if way != "task":
                    assert caught.value.code is (DEADLINE if way == "deadline" else CANCELLED)

    async def work() -> None:
        begun = time.monotonic()
        if where == "HELLO":
            async with Scripted(certificates, never_greets) as server:
                await calls(server.port)
                assert server.guests == 1
        else:
            async with await asyncio.start_server(never_shakes, "127.0.0.1", 0) as server:
                await calls(server.sockets[0].getsockname()[1])
        assert time.monotonic() - begun < 4  # not one after the other, and long before the server is given up

    run(work())


def test_a_call_of_a_short_deadline_does_not_end_the_connecting_of_the_others(certificates: Path, echoes) -> None:
    greet = asyncio.Event()

    async def slow(guest: Guest) -> None:
        await greet.wait()
        await guest.greet()
        while (said := await guest.hear()) is not None:
            if isinstance(said, Open):
                guest.say(StatusFrame(said.stream, 0, inline=b""))

    async def work() -> None:
        async with Scripted(certificates, slow) as server, channel(server.port, certificates) as c:
            patient = None
            for _ in range(3):
                with pytest.raises(RpcError) as caught:
                    await c.unary(echoes, echoes.request_type(), timeout=0.05)
                assert caught.value.code is DEADLINE
                patient = patient or asyncio.ensure_future(c.unary(echoes, echoes.request_type()))
            greet.set()
            await patient
            assert server.guests == 1  # one attempt, whose first asker has long gone

    run(work())


def test_calls_that_wait_for_the_same_connection_hear_at_once_that_there_is_none(certificates: Path, echoes) -> None:
    async def leave(guest: Guest) -> None:
        await asyncio.sleep(0.05)
        guest.cut()

    async def work() -> None:
        async with Scripted(certificates, leave) as server, channel(server.port, certificates) as c:
            calls = [c.unary(echoes, echoes.request_type()) for _ in range(20)]
            for failed in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(failed, RpcError) and failed.code is StatusCode.UNAVAILABLE
            assert server.guests == 1

    run(work())


@pytest.mark.parametrize("way", ["deadline", "task", "call", "channel"])
def test_a_call_that_goes_again_waits_no_longer_than_its_caller_wants(certificates: Path, echoes, way: str) -> None:
    async def refuse(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(GoAway(0, 0, True, "restart"))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, refuse, never_greets) as server, channel(server.port, certificates) as c:
            await c._usable_link()
            async with await c.call(echoes, echoes.request_type(), timeout=0.3 if way == "deadline" else None) as call:
                answer = asyncio.ensure_future(call.response())
                await until(lambda: server.guests == 2)
                if way == "task":
                    answer.cancel()
                elif way == "call":
                    call.cancel()
                elif way == "channel":
                    await c.close()
                with pytest.raises(asyncio.CancelledError if way == "task" else RpcError) as caught:
                    await answer
                if way != "task":
                    assert caught.value.code is (DEADLINE if way == "deadline" else CANCELLED)
            await until(lambda: call._opening.done())

    run(work())


@pytest.mark.parametrize(
    ("limit", "words"), [("HANDSHAKE_SECONDS", "the TLS handshake takes too long"), ("HELLO_SECONDS", "the server says no HELLO")]
)
def test_a_server_that_takes_too_long_is_left(
    certificates: Path, echoes, limit: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, limit, 0.1)

    async def calls(port: int) -> None:
        async with channel(port, certificates) as c:
            with pytest.raises(RpcError, match=words) as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE

    async def work() -> None:
        if limit == "HELLO_SECONDS":
            async with Scripted(certificates, never_greets) as server:
                await calls(server.port)
        else:
            async with await asyncio.start_server(never_shakes, "127.0.0.1", 0) as server:
                await calls(server.sockets[0].getsockname()[1])

    run(work())


def test_a_frame_that_takes_too_long_ends_the_connection(certificates: Path, echoes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FRAME_SECONDS", 0.1)
    heard: list[frames.Frame | None] = []

    async def drips(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        hearing = asyncio.ensure_future(guest.hear())
        for byte in frames.encode(StatusFrame(1, 0, "a text of some length" * 10, inline=b"")):
            guest.raw(bytes([byte]))
            await asyncio.wait([hearing], timeout=0.02)  # each byte is in time, the frame is not
            if hearing.done():
                break
        heard.append(await hearing)

    async def work() -> None:
        async with Scripted(certificates, drips) as server, channel(server.port, certificates) as c:
            with pytest.raises(RpcError, match="a frame takes too long") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE
            await until(lambda: heard)
        assert isinstance(heard[0], GoAway) and heard[0].code == 9

    run(work())


# Without asyncio


def test_blocking_calls_end_at_their_deadline_or_from_another_thread(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    def calls(port: int) -> None:
        context = client_context(certificates / "ca.pem")
        with blocking.Channel("127.0.0.1", port, context=context, server_name="localhost") as c:
            c.connect()
            with pytest.raises(RpcError) as caught:
                c.unary(echoes, echoes.request_type(), timeout=0.1)
            assert caught.value.code is DEADLINE
            with c.call(echoes, echoes.request_type()) as call:
                threading.Timer(0.05, call.cancel, ["enough"]).start()
                with pytest.raises(RpcError, match="enough") as caught:
                    call.response()
                assert caught.value.code is CANCELLED
            c.ping()

    async def work() -> None:
        async with Scripted(certificates, silent(heard)) as server:
            await asyncio.to_thread(calls, server.port)
        assert resets(heard) == [(1, 1), (3, 0)]

    run(work())


def test_a_blocking_channel_that_is_closed_leaves_no_thread_waiting(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []
    ended: list[BaseException | None] = []

    def calls(port: int) -> None:
        c = blocking.Channel("127.0.0.1", port, context=client_context(certificates / "ca.pem"), server_name="localhost")
        call = c.call(echoes)

        def waits(wait: Callable[[], object]) -> None:
            try:
                wait()
                ended.append(None)
            except Exception as error:
                ended.append(error)

        kinds = (lambda: c.unary(echoes, echoes.request_type()), lambda: next(call))
        waiters = [threading.Thread(target=waits, args=(each,), daemon=True) for each in kinds * 4]
        for each in waiters:
            each.start()
        while len(heard) < 5:  # five calls are open
            time.sleep(0.005)
        closers = [threading.Thread(target=waits, args=(c.close,), daemon=True) for _ in range(3)]
        for each in closers:
            each.start()
        for each in waiters + closers:
            each.join(20)
            assert not each.is_alive()
        call.cancel()  # of no use any more, and no harm

    async def work() -> None:
        async with Scripted(certificates, silent(heard)) as server:
            await asyncio.to_thread(calls, server.port)
        assert ended.count(None) == 3
        assert [error.code for error in ended if isinstance(error, RpcError)] == [CANCELLED] * 8

    run(work())
