"""Against the real server over TLS."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from lontar import RpcError, Settings, StatusCode, TraceContext, blocking, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from server import Echo, EchoServer, serves

Work = Callable[[Channel], Awaitable[None]]


@pytest.fixture
def run(echo_server: EchoServer) -> Callable[..., None]:
    def running(work: Work, settings: Settings | None = None) -> None:
        async def within() -> None:
            context = client_context(echo_server.ca)
            async with Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost", settings=settings) as c:
                await work(c)

        asyncio.run(asyncio.wait_for(within(), 60))

    return running


@pytest.fixture
def channel(echo_server: EchoServer):
    context = client_context(echo_server.ca)
    with blocking.Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost") as made:
        yield made


@pytest.mark.parametrize("size", [0, 1, 16_300, 16_363, 16_372, 262_144, 300_000, 4_000_000])
def test_a_payload_of_any_size_comes_back(run, echo: Echo, size: int) -> None:
    async def work(c: Channel) -> None:
        payload = bytes(i % 251 for i in range(size))
        assert (await c.unary(echo.unary, echo.Request(payload=payload))).payload == payload

    run(work)


@pytest.mark.parametrize("size", [0, 1, 16_366, 16_368, 16_372, 300_000, 4_190_000])
def test_an_answer_of_any_size_is_whole(run, echo: Echo, size: int) -> None:
    async def work(c: Channel) -> None:
        assert len((await c.unary(echo.unary, echo.Request(response_bytes=size))).payload) == size

    run(work)


def test_the_server_sees_the_deadline(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        answer = await c.unary(echo.unary, echo.Request(), timeout=30)
        assert 0 < answer.remaining_nanoseconds <= 30_000_000_000

    run(work)


def test_a_passed_deadline_ends_the_call_and_not_the_connection(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        for timeout in (0, 0.05):
            with pytest.raises(RpcError) as caught:
                await c.unary(echo.unary, echo.Request(sleep_milliseconds=60_000), timeout=timeout)
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        await c.unary(echo.unary, echo.Request())

    run(work)


def test_an_error_carries_its_details(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await c.unary(echo.unary, echo.Request(fail_with_code=5, fail_message="tidak ada: é"))
        error = caught.value
        assert (error.code, error.status.text) == (StatusCode.NOT_FOUND, "tidak ada: é")
        assert error.details.reason == "ECHO_WAS_TOLD_TO_FAIL"
        assert error.details.one("ErrorInfo").domain == "lontar.testing"
        assert error.details.field_violations == [("fail_with_code", "is not zero")]
        assert (error.details.localized("id"), error.details.localized("en")) == ("gagal", "failed")
        assert error.details.unknown == ()

    run(work)


@pytest.mark.parametrize("code", range(1, 17))
def test_every_code_comes_through(run, echo: Echo, code: int) -> None:
    async def work(c: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await c.unary(echo.unary, echo.Request(fail_with_code=code))
        assert caught.value.code == code

    run(work)


def test_a_method_that_is_not_there(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        for name in ("lontar.testing.v1.Echo/Nothing", "no.Such/Service"):
            with pytest.raises(RpcError) as caught:
                await c.unary(method(name, echo.Request, echo.Response), echo.Request())
            assert caught.value.code is StatusCode.UNIMPLEMENTED

    run(work)


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 0), (1_000, 10), (30, 300_000), (3, 4_000_000)])
def test_a_stream_of_answers_is_whole(run, echo: Echo, count: int, size: int) -> None:
    async def work(c: Channel) -> None:
        request = echo.Request(response_bytes=size, response_count=count)
        sizes = [len(answer.payload) async for answer in c.server_stream(echo.server_stream, request)]
        assert sizes == [size] * count

    run(work)


def test_a_stream_may_end_with_an_error_after_its_answers(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        request = echo.Request(response_count=3, payload=b"x", fail_with_code=10)
        got = []
        with pytest.raises(RpcError) as caught:
            async for answer in c.server_stream(echo.server_stream, request):
                got.append(answer.payload)
        assert (got, caught.value.code) == ([b"x"] * 3, StatusCode.ABORTED)

    run(work)


def test_small_windows_pass_large_messages(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        request = echo.Request(response_bytes=200_000, response_count=5)
        assert [len(a.payload) async for a in c.server_stream(echo.server_stream, request)] == [200_000] * 5

    run(work, Settings(stream_window=1_024, connection_window=2_048, frame_payload=1_024))


def test_large_frames_pass(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        assert len((await c.unary(echo.unary, echo.Request(response_bytes=1_000_000))).payload) == 1_000_000

    run(work, Settings(frame_payload=2_000_000, stream_window=2_000_000))


def test_an_answer_over_our_limit_is_resource_exhausted(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        for size in (1_000, 20_000):
            with pytest.raises(RpcError) as caught:
                await c.unary(echo.unary, echo.Request(response_bytes=size))
            assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        await c.unary(echo.unary, echo.Request(response_bytes=90))

    run(work, Settings(message=100))


def test_a_request_over_the_servers_limit_is_resource_exhausted(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await c.unary(echo.unary, echo.Request(payload=bytes(5_000_000)))
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        await c.unary(echo.unary, echo.Request())

    run(work)


def test_more_calls_at_once_than_the_server_allows_wait_their_turn(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        calls = [c.unary(echo.unary, echo.Request(payload=b"%d" % n, sleep_milliseconds=1)) for n in range(2_000)]
        answers = await asyncio.gather(*calls)
        assert [answer.payload for answer in answers] == [b"%d" % n for n in range(2_000)]

    run(work)


def test_a_stream_given_up_halfway_leaves_the_connection_in_order(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        for _ in range(20):
            request = echo.Request(response_bytes=50_000, response_count=1_000)
            async with await c.call(echo.server_stream, request) as call:
                assert len((await anext(call)).payload) == 50_000
        answers = [a async for a in c.server_stream(echo.server_stream, echo.Request(response_bytes=9, response_count=2_000))]
        assert len(answers) == 2_000

    run(work)


def test_a_stream_that_is_not_read_blocks_no_other_call(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        flood = echo.Request(response_bytes=100_000, response_count=100)
        async with await c.call(echo.server_stream, flood) as stalled:
            await stalled.head()
            for _ in range(20):
                assert len((await c.unary(echo.unary, echo.Request(response_bytes=500_000))).payload) == 500_000
            assert len([answer async for answer in stalled]) == 100

    run(work)


def test_every_field_of_open_is_accepted(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        pairs = [("a", bytes(4_096)), ("b-bin", bytes(8_192 - (3 + 1 + 4_096) - (3 + 5) - (3 + 1))), ("a", "")]
        trace = TraceContext(bytes(range(1, 17)), bytes(range(1, 9)), 1)
        async with await c.call(
            echo.unary, echo.Request(payload=b"x"), timeout=1e9, metadata=pairs, trace=trace, key=bytes(16), priority=255
        ) as call:
            assert (await call.response()).payload == b"x"
            assert (await call.status()).code is StatusCode.OK

    run(work)


def test_ping_comes_back(run) -> None:
    async def work(c: Channel) -> None:
        assert await c.ping() > 0
        await asyncio.gather(c.ping(), c.ping())  # a fourth within ten seconds would be a third strike

    run(work)


def test_a_stream_of_requests_is_added_up(run, echo: Echo, catalog: Catalog) -> None:
    async def work(c: Channel) -> None:
        parts = [b"%d," % n for n in range(500)]
        answer = await c.client_stream(echo.client_stream, (echo.Request(payload=part) for part in parts))
        assert answer.payload == b"".join(parts)
        large = [bytes([n]) * 300_000 for n in range(10)]
        answer = await c.client_stream(echo.client_stream, (echo.Request(payload=part) for part in large))
        assert answer.payload == b"".join(large)
        assert (await c.client_stream(echo.client_stream, [])).payload == b""

    unless_missing(catalog, echo.client_stream)
    run(work)


def test_a_stream_of_requests_may_fail_in_the_middle(run, echo: Echo, catalog: Catalog) -> None:
    async def work(c: Channel) -> None:
        def requests():
            yield echo.Request(payload=b"first")
            yield echo.Request(fail_with_code=9, fail_message="enough")
            while True:
                yield echo.Request(payload=bytes(10_000))

        with pytest.raises(RpcError, match="enough") as caught:
            await c.client_stream(echo.client_stream, requests())
        assert caught.value.code is StatusCode.FAILED_PRECONDITION
        await c.unary(echo.unary, echo.Request())

    unless_missing(catalog, echo.client_stream)
    run(work)


def test_both_sides_stream(run, echo: Echo, catalog: Catalog) -> None:
    async def work(c: Channel) -> None:
        requests = [echo.Request(payload=b"%d" % n, response_count=n % 3) for n in range(300)]
        expected = [b"%d" % n for n in range(300) for _ in range(max(1, n % 3))]
        assert [a.payload async for a in c.bidi(echo.bidi_stream, requests)] == expected
        async with await c.call(echo.bidi_stream) as call:
            for size in (0, 1, 300_000, 4_000_000):
                await call.send(echo.Request(payload=bytes(size)))
                assert len((await anext(call)).payload) == size
            await call.half_close()
            assert [a async for a in call] == []

    unless_missing(catalog, echo.bidi_stream)
    run(work)


def test_both_sides_stream_through_small_windows(run, echo: Echo, catalog: Catalog) -> None:
    async def work(c: Channel) -> None:
        requests = [echo.Request(payload=bytes([n]) * 150_000) for n in range(20)]
        answers = [a.payload async for a in c.bidi(echo.bidi_stream, requests)]
        assert answers == [request.payload for request in requests]

    unless_missing(catalog, echo.bidi_stream)
    run(work, Settings(stream_window=2_048, connection_window=4_096, frame_payload=1_024))


def test_many_conversations_at_once(run, echo: Echo, catalog: Catalog) -> None:
    async def talk(c: Channel, number: int) -> None:
        async with await c.call(echo.bidi_stream) as call:
            for turn in range(20):
                await call.send(echo.Request(payload=b"%d/%d" % (number, turn)))
                assert (await anext(call)).payload == b"%d/%d" % (number, turn)
            await call.half_close()
            assert (await call.next()) is None

    async def work(c: Channel) -> None:
        await asyncio.gather(*(talk(c, number) for number in range(150)))

    unless_missing(catalog, echo.bidi_stream)
    run(work)


def test_a_deadline_ends_a_stream_of_requests(run, echo: Echo, catalog: Catalog) -> None:
    async def work(c: Channel) -> None:
        async with await c.call(echo.client_stream, timeout=0.1) as call:
            with pytest.raises(RpcError) as caught:
                while True:  # the server's reader sleeps: credit runs out
                    await call.send(echo.Request(payload=bytes(100_000), sleep_milliseconds=60_000))
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        await c.unary(echo.unary, echo.Request())

    unless_missing(catalog, echo.client_stream)
    run(work)


def test_blocking_calls_of_all_kinds(channel: blocking.Channel, echo: Echo, catalog: Catalog) -> None:
    assert channel.unary(echo.unary, echo.Request(payload=b"a"), timeout=30).payload == b"a"
    request = echo.Request(response_bytes=100_000, response_count=50)
    assert [len(a.payload) for a in channel.server_stream(echo.server_stream, request)] == [100_000] * 50
    with channel.call(echo.unary, echo.Request(payload=b"b"), metadata={"k": "v"}) as call:
        assert call.response().payload == b"b"
        assert call.status().code is StatusCode.OK
        assert list(call.initial) == list(call.head())
    with pytest.raises(RpcError) as caught:
        channel.unary(echo.unary, echo.Request(fail_with_code=3))
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert channel.ping() > 0
    if serves(catalog, echo.client_stream):
        assert channel.client_stream(echo.client_stream, [echo.Request(payload=b"x")] * 3).payload == b"xxx"
        requests = [echo.Request(payload=b"%d" % n) for n in range(100)]
        assert [a.payload for a in channel.bidi(echo.bidi_stream, requests)] == [b"%d" % n for n in range(100)]


def test_threads_share_a_blocking_channel(channel: blocking.Channel, echo: Echo) -> None:
    got: dict[int, bytes] = {}

    def calls(number: int) -> None:
        for _ in range(50):
            got[number] = channel.unary(echo.unary, echo.Request(payload=b"%d" % number)).payload

    threads = [threading.Thread(target=calls, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {n: b"%d" % n for n in range(8)}


def test_a_closed_blocking_channel_says_so(echo_server: EchoServer, echo: Echo) -> None:
    channel = blocking.Channel("127.0.0.1", echo_server.port, context=client_context(echo_server.ca), server_name="localhost")
    channel.close()
    channel.close()
    with pytest.raises(RuntimeError, match="closed"):
        channel.unary(echo.unary, echo.Request())


def unless_missing(catalog: Catalog, wanted) -> None:
    if not serves(catalog, wanted):
        pytest.skip(f"proto/descriptors.txt has no {wanted.name}")


def test_giving_up_more_calls_than_the_server_bears_does_not_lose_the_connection(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        first = await c._usable_link()
        for _ in range(250):
            async with await c.call(echo.unary, echo.Request(sleep_milliseconds=1_000)):
                pass
        await c.unary(echo.unary, echo.Request())
        assert first.usable and first is await c._usable_link()

    run(work)
