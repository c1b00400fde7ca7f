"""gRPC's interoperability cases with their own sizes (doc/interop-test-descriptions.md), under their names there, against the Swift
server, with frames of a full TLS record and with the smallest. Those of compression are in test_compression.py. Those of credentials and
load balancing are left out: this client has neither."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lontar import RpcError, Settings, StatusCode, client_context, method
from lontar.aio import Channel
from server import Echo, EchoServer

Work = Callable[[Channel], Awaitable[None]]
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


@pytest.fixture
def run(interop_server: tuple[EchoServer, int]) -> Callable[..., None]:
    server, frames = interop_server

    def running(work: Work) -> None:
        async def within() -> None:
            context = client_context(server.ca)
            settings = Settings(frame_payload=frames)
            async with Channel("127.0.0.1", server.port, context=context, server_name="localhost", settings=settings) as c:
                await work(c)

        asyncio.run(asyncio.wait_for(within(), 120))

    return running


def test_empty_unary(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        assert (await c.unary(echo.unary, echo.Request())).payload == b""

    run(work)


def test_large_unary(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        answer = await c.unary(echo.unary, echo.Request(payload=bytes(271_828), response_bytes=314_159))
        assert answer.payload == bytes(314_159)

    run(work)


def test_client_streaming(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        requests = [echo.Request(payload=bytes(size)) for size in (27_182, 8, 1_828, 45_904)]
        assert len((await c.client_stream(echo.client_stream, requests)).payload) == 74_922

    run(work)


def test_server_streaming(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        request = echo.Request(payload=b"31415,9,2653,58979")
        sizes = [len(answer.payload) async for answer in c.server_stream(echo.server_stream, request)]
        assert sizes == [31_415, 9, 2_653, 58_979]

    run(work)


def test_ping_pong(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        async with await c.call(echo.bidi_stream) as call:
            for request, answer in ((27_182, 31_415), (8, 9), (1_828, 2_653), (45_904, 58_979)):
                await call.send(echo.Request(payload=bytes(request), response_bytes=answer))
                assert len((await anext(call)).payload) == answer
            await call.half_close()
            assert await call.next() is None

    run(work)


def test_empty_stream(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        assert [answer async for answer in c.bidi(echo.bidi_stream, [])] == []

    run(work)


def test_custom_metadata(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        metadata = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
        request = echo.Request(payload=bytes(271_828), response_bytes=314_159)
        async with await c.call(echo.unary, request, metadata=metadata) as call:
            assert len((await call.response()).payload) == 314_159
            assert (await call.head()).text(INITIAL) == "test_initial_metadata_value"
            assert (await call.status()).trailing.get(TRAILING) == b"\xab\xab\xab"
        async with await c.call(echo.bidi_stream, metadata=metadata) as call:
            await call.send(echo.Request(payload=bytes(271_828), response_bytes=314_159))
            await call.half_close()
            assert [len(answer.payload) async for answer in call] == [314_159]
            assert call.initial.text(INITIAL) == "test_initial_metadata_value"
            assert (await call.status()).trailing.get(TRAILING) == b"\xab\xab\xab"

    run(work)


def test_status_code_and_message(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        request = echo.Request(fail_with_code=2, fail_message="test status message")
        with pytest.raises(RpcError) as unary:
            await c.unary(echo.unary, request)
        with pytest.raises(RpcError) as both:
            _ = [answer async for answer in c.bidi(echo.bidi_stream, [request])]
        for caught in (unary, both):
            assert caught.value.code is StatusCode.UNKNOWN
            assert caught.value.status.text == "test status message"

    run(work)


def test_special_status_message(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        text = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
        with pytest.raises(RpcError) as caught:
            await c.unary(echo.unary, echo.Request(fail_with_code=2, fail_message=text))
        assert (caught.value.code, caught.value.status.text) == (StatusCode.UNKNOWN, text)

    run(work)


@pytest.mark.parametrize("name", ["lontar.testing.v1.Echo/UnimplementedCall", "lontar.testing.v1.Nobody/UnimplementedCall"])
def test_unimplemented_method_and_unimplemented_service(run, echo: Echo, name: str) -> None:
    async def work(c: Channel) -> None:
        with pytest.raises(RpcError) as caught:
            await c.unary(method(name, echo.Request, echo.Response), echo.Request())
        assert caught.value.code is StatusCode.UNIMPLEMENTED

    run(work)


def test_cancel_after_begin(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        async with await c.call(echo.client_stream) as call:
            call.cancel()
            assert (await call.status()).code is StatusCode.CANCELLED
        await c.unary(echo.unary, echo.Request())

    run(work)


def test_cancel_after_first_response(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        async with await c.call(echo.bidi_stream) as call:
            await call.send(echo.Request(payload=bytes(27_182), response_bytes=31_415))
            assert len((await anext(call)).payload) == 31_415
            call.cancel()
            assert (await call.status()).code is StatusCode.CANCELLED
        await c.unary(echo.unary, echo.Request())

    run(work)


def test_timeout_on_sleeping_server(run, echo: Echo) -> None:
    async def work(c: Channel) -> None:
        await c.unary(echo.unary, echo.Request())
        with pytest.raises(RpcError) as caught:
            async with await c.call(echo.bidi_stream, timeout=0.001) as call:
                await call.send(echo.Request(payload=bytes(27_182), sleep_milliseconds=60_000))
                await call.next()
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED

    run(work)


def test_concurrent_large_unary(run, echo: Echo) -> None:
    numbers = iter(range(1_000))
    running: list[int] = []

    async def call(c: Channel, number: int) -> None:
        if number % 2:  # the case's own sizes
            answer = await c.unary(echo.unary, echo.Request(payload=bytes(271_828), response_bytes=314_159))
            assert answer.payload == bytes(314_159)
        else:  # bytes that no other call has come back, so none is mixed into another
            payload = number.to_bytes(4, "big") * (271_828 // 4)
            assert (await c.unary(echo.unary, echo.Request(payload=payload))).payload == payload
        running.append(c._link._connection.running)

    async def calls(c: Channel) -> None:
        for number in numbers:
            await call(c, number)

    async def work(c: Channel) -> None:
        await asyncio.gather(*(calls(c) for _ in range(100)))  # as many at once as the server allows
        assert len(running) == 1_000 and max(running) >= 80

    run(work)
