"""Over TLS, against a server that a test scripts: how connections begin, end, and what their calls then hear."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lontar import RpcError, Settings, StatusCode, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from lontar.net import link as links
from lontar.state.events import CallRefused
from lontar.wire import frames
from lontar.wire.frames import Credit, GoAway, Msg, Open, Reset, StatusFrame
from lontar.wire.hello import Hello, Refusal
from peer import message
from scripted import Guest, Scripted, echo


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    """A method of any kind: request and answer are both EchoRequest."""
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def channel(server: Scripted, folder: Path, **more) -> Channel:
    return Channel("127.0.0.1", server.port, context=client_context(folder / "ca.pem"), server_name="localhost", **more)


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def test_four_kinds_of_calls_over_tls(certificates: Path, echoes) -> None:
    async def work() -> None:
        def requests(count: int):
            return [echoes.request_type(response_bytes=n) for n in range(count)]

        async def slowly() -> AsyncIterator:
            for request in requests(5):
                await asyncio.sleep(0)
                yield request

        async with Scripted(certificates, echo) as server, channel(server, certificates) as c:
            assert await c.unary(echoes, requests(4)[3]) == requests(4)[3]
            assert [a async for a in c.server_stream(echoes, requests(1)[0])] == requests(1)
            assert await c.client_stream(echoes, requests(1)) == requests(1)[0]
            assert [a async for a in c.bidi(echoes, requests(50))] == requests(50)
            assert [a async for a in c.bidi(echoes, slowly())] == requests(5)
            assert server.guests == 1

    run(work())


def test_a_conversation_in_turns(certificates: Path, echoes) -> None:
    async def work() -> None:
        async with Scripted(certificates, echo) as server, channel(server, certificates) as c:
            async with await c.call(echoes, metadata={"k": "v", "data-bin": b"\x00\xff"}) as call:
                assert list(await call.head()) == [("k", b"v"), ("data-bin", b"\x00\xff")]
                for size in (0, 1, 20_000, 3_000_000):
                    request = echoes.request_type(payload=bytes(size))
                    await call.send(request)
                    assert await anext(call) == request
                await call.half_close()
                assert [answer async for answer in call] == []
                assert (await call.status()).code is StatusCode.OK

    run(work())


def test_several_answers_to_a_unary_call_are_unimplemented(certificates: Path, echoes) -> None:
    async def two(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(Msg(1, message(b"")), StatusFrame(1, 0, inline=b""))
        await guest.hear_kind(Open)
        guest.say(StatusFrame(3, 0))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, two) as server, channel(server, certificates) as c:
            for words in ("several messages", "without a message"):
                with pytest.raises(RpcError, match=words) as caught:
                    await c.unary(echoes, echoes.request_type())
                assert caught.value.code is StatusCode.UNIMPLEMENTED

    run(work())


def test_an_answer_that_cannot_be_parsed_is_internal(certificates: Path, echoes) -> None:
    async def nonsense(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(Msg(1, message(b"\xff")))
        assert isinstance(await guest.hear_kind(Reset), Reset)

    async def work() -> None:
        async with Scripted(certificates, nonsense) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError) as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.INTERNAL

    run(work())


@pytest.mark.parametrize("how", ["reset", "goaway", "drain"])
def test_a_call_that_no_handler_has_seen_goes_again_by_itself(certificates: Path, echoes, how: str) -> None:
    opened: list[Open] = []

    async def refuse(guest: Guest) -> None:
        await guest.greet()
        said = await guest.hear_kind(Open)
        assert isinstance(said, Open)
        opened.append(said)
        if how == "reset":
            guest.say(GoAway(0x7FFF_FFFF, 0, False, "restart"), Reset(1, 2, "shutting down", not_processed=True))
        elif how == "goaway":
            guest.say(GoAway(0, 8, True, "calm"))
        else:
            guest.say(GoAway(0x7FFF_FFFF, 0, False, "restart"), GoAway(0, 0, True, "restart"))
        await guest.hear()

    async def accept(guest: Guest) -> None:
        await guest.greet()
        said = await guest.hear_kind(Open)
        assert isinstance(said, Open)
        opened.append(said)
        guest.say(StatusFrame(1, 0, inline=said.inline))
        await guest.hear()

    async def work() -> None:
        request = echoes.request_type(response_bytes=7)
        async with Scripted(certificates, refuse, accept) as server, channel(server, certificates) as c:
            assert await c.unary(echoes, request, timeout=20, key=bytes(16)) == request
            assert server.guests == 2
        assert [each.attempt for each in opened] == [1, 2]
        assert [each.key for each in opened] == [bytes(16)] * 2
        assert opened[1].timeout < opened[0].timeout <= 20_000_000_000

    run(work())


@pytest.mark.parametrize("how", ["reset", "goaway"])
def test_a_call_that_is_refused_again_has_failed(certificates: Path, echoes, how: str) -> None:
    attempts: list[int] = []

    async def refuse(guest: Guest) -> None:
        await guest.greet()
        said = await guest.hear_kind(Open)
        attempts.append(said.attempt)
        guest.say(Reset(1, 2, "full", not_processed=True) if how == "reset" else GoAway(0, 0, True, "full"))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, refuse) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="full") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE
            assert attempts == [1, 2] and server.guests == 2

    run(work())


def test_a_call_that_is_refused_the_moment_it_is_open_goes_again(certificates: Path, echoes, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = links.Link.open

    async def and_refuse(link: links.Link, sink: links.CallSink, make) -> int:
        monkeypatch.setattr(links.Link, "open", honest)
        stream = await honest(link, sink, make)
        asyncio.get_running_loop().call_soon(sink.on_event, CallRefused(stream, 2, "full"))  # before the caller runs again
        return stream

    async def silent(guest: Guest) -> None:
        await guest.greet()
        while await guest.hear() is not None:
            pass

    async def work() -> None:
        monkeypatch.setattr(links.Link, "open", and_refuse)
        async with Scripted(certificates, silent, echo) as server, channel(server, certificates) as c:
            assert await c.unary(echoes, echoes.request_type()) == echoes.request_type()
            assert server.guests == 2

    run(work())


def test_a_refused_call_goes_over_another_connection_and_the_calls_of_the_first_go_on(certificates: Path, echoes) -> None:
    opened: list[tuple[int, int]] = []
    heard: list[frames.Frame | None] = []
    again = asyncio.Event()

    async def refuse_the_second(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        said = await guest.hear_kind(Open)
        opened.append((1, said.stream))
        guest.say(Reset(said.stream, 2, "full", not_processed=True))  # and not a word of shutting down
        heard.append(await guest.hear())
        await again.wait()
        guest.say(StatusFrame(1, 0, inline=b""))
        heard.append(await guest.hear())

    async def accept(guest: Guest) -> None:
        await guest.greet()
        while (said := await guest.hear()) is not None:
            if isinstance(said, Open):
                opened.append((2, said.stream))
                guest.say(StatusFrame(said.stream, 0, inline=b""))

    async def work() -> None:
        async with Scripted(certificates, refuse_the_second, accept) as server, channel(server, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as first:
                await c.unary(echoes, echoes.request_type())
                await c.unary(echoes, echoes.request_type())
                assert not first.over
                again.set()
                await first.response()
            while None not in heard:
                await asyncio.sleep(0.01)
        assert opened == [(1, 3), (2, 1), (2, 3)]
        assert heard == [GoAway(0, 0, True), None]  # the client opens no more calls there, and closes behind the last

    run(work())


def test_a_call_that_waits_for_its_turn_has_not_been_sent_when_its_connection_goes(certificates: Path, echoes) -> None:
    async def leave(guest: Guest) -> None:
        await guest.greet(Hello(calls=0))
        await asyncio.sleep(0.05)  # the call is there and waits for MAX_CALLS
        guest.say(GoAway(0x7FFF_FFFF, 0, False, "restart"))
        assert not isinstance(await guest.hear(), Open)

    async def work() -> None:
        async with Scripted(certificates, leave, leave, echo) as server, channel(server, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as call:
                await call.response()
                assert call._attempt == 1 and server.guests == 3
        async with Scripted(certificates, leave) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="restart") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE and server.guests == 3  # not without end

    run(work())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, StatusCode.CANCELLED),
        (1, StatusCode.DEADLINE_EXCEEDED),
        (2, StatusCode.UNAVAILABLE),
        (3, StatusCode.INTERNAL),
        (4, StatusCode.RESOURCE_EXHAUSTED),
        (5, StatusCode.INTERNAL),
        (6, StatusCode.INTERNAL),
        (7, StatusCode.UNIMPLEMENTED),
        (99, StatusCode.INTERNAL),
    ],
)
def test_a_call_that_the_server_resets_is_over_and_not_sent_again(
    certificates: Path, echoes, code: int, status: StatusCode
) -> None:
    async def reset(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(Reset(1, code, "the server's reason"))
        said = await guest.hear()  # neither RESET nor GOAWAY
        assert isinstance(said, Open) and said.attempt == 1
        guest.say(StatusFrame(3, 0, inline=b""))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, reset) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="the server's reason") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is status
            await c.unary(echoes, echoes.request_type())
            assert server.guests == 1

    run(work())


def test_a_refused_stream_of_requests_cannot_go_again(certificates: Path, echoes) -> None:
    async def refuse(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(Reset(1, 2, "full", not_processed=True))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, refuse) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="full") as caught:
                await c.client_stream(echoes, [echoes.request_type()])
            assert caught.value.code is StatusCode.UNAVAILABLE
            assert server.guests == 1

    run(work())


@pytest.mark.parametrize("clean", [True, False])
def test_calls_of_a_lost_connection_are_unavailable_and_the_next_call_connects_anew(
    certificates: Path, echoes, clean: bool
) -> None:
    async def leave(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.close() if clean else guest.cut()

    async def work() -> None:
        async with Scripted(certificates, leave, echo) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="closed" if clean else "cut off") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE
            assert await c.unary(echoes, echoes.request_type()) == echoes.request_type()

    run(work())


def test_calls_wait_for_call_credit(certificates: Path, echoes) -> None:
    async def one_by_one(guest: Guest) -> None:
        await guest.greet(Hello(calls=1))
        for n in range(3):
            said = await guest.hear_kind(Open)
            assert said.stream == 2 * n + 1
            guest.say(frames.Ping(bytes(8)))
            assert isinstance(await guest.hear(), frames.Ping)  # and no further OPEN before it
            guest.say(StatusFrame(said.stream, 0, inline=b""), frames.MaxCalls(n + 2))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, one_by_one) as server, channel(server, certificates) as c:
            await asyncio.gather(*(c.unary(echoes, echoes.request_type()) for _ in range(3)))

    run(work())


def test_the_deadline_passes_while_waiting_for_call_credit(certificates: Path, echoes) -> None:
    async def none(guest: Guest) -> None:
        await guest.greet(Hello(calls=0))
        assert not isinstance(await guest.hear(), Open)

    async def work() -> None:
        async with Scripted(certificates, none) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError) as caught:
                await c.unary(echoes, echoes.request_type(), timeout=0.05)
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED

    run(work())


def test_a_passed_deadline_and_a_cancelled_task_send_reset(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def silent(guest: Guest) -> None:
        await guest.greet()
        heard.extend([await guest.hear_kind(Reset) for _ in range(3)])
        guest.say(StatusFrame(1, 0, inline=b""))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, silent) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError):
                await c.unary(echoes, echoes.request_type(), timeout=0.05)
            async with await c.call(echoes, echoes.request_type()) as call:
                call.cancel("enough")
                with pytest.raises(RpcError) as caught:
                    await call.response()
                assert caught.value.code is StatusCode.CANCELLED
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):  # cancels the task that waits
                    await c.unary(echoes, echoes.request_type())
            while len(heard) < 3:
                await asyncio.sleep(0.01)
            assert [(each.stream, each.code) for each in heard] == [(1, 1), (3, 0), (5, 0)]

    run(work())


def test_a_slow_taker_holds_the_server_to_the_stream_window(certificates: Path, echoes) -> None:
    request = echoes.request_type(payload=bytes(989))
    data = message(request.SerializeToString())
    assert len(data) == 1_000

    async def flood(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        sent, granted = 0, guest.client.stream_window
        for _ in range(40):
            while sent + 1_000 > granted:
                said = await guest.hear_kind(Credit)
                if said.stream == 1:
                    granted = said.offset
            guest.say(Msg(1, data))
            sent += 1_000
        guest.say(StatusFrame(1, 0))
        await guest.hear()

    async def work() -> None:
        small = Settings(stream_window=4_096, connection_window=65_536)
        async with Scripted(certificates, flood) as server, channel(server, certificates, settings=small) as c:
            async with await c.call(echoes, request) as call:
                await call.head()
                assert len(call._messages) <= 4
                assert len([answer async for answer in call]) == 40

    run(work())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"alpn": "h2"}, "ALPN"),
        ({"tls12": True}, "127.0.0.1"),
    ],
)
def test_a_server_of_another_protocol_is_left(certificates: Path, kind: dict, words: str) -> None:
    async def work() -> None:
        async with Scripted(certificates, echo, **kind) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match=words) as caught:
                await c.connect()
            assert caught.value.code is StatusCode.UNAVAILABLE

    run(work())


def test_a_certificate_of_another_name_or_authority_is_not_accepted(certificates: Path) -> None:
    async def work() -> None:
        async with Scripted(certificates, echo) as server:
            other = Channel("127.0.0.1", server.port, context=client_context(certificates / "ca.pem"), server_name="example.org")
            with pytest.raises(RpcError, match="certificate is not accepted.*example.org"):
                await other.connect()
            untrusting = Channel("127.0.0.1", server.port, context=client_context(), server_name="localhost")
            with pytest.raises(RpcError, match="certificate is not accepted"):
                await untrusting.connect()

    run(work())


def test_a_refused_connection_says_why(certificates: Path, echoes) -> None:
    async def refuse(guest: Guest) -> None:
        await guest.greet(Hello(refusal=Refusal(7, "this is staging")))
        guest.say(GoAway(0, 7, True, "this is staging"))

    async def work() -> None:
        async with Scripted(certificates, refuse) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="ENVIRONMENT_MISMATCH: this is staging"):
                await c.unary(echoes, echoes.request_type())
            assert server.guests == 1

    run(work())


@pytest.mark.parametrize(
    ("hello", "settings", "code"),
    [
        (Hello(refusal=Refusal(6, "too old")), None, StatusCode.FAILED_PRECONDITION),
        (Hello(refusal=Refusal(7, "this is staging")), None, StatusCode.FAILED_PRECONDITION),
        (Hello(refusal=Refusal(8, "too often")), None, StatusCode.UNAVAILABLE),
        (Hello(lowest_version=2, highest_version=3), None, StatusCode.FAILED_PRECONDITION),
        (Hello(environment=bytes(15) + b"1"), Settings(environment=bytes(15) + b"2"), StatusCode.FAILED_PRECONDITION),
    ],
)
def test_a_server_that_is_in_vain_to_connect_to_again_has_a_code_of_its_own(
    certificates: Path, echoes, hello: Hello, settings: Settings | None, code: StatusCode
) -> None:
    async def refuse(guest: Guest) -> None:
        await guest.greet(hello)
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, refuse) as server, channel(server, certificates, settings=settings) as c:
            for call in (c.unary(echoes, echoes.request_type()), c.connect()):
                with pytest.raises(RpcError) as caught:
                    await call
                assert caught.value.code is code

    run(work())


def test_nobody_listens(certificates: Path, echoes) -> None:
    async def work() -> None:
        async with Scripted(certificates, echo) as server:
            pass
        c = channel(server, certificates)
        with pytest.raises(RpcError) as caught:
            await c.unary(echoes, echoes.request_type())
        assert caught.value.code is StatusCode.UNAVAILABLE

    run(work())


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Of an address that answers no connection: its queue is full and nobody takes any."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        callers = [socket.socket() for _ in range(8)]
        for each in callers:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        yield port
        for each in callers:
            each.close()


@pytest.mark.parametrize("dead", [1, 2])
def test_addresses_that_do_not_answer_hold_up_no_other(
    certificates: Path, echoes, dead_port: int, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with Scripted(certificates, echo) as server:
            ports = [dead_port] * dead + [server.port]
            found = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)) for port in ports]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            context = client_context(certificates / "ca.pem")
            async with Channel("several.test", 1, context=context, server_name="localhost") as c:
                begun = time.monotonic()
                await c.unary(echoes, echoes.request_type())
                assert time.monotonic() - begun < links.HANDSHAKE_SECONDS / 2
            assert server.guests == 1

    run(work())


def test_an_address_that_does_not_answer_is_told(dead_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "HANDSHAKE_SECONDS", 0.5)

    async def work() -> None:
        async with Channel("127.0.0.1", dead_port) as c:
            with pytest.raises(RpcError, match="does not answer") as caught:
                await c.connect()
            assert caught.value.code is StatusCode.UNAVAILABLE

    run(work())


def test_a_failed_connection_to_a_server_that_does_not_read_gives_its_socket_back(
    certificates: Path, echoes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "CLOSE_SECONDS", 0.1)
    over = asyncio.Event()
    full = asyncio.Event()

    async def deaf(guest: Guest) -> None:
        await guest.greet(Hello(calls=9, message=1 << 30, stream_window=1 << 40, connection_window=1 << 40))
        await guest.hear_kind(Open)
        await full.wait()  # and reads no more
        guest.raw(b"\0\0\0\x7f" + bytes(8))  # an unknown frame that may not be ignored
        await over.wait()

    async def work() -> None:
        async with Scripted(certificates, deaf) as server, channel(server, certificates) as c:
            async with await c.call(echoes) as call:
                request = echoes.request_type(payload=bytes(64 << 20))  # more than the sockets' buffers take
                sending = asyncio.ensure_future(call.send(request))
                link, sent = c._link, -1
                while sent != link._connection._sent:  # until nothing has left for a while
                    sent = link._connection._sent
                    await asyncio.sleep(0.3)
                assert link._paused
                full.set()
                with pytest.raises(RpcError, match="PROTOCOL_ERROR"):
                    await sending
            await asyncio.wait_for(asyncio.shield(link.closed), 5)
            assert link._transport.get_extra_info("socket").fileno() == -1
            assert c._links == set()
            over.set()

    run(work())


def test_what_the_server_breaks_is_answered_by_goaway(certificates: Path, echoes) -> None:
    said: list[frames.Frame | None] = []

    async def wrong(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.raw(b"\0\0\0\x7f" + bytes(8))
        said.append(await guest.hear())

    async def work() -> None:
        async with Scripted(certificates, wrong) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="PROTOCOL_ERROR") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is StatusCode.UNAVAILABLE
            while not said:
                await asyncio.sleep(0.01)
        assert isinstance(said[0], GoAway) and said[0].code == 1

    run(work())


def test_closing_says_goaway(certificates: Path) -> None:
    heard: list[frames.Frame | None] = []

    async def listen(guest: Guest) -> None:
        await guest.greet()
        while True:
            said = await guest.hear()
            heard.append(said)
            if isinstance(said, frames.Ping):
                guest.say(frames.Ping(said.data, ack=True))
            if said is None:
                return

    async def work() -> None:
        async with Scripted(certificates, listen) as server:
            async with channel(server, certificates) as c:
                assert await c.ping() >= 0
            while None not in heard:
                await asyncio.sleep(0.01)
        assert heard[1:] == [GoAway(0, 0, True), None]

    run(work())


def test_closing_says_close_notify(certificates: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.set_alpn_protocols(["lontar/1"])
    last: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        plain, _ = listener.accept()
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as tls:
            tls.sendall(frames.encode(frames.Say(Hello())))
            while not last or last[-1]:
                last.append(tls.recv(65_536))  # raises if the connection ends without close_notify

    async def work(port: int) -> None:
        c = Channel("127.0.0.1", port, context=client_context(certificates / "ca.pem"), server_name="localhost")
        await c._usable_link()
        await c.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        run(work(listener.getsockname()[1]))
        thread.join()
    assert last[-1] == b""


def test_the_client_shows_its_certificate(certificates: Path, echoes) -> None:
    async def work() -> None:
        server = Scripted(certificates, echo)
        server.context.verify_mode = ssl.CERT_REQUIRED
        async with server:
            context = client_context(certificates / "ca.pem", certificates / "client-tester.pem", certificates / "client-tester.key")
            async with Channel("127.0.0.1", server.port, context=context, server_name="localhost") as c:
                assert await c.unary(echoes, echoes.request_type()) == echoes.request_type()
            async with channel(server, certificates) as without:
                with pytest.raises(RpcError):
                    await without.unary(echoes, echoes.request_type())

    run(work())
