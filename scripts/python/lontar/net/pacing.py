"""How many frames that cost a server more than its client may go in a while (PROTOCOL.md 7: 200 per 30 s).

A client that gives calls up faster would lose its connection, so the surplus waits.
"""

from __future__ import annotations

from collections import deque

FRAMES_MOST = 150  # below the server's 200: answers to PING and faults count there too
SECONDS = 30.0


class Pace:
    """Counts in a window that slides. Times are seconds of any clock that does not go back."""

    def __init__(self, most: int = FRAMES_MOST, seconds: float = SECONDS):
        self._most, self._seconds = most, seconds
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0: now."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        return 0.0 if len(self._times) < self._most else self._times[0] + self._seconds - now

    def count(self, now: float) -> None:
        self._times.append(now)
