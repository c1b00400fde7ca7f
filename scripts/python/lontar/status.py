"""How a call ended (PROTOCOL.md 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from .metadata import Metadata
from .wire.frames import StatusFrame

if TYPE_CHECKING:
    from .details import Details


class StatusCode(IntEnum):
    """The codes are gRPC's."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @classmethod
    def of(cls, number: int) -> StatusCode:
        """Any number that is no code is UNKNOWN."""
        return cls(number) if 0 <= number <= cls.UNAUTHENTICATED else cls.UNKNOWN


@dataclass(frozen=True)
class Status:
    """`details_bytes`: a serialised google.rpc.Status. `pushback`: seconds to wait before a retry; negative: do not retry."""

    code: StatusCode
    text: str = ""
    details_bytes: bytes = b""
    pushback: float | None = None
    trailing: Metadata = field(default_factory=Metadata)

    @classmethod
    def of(cls, frame: StatusFrame) -> Status:
        return cls(
            StatusCode.of(frame.code),
            frame.text or "",
            frame.details or b"",
            None if frame.pushback is None else frame.pushback / 1000,
            Metadata(frame.metadata or ()),
        )

    @property
    def details(self) -> Details:
        """The details, decoded; empty if there are none or they cannot be read."""
        from .details import Details

        return Details.of(self.details_bytes)


class RpcError(Exception):
    """A call that did not end with OK. `initial` is the metadata that came before the answer."""

    def __init__(self, status: Status, initial: Metadata | None = None):
        super().__init__(f"{status.code.name}: {status.text}" if status.text else status.code.name)
        self.status = status
        self.initial = initial or Metadata()

    @property
    def code(self) -> StatusCode:
        return self.status.code

    @property
    def details(self) -> Details:
        return self.status.details

    @property
    def trailing(self) -> Metadata:
        return self.status.trailing


def failure(code: StatusCode, text: str) -> RpcError:
    """An error that this library itself produces."""
    return RpcError(Status(code, text))
