"""What a caller gives against the limits is told at once and by its name: nothing is sent, and no other call loses its connection."""

from __future__ import annotations

import asyncio
import math
import uuid
from pathlib import Path
from typing import Any

import pytest

from lontar import RpcError, Settings, StatusCode, TraceContext, blocking, client_context, method
from lontar.aio import Channel
from lontar.descriptors import Catalog
from lontar.wire import frames
from lontar.wire.frames import Open, StatusFrame
from scripted import Guest, Scripted

TRACE, PARENT = bytes(range(16)), bytes(range(8))


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


WRONG_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"timeout": math.nan}, "timeout"),
    ({"timeout": math.inf}, "timeout"),
    ({"timeout": -math.inf}, "timeout"),
    ({"timeout": 10**400}, "timeout"),
    ({"timeout": "5"}, "timeout"),
    ({"timeout": True}, "timeout"),
    ({"trace": TraceContext(TRACE[:15], PARENT, 1)}, "trace_id"),
    ({"trace": TraceContext(b"", PARENT, 1)}, "trace_id"),
    ({"trace": TraceContext("0123456789abcdef", PARENT, 1)}, "trace_id"),
    ({"trace": TraceContext(TRACE, PARENT + b"x", 1)}, "parent_id"),
    ({"trace": TraceContext(TRACE, PARENT, 300)}, "flags"),
    ({"trace": TraceContext(TRACE, PARENT, -1)}, "flags"),
    ({"trace": TraceContext(TRACE, PARENT, 0.5)}, "flags"),
    ({"trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "trace"),
    ({"key": bytes(15)}, "key"),
    ({"key": bytes(17)}, "key"),
    ({"key": "0123456789abcdef"}, "key"),
    ({"key": uuid.UUID(int=1)}, "key"),
    ({"priority": 256}, "priority"),
    ({"priority": -1}, "priority"),
    ({"priority": 1.5}, "priority"),
    ({"compression": "brotli"}, "brotli"),
    ({"metadata": {"K": "v"}}, "metadata key"),
    ({"metadata": {"k\udc80": "v"}}, "metadata key"),
    ({"metadata": {b"k": "v"}}, "metadata key"),
    ({"metadata": {"k": 10**12}}, "metadata value of k"),
    ({"metadata": {"k": "\ud800"}}, "metadata value of k"),
    ({"metadata": {"k": bytes(4_097)}}, "metadata value of k"),
    ({"metadata": "k=v"}, "metadata"),
    ({"metadata": ["k=v"]}, "metadata"),
    ({"metadata": 5}, "metadata"),
]


def test_options_that_open_cannot_carry_are_the_callers_error_and_send_nothing(certificates: Path, echoes) -> None:
    heard: list[frames.Frame | None] = []

    async def listens(guest: Guest) -> None:
        await guest.greet()
        while (said := await guest.hear()) is not None:
            heard.append(said)
            if isinstance(said, Open):
                guest.say(StatusFrame(said.stream, 0, inline=b""))

    async def work() -> None:
        context = client_context(certificates / "ca.pem")
        async with Scripted(certificates, listens) as server:
            async with Channel("127.0.0.1", server.port, context=context, server_name="localhost") as c:
                await c.unary(echoes, echoes.request_type())
                for options, words in WRONG_OPTIONS:
                    with pytest.raises(ValueError) as caught:
                        await c.unary(echoes, echoes.request_type(), **options)
                    assert words in str(caught.value), options
                with pytest.raises(TypeError, match="no option 'timeot'; these are: timeout, metadata"):
                    await c.unary(echoes, echoes.request_type(), timeot=5)
                await c.unary(echoes, echoes.request_type())
                assert server.guests == 1
        assert [type(said) for said in heard] == [Open, Open, frames.GoAway]

    run(work())


def test_a_secret_that_is_no_key_is_not_in_the_error(certificates: Path, echoes) -> None:
    async def work() -> None:
        async with Channel("127.0.0.1", 1) as c:
            for secret in ("hunter2", b"hunter2"):
                with pytest.raises(ValueError) as caught:
                    await c.call(echoes, key=secret)
                assert "hunter2" not in str(caught.value)

    run(work())


@pytest.mark.parametrize("timeout", [1e-12, 0.5, 10, 18e9, 1e12, 1e300, 1.7e308, 10**30])
def test_a_timeout_of_any_finite_length_is_carried(certificates: Path, echoes, timeout: float) -> None:
    opened: list[int | None] = []

    async def listens(guest: Guest) -> None:
        await guest.greet()
        said = await guest.hear_kind(Open)
        opened.append(said.timeout)
        guest.say(StatusFrame(1, 0, inline=b""))
        await guest.hear()

    async def work() -> None:
        context = client_context(certificates / "ca.pem")
        async with Scripted(certificates, listens) as server:
            async with Channel("127.0.0.1", server.port, context=context, server_name="localhost") as c:
                await c._usable_link()
                if timeout < 0.1:
                    with pytest.raises(RpcError) as caught:
                        await c.unary(echoes, echoes.request_type(), timeout=timeout)
                    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
                else:
                    await c.unary(echoes, echoes.request_type(), timeout=timeout)
                    assert 0 < opened[0] <= min(timeout * 1e9, 18e18)

    run(work())


WRONG_CHANNELS: list[tuple[dict[str, Any], str]] = [
    ({"host": ""}, "host"),
    ({"host": "a" * 64}, "host"),
    ({"host": "a..b"}, "host"),
    ({"host": "a b"}, "host"),
    ({"host": "a\0b"}, "host"),
    ({"host": None}, "host"),
    ({"port": 65_536}, "port"),
    ({"port": 0}, "port"),
    ({"port": -1}, "port"),
    ({"port": "7443"}, "port"),
    ({"server_name": ""}, "server_name"),
    ({"server_name": ".localhost"}, "server_name"),
    ({"server_name": "a" * 64}, "server_name"),
    ({"keepalive": 0}, "keepalive"),
    ({"keepalive": math.nan}, "keepalive"),
    ({"keepalive": None}, "keepalive"),
    ({"keepalive_timeout": 0}, "keepalive_timeout"),
    ({"keepalive_timeout": math.inf}, "keepalive_timeout"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG_CHANNELS)
def test_a_channel_to_no_possible_server_is_not_made(wrong: dict[str, Any], words: str) -> None:
    given = {"host": "127.0.0.1", "port": 7_443, **wrong}

    async def work() -> None:
        with pytest.raises(ValueError, match=f"^{words} "):
            Channel(**given)

    run(work())
    with pytest.raises(ValueError, match=f"^{words} "):
        blocking.Channel(**given)


@pytest.mark.parametrize("host", ["::1", "fe80::1%eth0", "localhost.", "bücher.example", "a_b", "127.0.0.1"])
def test_a_host_of_any_kind_may_be_named(host: str) -> None:
    async def work() -> None:
        Channel(host, 65_535)

    run(work())


@pytest.mark.parametrize("timeout", [math.nan, math.inf, "5"])
def test_a_ping_waits_a_finite_while(timeout: Any) -> None:
    async def work() -> None:
        async with Channel("127.0.0.1", 1) as c:
            with pytest.raises(ValueError, match="^timeout "):
                await c.ping(timeout)

    run(work())


@pytest.mark.parametrize("wrong", [{"message": 1 << 32}, {"message": -1}, {"stream_window": 1 << 64}, {"connection_window": 1 << 64}])
def test_settings_that_hello_cannot_carry_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="message|window"):
        Settings(**wrong)
