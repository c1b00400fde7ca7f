"""Metadata as a caller gives and gets it: ordered, a key may come more than once, a value is any bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .text import plain
from .wire.metadata import Pairs, problem

Value = str | bytes
Given = Mapping[str, Value] | Iterable[tuple[str, Value]]


class Metadata(tuple[tuple[str, bytes], ...]):
    """Pairs in their order. By custom a key that ends with -bin holds any bytes, every other one UTF-8."""

    def get(self, key: str) -> bytes | None:
        """The first value of a key."""
        return next((value for name, value in self if name == key), None)

    def text(self, key: str) -> str | None:
        value = self.get(key)
        return None if value is None else value.decode("utf-8", "replace")

    def all(self, key: str) -> list[bytes]:
        return [value for name, value in self if name == key]

    def show(self) -> str:
        """For people: `key: text`, or `key: hex` for -bin, one a line."""
        return "\n".join(
            f"{key}: {value.hex() if key.endswith('-bin') else plain(value.decode('utf-8', 'replace'))}" for key, value in self
        )


def pairs_of(given: Given | None) -> Pairs | None:
    """Checked pairs of what a caller gave. Raises ValueError with the first thing against the limits."""
    if given is None:
        return None
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ValueError(f"metadata is pairs of a key and a value, not {type(given).__name__}")
    pairs = tuple(_pair(each) for each in (given.items() if isinstance(given, Mapping) else given))
    if (reason := problem(pairs)) is not None:
        raise ValueError(reason)
    return pairs or None


def _pair(given: object) -> tuple[str, bytes]:
    match given:
        case (str(key), bytes() | bytearray() | memoryview() as value):
            return key, bytes(value)
        case (str(key), str(value)):
            try:
                return key, value.encode()
            except UnicodeEncodeError as problem:
                raise ValueError(f"metadata value of {key} is not Unicode: {problem.reason}") from None
        case (str(key), value):
            raise ValueError(f"metadata value of {key} is text or bytes, not {type(value).__name__}")
        case (key, _):
            raise ValueError(f"metadata key {key!r} is not text")
        case _:
            raise ValueError(f"metadata is pairs of a key and a value, not {type(given).__name__}")
