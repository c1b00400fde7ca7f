"""What can be called: a name and the classes of its messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from .wire.constants import METHOD_MOST


class Message(Protocol):
    """What protobuf's generated classes, and those of `descriptors`, can do."""

    def SerializeToString(self) -> bytes: ...

    @classmethod
    def FromString(cls, data: bytes) -> Any: ...


Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True)
class Method(Generic[Request, Response]):
    """`name` is `package.Service/Method`, without a slash in front."""

    name: str
    request_type: type[Request]
    response_type: type[Response]
    client_streaming: bool = False
    server_streaming: bool = False

    def __post_init__(self) -> None:
        service, slash, method = self.name.partition("/")
        if not (service and slash and method) or "/" in method:
            raise ValueError(f"{self.name!r} is not package.Service/Method")
        if len(self.name.encode()) > METHOD_MOST:
            raise ValueError(f"the method's name has more than {METHOD_MOST} bytes")


def method(
    name: str,
    request_type: type[Request],
    response_type: type[Response],
    *,
    client_streaming: bool = False,
    server_streaming: bool = False,
) -> Method[Request, Response]:
    return Method(name, request_type, response_type, client_streaming, server_streaming)
