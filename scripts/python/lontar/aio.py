"""The asyncio client: a channel to one server, four kinds of calls."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any, Self, TypedDict, Unpack

from . import arguments, compression
from .metadata import Given, pairs_of
from .method import Method, Request, Response
from .net.call import Call, Options
from .net.keepalive import Keepalive
from .net.link import ConnectFailed, Link, LinkGone
from .net.tls import client_context
from .state.settings import Settings
from .status import StatusCode, failure
from .wire.frames import Blocked, Hint, TraceContext

Requests = Iterable[Request] | AsyncIterable[Request]


class CallOptions(TypedDict, total=False):
    """`timeout` in seconds; 0 and less have passed already. `key`: 16 bytes. `priority`: 0 to 255, a server may ignore it.

    `compression` of the requests: "gzip", "deflate", or "zstd" if this Python has it. A message goes as it is all the same if the
    server does not understand the compression, or if it would not shrink, or by more than a hundredfold. Never compress a secret
    beside something that another can choose: the length would tell it byte by byte.
    """

    timeout: float | None
    metadata: Given | None
    trace: TraceContext | None
    key: bytes | None
    priority: int
    compression: str | None


class Channel:
    """Calls to one server, over one connection that is made when a call needs it and made anew when it is gone.

    `context` comes from `client_context`. `server_name` is the name that the certificate must hold; without it, `host`.
    A server that has calls but says nothing for `keepalive` seconds is asked for a sign of life; without one in `keepalive_timeout`
    seconds the connection and its calls are lost. It is asked at most every 11 seconds, for a server takes more for abuse.

    Raises ValueError for arguments that can be of no server.
    """

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
        self._host, self._port = arguments.host("host", host), arguments.whole("port", port, 1, 65_535)
        self._context = context or client_context()
        self._server_name = self._host if server_name is None else arguments.host("server_name", server_name)
        self._settings = settings or Settings()
        self._keepalive = Keepalive(
            arguments.seconds("keepalive", keepalive, positive=True),
            arguments.seconds("keepalive_timeout", keepalive_timeout, positive=True),
        )
        self._link: Link | None = None
        self._links: set[Link] = set()
        self._connecting: asyncio.Task[Link] | None = None
        self._closed = False

    async def unary(self, method: Method[Request, Response], request: Request, **options: Unpack[CallOptions]) -> Response:
        async with await self.call(method, request, **options) as call:
            return await call.response()

    async def server_stream(
        self, method: Method[Request, Response], request: Request, **options: Unpack[CallOptions]
    ) -> AsyncIterator[Response]:
        async with await self.call(method, request, **options) as call:
            async for response in call:
                yield response

    async def client_stream(
        self, method: Method[Request, Response], requests: Requests[Request], **options: Unpack[CallOptions]
    ) -> Response:
        async with await self.call(method, **options) as call:
            call.pump(lambda: send_all(call, requests))
            return await call.response()

    async def bidi(
        self, method: Method[Request, Response], requests: Requests[Request], **options: Unpack[CallOptions]
    ) -> AsyncIterator[Response]:
        """Sends all requests and yields answers as they come. To send by what is answered, use `call`."""
        async with await self.call(method, **options) as call:
            call.pump(lambda: send_all(call, requests))
            async for response in call:
                yield response

    async def call(
        self, method: Method[Request, Response], request: Request | None = None, **options: Unpack[CallOptions]
    ) -> Call[Request, Response]:
        """Opens a call of any kind. With `request`, that is the only message of this side; without, `send` and `half_close`.

        Raises RpcError if it cannot be opened, ValueError for options that the protocol cannot carry.
        """
        if self._closed:
            raise failure(StatusCode.UNAVAILABLE, "the channel is closed")
        checked = _options(options)
        data = None if request is None else request.SerializeToString()
        call = Call(method, data, checked, self._usable_link)
        await call.begin()
        return call

    async def ping(self, timeout: float = 10) -> float:
        """Seconds of one round trip; connects if need be. Not for polling: a server ends a connection whose client asks four times
        within ten seconds without a call between. Raises RpcError."""
        timeout = arguments.seconds("timeout", timeout)
        try:
            return await (await self._usable_link()).ping(timeout)
        except LinkGone as gone:
            raise failure(StatusCode.UNAVAILABLE, str(gone)) from gone
        except ConnectFailed as problem:
            raise failure(problem.code, str(problem)) from problem

    async def connect(self) -> None:
        """Connects now instead of with the first call. Raises RpcError."""
        await self.ping()

    @property
    def server_hint(self) -> Hint | None:
        """What the server last said of its load, on the present connection; None: nothing, or that it is well."""
        return None if self._link is None else self._link.hint

    @property
    def blocked(self) -> Blocked | None:
        """The last wait for our credit that the server told, on the present connection."""
        return None if self._link is None else self._link.blocked

    async def close(self) -> None:
        """Cancels what runs or waits, and closes."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        await asyncio.gather(*(link.close() for link in self._links))
        self._links.clear()
        self._link = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _usable_link(self, refused_by: Link | None = None) -> Link:
        """`refused_by` takes no more calls, whatever it says of itself. Raises ConnectFailed, or RpcError on a closed channel."""
        if refused_by is not None and refused_by is self._link:
            refused_by.leave()
            self._link = None
        if self._link is not None and self._link.usable:
            return self._link
        # All that wait share one attempt, and it goes on without them: a call of a short deadline must not end it for the others.
        self._require_open()
        if self._connecting is None:
            self._connecting = asyncio.ensure_future(self._connect())
            self._connecting.add_done_callback(self._connected)
        connecting = self._connecting
        await asyncio.wait([connecting])
        self._require_open()
        return connecting.result()

    def _require_open(self) -> None:
        if self._closed:
            raise failure(StatusCode.CANCELLED, "the channel is closed")

    async def _connect(self) -> Link:
        link = await Link.connect(self._host, self._port, self._context, self._server_name, self._settings, self._keepalive)
        self._links.add(link)
        link.closed.add_done_callback(lambda _: self._links.discard(link))
        self._link = link
        return link

    def _connected(self, done: asyncio.Task[Link]) -> None:
        self._connecting = None
        if not done.cancelled():
            done.exception()  # the calls that wait tell it; without any, nobody does


async def send_all(call: Call[Request, Any], requests: Requests[Request]) -> None:
    """All requests and the half-close; ends early when the server has answered already."""
    async for request in _each(requests):
        if call.over:
            return
        await call.send(request)
    await call.half_close()


async def _each(requests: Requests[Request]) -> AsyncIterator[Request]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request


def _options(given: CallOptions) -> Options:
    """Checked here and not when OPEN is written: what leaves against the protocol costs the connection, with the calls of others."""
    if unknown := sorted(given.keys() - CallOptions.__annotations__.keys()):
        raise TypeError(f"a call has no option {unknown[0]!r}; these are: {', '.join(CallOptions.__annotations__)}")
    timeout, key = given.get("timeout"), given.get("key")
    return Options(
        None if timeout is None else arguments.seconds("timeout", timeout),
        pairs_of(given.get("metadata")),
        _trace(given.get("trace")),
        None if key is None else arguments.octets("key", key, 16),
        arguments.whole("priority", given.get("priority", 0), 0, 255),
        compression.number(given.get("compression") or compression.IDENTITY),
    )


def _trace(given: TraceContext | None) -> TraceContext | None:
    if given is None:
        return None
    if not isinstance(given, TraceContext):
        raise ValueError(f"trace is a TraceContext, not {type(given).__name__}")
    return TraceContext(
        arguments.octets("trace.trace_id", given.trace_id, 16),
        arguments.octets("trace.parent_id", given.parent_id, 8),
        arguments.whole("trace.flags", given.flags, 0, 255),
    )
