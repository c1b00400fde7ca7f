"""The two notices: HINT heard, which holds new calls back, and BLOCKED to be said (PROTOCOL.md 6)."""

from __future__ import annotations

from ..wire.constants import Load
from ..wire.frames import Blocked, Hint

BLOCKED_AT_ONCE = 3
HOLD_SPREAD = 0.5  # of the time asked for, added by chance, so that calls do not come back all at once


class Hold:
    """How long new calls wait. Times are seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self.hint: Hint | None = None  # None: the server is well, or has said nothing
        self._heard = 0.0

    def hear(self, hint: Hint, now: float) -> None:
        """A hint takes the place of the one before."""
        self.hint = None if hint.level == Load.WELL else hint
        self._heard = now

    def left(self, now: float, chance: float) -> float:
        """Seconds that a call has to wait still; at most 0: none. `chance`: 0 to 1, the call's own."""
        if self.hint is None or self.hint.level != Load.OVERLOADED:
            return 0.0
        return self._heard + self.hint.milliseconds / 1000 * (1 + HOLD_SPREAD * chance) - now


class BlockedWatch:
    """Which waits to tell the server of. Asked once a second: what was there the second before too, once per offset, and few."""

    def __init__(self) -> None:
        self._before: set[Blocked] = set()
        self._said: dict[tuple[int, int], int] = {}  # offsets by stream and limit

    def look(self, waiting: list[Blocked]) -> list[Blocked]:
        present = {(each.stream, each.limit) for each in waiting}
        self._said = {key: offset for key, offset in self._said.items() if key[0] == 0 or key in present}
        due = [each for each in waiting if each in self._before and self._said.get((each.stream, each.limit)) != each.offset]
        del due[BLOCKED_AT_ONCE:]
        self._said |= {(each.stream, each.limit): each.offset for each in due}
        self._before = set(waiting)
        return due
