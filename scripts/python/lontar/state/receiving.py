"""The receiving side of one call: pieces put together, limits checked before, credit given back after (PROTOCOL.md 4 and 5)."""

from ..wire.constants import INLINE_LENGTH_BYTES, MESSAGE_LENGTHS_BYTES, RATIO_MOST, StreamErrorCode
from ..wire.frames import Msg
from ..wire.message import Carried, Packed, from_inline, plain_length, travelling
from ..wire.violation import StreamFault


class Incoming:
    """`codecs`: the bits of HELLO's field 10. A compressed message stays so until its taker inflates it."""

    def __init__(self, window: int, message_limit: int, codecs: int = 1):
        self._window = window
        self._message_limit = message_limit
        self._codecs = codecs
        self.granted = window
        self.received = 0
        self.taken = 0
        self._untaken = 0  # whole messages told and not yet taken
        self._buffer = bytearray()
        self._missing = 0
        self._begun = False
        self._codec = 0
        self._plain_length = 0
        self._bytes_of_message = 0

    @property
    def incomplete(self) -> bool:
        return self._begun

    def count(self, size: int) -> None:
        """Message bytes have come: against the credit of this stream."""
        self.received += size
        if self.received > self.granted:
            raise _fault(StreamErrorCode.FLOW_CONTROL, f"{self.received} message bytes came, {self.granted} were granted")

    def inline(self, data: bytes, codec: int) -> tuple[Carried, int]:
        self._check_codec(codec)
        if codec != 0 and len(data) < INLINE_LENGTH_BYTES:
            raise _fault(StreamErrorCode.MALFORMED, "a compressed message's length is cut off")
        message = from_inline(data, codec)
        self._check_sizes(len(travelling(message)), plain_length(message))
        self.count(len(data))
        self._untaken += 1
        return message, len(data)

    def msg(self, frame: Msg) -> tuple[Carried, int] | None:
        """The message that this frame completes, and the credit it holds; None while pieces are missing."""
        if frame.end:
            raise _fault(StreamErrorCode.MALFORMED, "a server ends its side with STATUS, not with END on MSG")
        if not frame.payload:
            raise _fault(StreamErrorCode.MALFORMED, "a MSG has no payload")
        self.count(len(frame.payload))
        piece = self._go_on(frame) if self._begun else self._begin(frame)
        if len(piece) > self._missing:
            raise _fault(StreamErrorCode.MALFORMED, f"{len(piece)} bytes came, {self._missing} were missing")
        self._buffer += piece
        self._missing -= len(piece)
        self._bytes_of_message += len(frame.payload)
        if frame.more != (self._missing > 0):
            raise _fault(StreamErrorCode.MALFORMED, f"MORE is {frame.more}, {self._missing} bytes are missing")
        if self._missing:
            return None
        return self._complete()

    def take(self, credit: int) -> None:
        self.taken += credit
        self._untaken -= 1

    def grant(self) -> int | None:
        """The new offset if half the window can be given at once.

        What is taken counts, and what has come of an incomplete message that nothing waits before: a message longer than the window passes.
        """
        base = self.received if self._begun and self._untaken == 0 else self.taken
        offset = base + self._window
        if offset - self.granted < self._window // 2:
            return None
        self.granted = offset
        return offset

    def _go_on(self, frame: Msg) -> bytes:
        if frame.codec != self._codec:
            raise _fault(StreamErrorCode.MALFORMED, f"a message of codec {self._codec} goes on with codec {frame.codec}")
        return frame.payload

    def _begin(self, frame: Msg) -> bytes:
        payload, codec = frame.payload, frame.codec
        if len(payload) < MESSAGE_LENGTHS_BYTES:
            raise _fault(StreamErrorCode.MALFORMED, "a message's lengths are cut off")
        self._check_codec(codec)
        length, uncompressed = int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")
        if codec == 0 and length != uncompressed:
            raise _fault(StreamErrorCode.MALFORMED, "without a codec both lengths are equal")
        self._check_sizes(length, uncompressed)
        self._begun = True
        self._codec = codec
        self._plain_length = uncompressed
        self._missing = length
        return payload[MESSAGE_LENGTHS_BYTES:]

    def _check_codec(self, codec: int) -> None:
        if not self._codecs >> codec & 1:
            raise _fault(StreamErrorCode.CODEC_UNSUPPORTED, f"codec {codec} was not offered")

    def _check_sizes(self, length: int, uncompressed: int) -> None:
        """Before anything is kept of a message."""
        size = max(length, uncompressed)
        if size > self._message_limit:
            reason = f"a message of {size} bytes; {self._message_limit} are allowed"
            raise _fault(StreamErrorCode.MESSAGE_TOO_LARGE, reason)
        if uncompressed > RATIO_MOST * length:
            reason = f"{length} bytes would inflate to {uncompressed}, more than {RATIO_MOST} times"
            raise _fault(StreamErrorCode.MESSAGE_TOO_LARGE, reason)

    def _complete(self) -> tuple[Carried, int]:
        data, credit = bytes(self._buffer), self._bytes_of_message
        message = Packed(data, self._codec, self._plain_length) if self._codec else data
        self._buffer.clear()
        self._begun = False
        self._bytes_of_message = 0
        self._untaken += 1
        return message, credit


def _fault(code: StreamErrorCode, reason: str) -> StreamFault:
    return StreamFault(code, reason)
