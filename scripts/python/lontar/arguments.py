"""Checks of what callers give, before anything of it is sent. Each raises ValueError that names the argument."""

from __future__ import annotations

import math
import operator
from numbers import Real


def seconds(name: str, given: object, *, positive: bool = False) -> float:
    kind = "a finite number of seconds" + (" above 0" if positive else "")
    if isinstance(given, Real) and not isinstance(given, bool):
        try:
            value = float(given)
        except OverflowError:
            value = math.inf
        if math.isfinite(value) and (value > 0 or not positive):
            return value
    raise ValueError(f"{name} is {kind}, not {_shown(given)}")


def whole(name: str, given: object, least: int, most: int) -> int:
    try:
        value = operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        value = least - 1
    if not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}, not {_shown(given)}")
    return value


def octets(name: str, given: object, count: int) -> bytes:
    """Not shown when wrong: they may be a secret."""
    if not isinstance(given, bytes | bytearray | memoryview):
        raise ValueError(f"{name} is {count} bytes, not {type(given).__name__}")
    value = bytes(given)
    if len(value) != count:
        raise ValueError(f"{name} has {count} bytes, not {len(value)}")
    return value


def host(name: str, given: object) -> str:
    """The name or address of a host."""
    if not isinstance(given, str) or not given or any(each.isspace() or not each.isprintable() for each in given):
        raise ValueError(f"{name} is the name or address of a host, not {_shown(given)}")
    try:
        given.encode("idna")  # as both the resolver and TLS will
    except UnicodeError as problem:
        raise ValueError(f"{name} is the name or address of a host, not {_shown(given)}: {problem}") from None
    return given


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else text[:80] + "…"
