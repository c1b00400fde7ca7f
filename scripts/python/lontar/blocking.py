"""The client without asyncio: the same calls, each of which waits. A channel may be used from several threads, but from no process
other than the one that made it: behind fork() there is neither its thread, nor may two processes speak on one connection."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, Generic, Self, TypeVar, Unpack

from . import aio
from .aio import CallOptions
from .metadata import Metadata
from .method import Method, Request, Response
from .net.call import Call as AsyncCall
from .state.settings import Settings
from .status import Status
from .wire.frames import Blocked, Hint

Result = TypeVar("Result")

_LEAVING_SECONDS = 1.0  # in which calls that were cancelled come to their end


class Channel:
    """`lontar.aio.Channel` on a loop in a thread of its own; what it says of calls and errors holds here."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        context: ssl.SSLContext | None = None,
        server_name: str | None = None,
        settings: Settings | None = None,
        keepalive: float = 30.0,
        keepalive_timeout: float = 20.0,
    ):
        self._loop = Loop(f"lontar {host}:{port}")
        try:
            self._channel = self._loop.run(_make(host, port, context, server_name, settings, keepalive, keepalive_timeout))
        except BaseException:
            self._loop.close()
            raise

    def unary(self, method: Method[Request, Response], request: Request, **options: Unpack[CallOptions]) -> Response:
        return self._loop.run(self._channel.unary(method, request, **options))

    def server_stream(
        self, method: Method[Request, Response], request: Request, **options: Unpack[CallOptions]
    ) -> Iterator[Response]:
        with self.call(method, request, **options) as call:
            yield from call

    def client_stream(
        self, method: Method[Request, Response], requests: Iterable[Request], **options: Unpack[CallOptions]
    ) -> Response:
        """Takes the requests in the calling thread; stops when the server has answered already."""
        with self.call(method, **options) as call:
            call.send_all(requests)
            return call.response()

    def bidi(
        self, method: Method[Request, Response], requests: Iterable[Request], **options: Unpack[CallOptions]
    ) -> Iterator[Response]:
        """Sends in a thread beside the caller, who receives. To send by what is answered, use `call`."""
        with self.call(method, **options) as call:
            sender = threading.Thread(target=call.send_beside, args=(requests,), name="lontar sender", daemon=True)
            sender.start()
            yield from call

    def call(
        self, method: Method[Request, Response], request: Request | None = None, **options: Unpack[CallOptions]
    ) -> Call[Request, Response]:
        return Call(self._loop.run(self._channel.call(method, request, **options)), self._loop)

    def ping(self, timeout: float = 10) -> float:
        return self._loop.run(self._channel.ping(timeout))

    def connect(self) -> None:
        self._loop.run(self._channel.connect())

    @property
    def server_hint(self) -> Hint | None:
        return self._channel.server_hint

    @property
    def blocked(self) -> Blocked | None:
        return self._channel.blocked

    def close(self) -> None:
        """Cancels what runs or waits, in any thread, and closes. Nothing in a process that has the channel by fork()."""
        self._loop.close(self._channel.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Call(Generic[Request, Response]):
    """`lontar.net.call.Call`, waiting. One thread may send while another receives."""

    def __init__(self, call: AsyncCall[Request, Response], loop: Loop):
        self._call = call
        self._loop = loop

    def send(self, message: Request, *, compressed: bool = True) -> None:
        self._run(self._call.send(message, compressed=compressed))

    def send_all(self, requests: Iterable[Request]) -> None:
        """All requests and the half-close."""
        for request in requests:
            if self._call.over:
                return
            self.send(request)
        self.half_close()

    def send_beside(self, requests: Iterable[Request]) -> None:
        """As `send_all`, for a thread of its own: an error ends the call, and the receiving side tells."""
        try:
            self.send_all(requests)
        except Exception as error:
            self.cancel(f"the requests ended with an error: {error}")

    def half_close(self) -> None:
        self._run(self._call.half_close())

    def head(self) -> Metadata:
        return self._run(self._call.head())

    @property
    def initial(self) -> Metadata:
        return self._call.initial

    @property
    def answer_compression(self) -> str | None:
        return self._call.answer_compression

    def status(self) -> Status:
        return self._run(self._call.status())

    def response(self) -> Response:
        return self._run(self._call.response())

    def cancel(self, reason: str = "") -> None:
        self._loop.post(self._call.cancel, reason)

    def __iter__(self) -> Iterator[Response]:
        return self

    def __next__(self) -> Response:
        message = self._run(self._call.next())
        if message is None:
            raise StopIteration
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run(work)


class Loop:
    """An event loop in a thread of its own. Other threads give it work and wait."""

    def __init__(self, name: str):
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()  # what is given to a loop that has stopped would never be answered
        self._closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Waits for work on the loop; an interrupt here cancels it there."""
        if self._forked:
            work.close()
            raise RuntimeError(f"the channel belongs to process {self._process}; behind fork() make another one")
        with self._lock:
            if self._closed:
                work.close()
                raise RuntimeError("the channel is closed")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise RuntimeError("the channel is closed") from None
        except BaseException:
            future.cancel()
            raise

    def post(self, act: Callable[..., object], *arguments: object) -> None:
        """Has it done soon, and does not wait; nothing on a closed loop, nor on that of another process."""
        if self._forked:
            return
        with self._lock:
            if not self._closed:
                self._loop.call_soon_threadsafe(act, *arguments)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Does `last`, lets what others wait for come to its end, and stops. May be called again, and by several threads."""
        if self._forked:
            return
        with self._lock:
            closed, self._closed = self._closed, True
        if closed:
            self._thread.join()
            return
        try:
            asyncio.run_coroutine_threadsafe(_end(last), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


    @property
    def _forked(self) -> bool:
        """Asked before the lock, which may have been held by a thread that is not in this process."""
        return os.getpid() != self._process


async def _end(last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    if last is not None:
        await last()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, pending = await asyncio.wait(others, timeout=_LEAVING_SECONDS)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)


async def _make(
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    server_name: str | None,
    settings: Settings | None,
    keepalive: float,
    keepalive_timeout: float,
) -> aio.Channel:
    return aio.Channel(
        host,
        port,
        context=context,
        server_name=server_name,
        settings=settings,
        keepalive=keepalive,
        keepalive_timeout=keepalive_timeout,
    )
