"""The asyncio client: a channel to one server, four kinds of calls."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any, Self, TypedDict, Unpack

from . import compression
from .metadata import Given, pairs_of
from .method import Method, Request, Response
from .net.call import Call, Options
from .net.link import ConnectFailed, Link, LinkGone
from .net.tls import client_context
from .state.settings import Settings
from .status import StatusCode, failure
from .wire.frames import Blocked, Hint, TraceContext

Requests = Iterable[Request] | AsyncIterable[Request]


class CallOptions(TypedDict, total=False):
    """`timeout` in seconds. `key`: 16 bytes. `priority`: 0 to 255, a server may ignore it.

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
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        context: ssl.SSLContext | None = None,
        server_name: str | None = None,
        settings: Settings | None = None,
    ):
        self._host, self._port = host, port
        self._context = context or client_context()
        self._server_name = server_name or host
        self._settings = settings or Settings()
        self._link: Link | None = None
        self._links: set[Link] = set()
        self._lock = asyncio.Lock()
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

        Raises RpcError if it cannot be opened, ValueError for metadata or a key against the limits.
        """
        if self._closed:
            raise failure(StatusCode.UNAVAILABLE, "the channel is closed")
        data = None if request is None else request.SerializeToString()
        call = Call(method, data, _options(options), self._usable_link)
        await call.begin()
        return call

    async def ping(self, timeout: float = 10) -> float:
        """Seconds of one round trip; connects if need be. Not for polling: a server ends a connection whose client asks four times
        within ten seconds without a call between. Raises RpcError."""
        try:
            return await (await self._usable_link()).ping(timeout)
        except (LinkGone, ConnectFailed) as problem:
            raise failure(StatusCode.UNAVAILABLE, str(problem)) from problem

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
        """Cancels what runs, and closes."""
        self._closed = True
        await asyncio.gather(*(link.close() for link in self._links))
        self._links.clear()
        self._link = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _usable_link(self) -> Link:
        """Raises ConnectFailed."""
        async with self._lock:
            if self._link is None or not self._link.usable:
                self._link = await Link.connect(
                    self._host, self._port, self._context, self._server_name, self._settings
                )
                self._keep(self._link)
            return self._link

    def _keep(self, link: Link) -> None:
        self._links.add(link)
        link.closed.add_done_callback(lambda _: self._links.discard(link))


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
    key, priority = given.get("key"), given.get("priority", 0)
    if key is not None and len(key) != 16:
        raise ValueError(f"an idempotency key has 16 bytes, not {len(key)}")
    if not 0 <= priority <= 255:
        raise ValueError(f"a priority is 0 to 255, not {priority}")
    codec = compression.number(given.get("compression") or compression.IDENTITY)
    return Options(given.get("timeout"), pairs_of(given.get("metadata")), given.get("trace"), key, priority, codec)
