"""The channel without asyncio at the edges of its life: closed under its users, and behind fork()."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator

import pytest

from lontar import blocking, client_context
from lontar.blocking import Channel
from server import Echo, EchoServer


@pytest.fixture
def channel(echo_server: EchoServer) -> Iterator[Channel]:
    with Channel("127.0.0.1", echo_server.port, context=client_context(echo_server.ca), server_name="localhost") as made:
        yield made


def streams(channel: Channel, echo: Echo) -> dict[str, Callable[[], Iterator]]:
    many = echo.Request(payload=b"x", response_count=1_000_000)
    return {
        "server_stream": lambda: channel.server_stream(echo.server_stream, many),
        "bidi": lambda: channel.bidi(echo.bidi_stream, (echo.Request(payload=b"x") for _ in range(1_000_000))),
        "call": lambda: iter(channel.call(echo.server_stream, many)),
    }


@pytest.mark.parametrize("kind", ["server_stream", "bidi"])
def test_a_stream_may_be_closed_after_its_channel(channel: Channel, echo: Echo, kind: str) -> None:
    stream = streams(channel, echo)[kind]()
    assert next(stream).payload == b"x"
    channel.close()
    stream.close()
    stream.close()


@pytest.mark.parametrize("kind", ["server_stream", "bidi", "call"])
def test_a_stream_that_goes_on_after_its_channel_says_that_it_is_closed(channel: Channel, echo: Echo, kind: str) -> None:
    stream = streams(channel, echo)[kind]()
    assert next(stream).payload == b"x"
    channel.close()
    with pytest.raises(RuntimeError, match="the channel is closed"):
        next(stream)


def in_a_child(work: Callable[[], object]) -> str:
    """What came of it in a process that fork() made: its result or its error. A child that hangs is ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            told = f"{work()}"
        except BaseException as error:
            told = "".join(traceback.format_exception_only(error))
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    assert os.waitpid(child, 0)[1] == 0, "the child hung"
    return told


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_channel_is_refused_behind_fork_and_goes_on_in_its_own_process(channel: Channel, echo: Echo) -> None:
    assert channel.unary(echo.unary, echo.Request(payload=b"a")).payload == b"a"
    call = channel.call(echo.bidi_stream)
    stream = streams(channel, echo)["server_stream"]()
    next(stream)
    for work in (
        lambda: channel.unary(echo.unary, echo.Request()),
        lambda: list(channel.server_stream(echo.server_stream, echo.Request())),
        lambda: channel.call(echo.unary, echo.Request()),
        lambda: channel.ping(),
        lambda: channel.connect(),
        lambda: call.send(echo.Request()),
        lambda: next(stream),
    ):
        told = in_a_child(work)
        assert told.startswith("RuntimeError:") and f"process {os.getpid()}" in told and "fork" in told
    for leave in (channel.close, stream.close, call.cancel):
        assert in_a_child(leave) == "None"  # a child that cleans up does no harm, to itself or to its parent
    stream.close()
    with call:
        call.send(echo.Request(payload=b"b"))
        assert next(call).payload == b"b"
    assert channel.unary(echo.unary, echo.Request(payload=b"c")).payload == b"c"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_makes_a_channel_of_its_own(channel: Channel, echo: Echo, echo_server: EchoServer) -> None:
    def work() -> str:
        context = client_context(echo_server.ca)
        with blocking.Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost") as own:
            return own.unary(echo.unary, echo.Request(payload=b"child")).payload.decode()

    assert channel.unary(echo.unary, echo.Request(payload=b"a")).payload == b"a"
    assert in_a_child(work) == "child"
