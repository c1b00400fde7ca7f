"""What a peer did against the protocol: it ends the connection, or one call."""

from .constants import ConnectionErrorCode, StreamErrorCode


class ConnectionViolation(Exception):
    """Ends the connection with GOAWAY."""

    def __init__(self, code: ConnectionErrorCode, reason: str):
        super().__init__(f"{code.name}: {reason}")
        self.code = code
        self.reason = reason


class StreamFault(Exception):
    """Ends one call with RESET."""

    def __init__(self, code: StreamErrorCode, reason: str):
        super().__init__(f"{code.name}: {reason}")
        self.code = code
        self.reason = reason


def protocol_error(reason: str) -> ConnectionViolation:
    return ConnectionViolation(ConnectionErrorCode.PROTOCOL_ERROR, reason)
