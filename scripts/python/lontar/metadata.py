"""Metadata as a caller gives and gets it: ordered, a key may come more than once, a value is any bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
            f"{key}: {value.hex() if key.endswith('-bin') else value.decode('utf-8', 'replace')}" for key, value in self
        )


def pairs_of(given: Given | None) -> Pairs | None:
    """Checked pairs of what a caller gave. Raises ValueError with the first thing against the limits."""
    if given is None:
        return None
    items = given.items() if isinstance(given, Mapping) else given
    pairs = tuple((key, value.encode() if isinstance(value, str) else bytes(value)) for key, value in items)
    if (reason := problem(pairs)) is not None:
        raise ValueError(reason)
    return pairs or None
