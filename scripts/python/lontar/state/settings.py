"""What this client says of itself in HELLO."""

from dataclasses import dataclass, field

from .. import compression
from ..wire.constants import (
    CONNECTION_WINDOW_DEFAULT,
    FRAME_PAYLOAD_DEFAULT,
    FRAME_PAYLOAD_LEAST,
    FRAME_PAYLOAD_MOST,
    MESSAGE_DEFAULT,
    STREAM_WINDOW_DEFAULT,
    WINDOW_LEAST,
)
from ..wire.hello import ANY_ENVIRONMENT, Hello


@dataclass(frozen=True)
class Settings:
    """Sizes in bytes, each of what this client takes. `environment`: 16 bytes, all zero for any.

    `codecs`: the compressions that answers may have; all that are available if left out.
    """

    environment: bytes = ANY_ENVIRONMENT
    schema_hash: bytes = bytes(8)
    software: str = "lontar-python/1"
    frame_payload: int = FRAME_PAYLOAD_DEFAULT
    message: int = MESSAGE_DEFAULT
    stream_window: int = STREAM_WINDOW_DEFAULT
    connection_window: int = CONNECTION_WINDOW_DEFAULT
    codecs: tuple[str, ...] = field(default_factory=compression.available)

    def __post_init__(self) -> None:
        if len(self.environment) != 16 or len(self.schema_hash) != 8 or len(self.software.encode()) > 64:
            raise ValueError("environment has 16 bytes, schema_hash 8, software at most 64")
        if not FRAME_PAYLOAD_LEAST <= self.frame_payload <= FRAME_PAYLOAD_MOST:
            raise ValueError(f"frame_payload is {FRAME_PAYLOAD_LEAST} to {FRAME_PAYLOAD_MOST}")
        if not 0 <= self.message < 1 << 32:
            raise ValueError("message is 0 to 4,294,967,295")
        if min(self.stream_window, self.connection_window) < WINDOW_LEAST:
            raise ValueError(f"a window is at least {WINDOW_LEAST}")
        if max(self.stream_window, self.connection_window) >= 1 << 64:
            raise ValueError("a window is less than 2 to the power of 64")
        compression.bits(self.codecs)

    @property
    def codec_bits(self) -> int:
        return compression.bits(self.codecs)

    def hello(self) -> Hello:
        return Hello(
            environment=self.environment,
            schema_hash=self.schema_hash,
            software=self.software,
            frame_payload=self.frame_payload,
            message=self.message,
            stream_window=self.stream_window,
            connection_window=self.connection_window,
            codecs=self.codec_bits,
        )
