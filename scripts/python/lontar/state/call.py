"""One call as the client sees it: the order of the server's frames (PROTOCOL.md 4)."""

from ..wire.constants import StreamErrorCode
from ..wire.frames import Msg, StatusFrame
from ..wire.message import Carried
from ..wire.violation import StreamFault
from .receiving import Incoming
from .sending import Outgoing
from .settings import Settings


class Call:
    def __init__(self, stream: int, send_window: int, settings: Settings):
        self.stream = stream
        self.outgoing = Outgoing(stream, send_window)
        self.incoming = Incoming(settings.stream_window, settings.message, settings.codec_bits)
        self._head_seen = False
        self._message_seen = False

    def head(self) -> None:
        if self._head_seen or self._message_seen:
            raise StreamFault(StreamErrorCode.MALFORMED, "HEAD comes once, and before the first message")
        self._head_seen = True

    def message(self, frame: Msg) -> tuple[Carried, int] | None:
        self._message_seen = True
        return self.incoming.msg(frame)

    def status(self, frame: StatusFrame) -> tuple[Carried, int] | None:
        """The inline message, if there is one."""
        if self.incoming.incomplete:
            raise StreamFault(StreamErrorCode.MALFORMED, "STATUS came before the message was whole")
        if frame.inline is None:
            return None
        return self.incoming.inline(frame.inline, frame.codec)
