"""Bytes in, frames out: keeps what has not yet become a whole frame, never more than one frame's limit."""

from collections.abc import Iterator

from . import frames
from .constants import HEADER_BYTES, Side
from .header import Header, decode_header


class FrameReader:
    """`sender` is whose frames these are; `frame_payload` is F of the one who reads."""

    def __init__(self, sender: Side, frame_payload: int):
        self._sender = sender
        self._frame_payload = frame_payload
        self._buffer = bytearray()
        self._header: Header | None = None

    @property
    def amid_frame(self) -> bool:
        """Whether a frame has begun and not ended: its 30 s run."""
        return bool(self._buffer) or self._header is not None

    def feed(self, data: bytes) -> Iterator[frames.Frame]:
        """Yields each frame that is whole. Raises ConnectionViolation as soon as a header or a payload is wrong."""
        self._buffer += data
        while True:
            if self._header is None:
                if len(self._buffer) < HEADER_BYTES:
                    return
                self._header = decode_header(bytes(self._buffer[:HEADER_BYTES]), self._sender, self._frame_payload)
                del self._buffer[:HEADER_BYTES]
            if len(self._buffer) < self._header.length:
                return
            header, self._header = self._header, None
            payload = bytes(self._buffer[: header.length])
            del self._buffer[: header.length]
            yield frames.decode(header, payload)
