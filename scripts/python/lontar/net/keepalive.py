"""Whether a server that says nothing is still there (PROTOCOL.md 10, Keepalive)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

PING_SPACING_SECONDS = 11.0  # less than 10 s is a strike; the server sees two PINGs a little closer together than they were sent


@dataclass(frozen=True)
class Keepalive:
    """`silence`: seconds after which a server that has calls is asked; `timeout`: seconds that it then has for its answer."""

    silence: float = 30.0
    timeout: float = 20.0


class Silence:
    """How long nothing has come while calls were under way, and what is due then. Times are seconds of any clock that does not go back."""

    def __init__(self, limits: Keepalive, now: float):
        self._limits = limits
        self._since = now
        self._idle_since: float | None = now  # None: calls are under way
        self._pinged = -inf
        self._asked: tuple[bytes, float] | None = None

    @property
    def asked(self) -> bool:
        """The server owes an answer, whether the calls it was asked for are still there or not."""
        return self._asked is not None

    def heard(self, now: float) -> None:
        """Bytes have come."""
        self._since = now
        if self._idle_since is not None:
            self._idle_since = now

    def watch(self, busy: bool, now: float) -> None:
        """Whether calls are under way. A server owes nothing in between, so the time without any does not count; the time before does:
        calls that all end at their deadlines would else never find out that nobody is there."""
        if busy and self._idle_since is not None:
            self._since += now - self._idle_since
            self._idle_since = None
        elif not busy and self._idle_since is None:
            self._idle_since = now

    def pinged(self, now: float) -> None:
        """A PING has left, for whatever purpose."""
        self._pinged = now

    def ask(self, data: bytes, now: float) -> None:
        self._asked = data, now
        self.pinged(now)

    def answered(self, data: bytes) -> bool:
        """Whether this was the answer that is owed."""
        if self._asked is None or self._asked[0] != data:
            return False
        self._asked = None
        return True

    def due(self) -> float | None:
        """When to ask; if that has been done, when to give the server up. None: there is nothing to ask for."""
        if self._asked is not None:
            return self._asked[1] + self._limits.timeout
        if self._idle_since is not None:
            return None
        return max(self._since + self._limits.silence, self._pinged + PING_SPACING_SECONDS)
