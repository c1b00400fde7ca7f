"""A client for Lontar, an RPC protocol over TLS 1.3. `lontar.aio` for asyncio, `lontar.blocking` without."""

from .metadata import Metadata
from .method import Method, method
from .net.tls import TLSProblem, client_context
from .state.settings import Settings
from .status import RpcError, Status, StatusCode
from .wire.frames import Blocked, Hint, TraceContext

__all__ = [
    "Blocked",
    "Hint",
    "Metadata",
    "Method",
    "RpcError",
    "Settings",
    "Status",
    "StatusCode",
    "TLSProblem",
    "TraceContext",
    "client_context",
    "method",
]
