"""The real server: the repository's echo, in a process of its own, over TLS."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lontar import Method, method
from lontar.descriptors import Catalog

PROGRAM = "LONTAR_ECHO_SERVER"  # a file: seratus-benchmark


@dataclass(frozen=True)
class EchoServer:
    port: int
    certificates: Path

    @property
    def ca(self) -> Path:
        return self.certificates / "ca.pem"


def start(*arguments: str) -> tuple[subprocess.Popen[str], EchoServer]:
    """It ends with its standard input."""
    process = subprocess.Popen(
        [os.environ[PROGRAM], *(arguments or ("echo-serve",))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    port, folder = process.stdout.readline().split()
    return process, EchoServer(int(port), Path(folder))


class Echo:
    """The four methods of lontar.testing.v1.Echo."""

    def __init__(self, catalog: Catalog):
        self.Request: Any = catalog.message("lontar.testing.v1.EchoRequest")
        self.Response: Any = catalog.message("lontar.testing.v1.EchoResponse")
        self.unary = self._method("Unary")
        self.server_stream = self._method("ServerStream", server_streaming=True)
        self.client_stream = self._method("ClientStream", client_streaming=True)
        self.bidi_stream = self._method("BidiStream", client_streaming=True, server_streaming=True)

    def _method(self, name: str, **kinds: bool) -> Method[Any, Any]:
        return method(f"lontar.testing.v1.Echo/{name}", self.Request, self.Response, **kinds)


def serves(catalog: Catalog, wanted: Method[Any, Any]) -> bool:
    """Whether the repository's own descriptors have this method: then the server does."""
    try:
        return catalog.method(wanted.name) is not None
    except ValueError:
        return False
