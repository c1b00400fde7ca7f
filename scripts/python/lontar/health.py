"""grpc.health.v1.Health over Lontar."""

from __future__ import annotations

from collections.abc import AsyncIterator

from . import aio
from .descriptors import standard


async def check(channel: aio.Channel, service: str = "", timeout: float | None = 5) -> str:
    """UNKNOWN, SERVING or NOT_SERVING; a service that the server does not know is RpcError NOT_FOUND."""
    method = standard().method("grpc.health.v1.Health/Check")
    answer = await channel.unary(method, method.request_type(service=service), timeout=timeout)
    return _name(answer)


async def watch(channel: aio.Channel, service: str = "", timeout: float | None = None) -> AsyncIterator[str]:
    """The state now and at each change, until the call ends: with DEADLINE_EXCEEDED at the server's longest deadline, if it has one, and
    with UNAVAILABLE when it shuts down. Whoever needs the state for longer asks again."""
    method = standard().method("grpc.health.v1.Health/Watch")
    async for answer in channel.server_stream(method, method.request_type(service=service), timeout=timeout):
        yield _name(answer)


def _name(answer) -> str:
    values = answer.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number
    return values[answer.status].name if answer.status in values else str(answer.status)
