"""The sending side of one call: messages cut into frames as credit allows (PROTOCOL.md 4 and 5)."""

from collections import deque

from ..wire.constants import MESSAGE_LENGTHS_BYTES, Limit
from ..wire.frames import Msg
from ..wire.message import Carried, codec_of, lengths, travelling


class Outgoing:
    """`granted` is the offset up to which message bytes may be sent on this stream."""

    def __init__(self, stream: int, granted: int):
        self.stream = stream
        self.granted = granted
        self.sent = 0
        self._waiting: deque[Carried] = deque()
        self._at: int | None = None  # bytes of the first waiting message that have gone; None: not begun
        self._end_wanted = False
        self._ended = False

    @property
    def idle(self) -> bool:
        """Nothing is left to send now."""
        return not self._waiting and self._ended == self._end_wanted

    @property
    def closed(self) -> bool:
        """The half-close was asked for: no more messages."""
        return self._end_wanted

    def grant(self, offset: int) -> None:
        self.granted = max(self.granted, offset)

    def opened_with(self, message_bytes: int, end: bool) -> None:
        """OPEN has carried a message inline, or the half-close."""
        self.sent += message_bytes
        self._end_wanted = self._ended = end

    def push(self, message: Carried | None, end: bool) -> None:
        if self._end_wanted:
            raise ValueError("the sending side of this call has ended")
        if message is not None:
            self._waiting.append(message)
        self._end_wanted = end

    def next_frame(self, frame_payload: int, connection_room: int) -> Msg | None:
        """One frame's turn; None while there is nothing to send or no credit for it."""
        if not self._waiting:
            if not self._end_wanted or self._ended:
                return None
            self._ended = True
            return Msg(self.stream, b"", end=True)
        room = min(frame_payload, self.granted - self.sent, connection_room)
        if room < self._least():
            return None
        codec = codec_of(self._waiting[0])
        payload = self._piece(room)
        self.sent += len(payload)
        more = self._at is not None
        end = not more and not self._waiting and self._end_wanted
        self._ended = end
        return Msg(self.stream, payload, more, end, codec)

    def blocked(self, connection_room: int) -> Limit | None:
        """Which credit keeps a message from going on."""
        if not self._waiting:
            return None
        if self.granted - self.sent < self._least():
            return Limit.STREAM_CREDIT
        return Limit.CONNECTION_CREDIT if connection_room < self._least() else None

    def _least(self) -> int:
        """The credit without which the first waiting message cannot begin or go on."""
        return 1 if self._at is not None else MESSAGE_LENGTHS_BYTES + min(1, len(travelling(self._waiting[0])))

    def _piece(self, room: int) -> bytes:
        message = travelling(self._waiting[0])
        begin = lengths(self._waiting[0]) if self._at is None else b""
        start = self._at or 0
        stop = min(len(message), start + room - len(begin))
        if stop == len(message):
            self._waiting.popleft()
            self._at = None
        else:
            self._at = stop
        return begin + message[start:stop]
