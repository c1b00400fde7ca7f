"""Reads the fields of a payload from front to back; running off its end is a protocol error."""

from .violation import ConnectionViolation, protocol_error


class Cursor:
    def __init__(self, data: bytes, what: str):
        self._data = data
        self._at = 0
        self._what = what

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int, field: str) -> bytes:
        if count > self.left:
            raise self.wrong(f"{field} needs {count} bytes, {self.left} are left")
        start, self._at = self._at, self._at + count
        return self._data[start : self._at]

    def number(self, count: int, field: str, signed: bool = False) -> int:
        return int.from_bytes(self.take(count, field), "big", signed=signed)

    def rest(self) -> bytes:
        return self.take(self.left, "rest")

    def end(self) -> None:
        if self.left:
            raise self.wrong(f"{self.left} bytes are left over")

    def wrong(self, reason: str) -> ConnectionViolation:
        return protocol_error(f"{self._what}: {reason}")
