"""The details of a status: google.rpc.Status with the messages of google/rpc/error_details.proto inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from .descriptors import standard


@dataclass(frozen=True)
class Details:
    """`messages`: those of known type, decoded. `unknown`: the type names of the others."""

    messages: tuple[Any, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: bytes) -> Details:
        """Never fails: a status is worth more than its details."""
        try:
            packed = standard().message("google.rpc.Status").FromString(data).details
        except DecodeError:
            return cls()
        messages, unknown = [], []
        for each in packed:
            name = each.type_url.rpartition("/")[2]
            try:
                messages.append(standard().message(name).FromString(each.value))
            except (ValueError, DecodeError):
                unknown.append(name)
        return cls(tuple(messages), tuple(unknown))

    def one(self, name: str) -> Any | None:
        """The first message of this full or last name: `one("ErrorInfo")`."""
        return next((m for m in self.messages if name in (m.DESCRIPTOR.full_name, m.DESCRIPTOR.name)), None)

    @property
    def reason(self) -> str | None:
        """ErrorInfo's reason: what a program decides by."""
        info = self.one("ErrorInfo")
        return info.reason if info else None

    @property
    def parameters(self) -> dict[str, str]:
        info = self.one("ErrorInfo")
        return dict(info.metadata) if info else {}

    @property
    def field_violations(self) -> list[tuple[str, str]]:
        """(field, description) of each."""
        bad = self.one("BadRequest")
        return [(each.field, each.description) for each in bad.field_violations] if bad else []

    def localized(self, locale: str) -> str | None:
        """The message for people in this language."""
        wanted = (m for m in self.messages if m.DESCRIPTOR.name == "LocalizedMessage" and m.locale == locale)
        found = next(wanted, None)
        return found.message if found else None
