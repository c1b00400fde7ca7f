"""TLS 1.3 over memory: ciphertext in, plaintext out, and the other way round (PROTOCOL.md 1)."""

from __future__ import annotations

import ssl
from pathlib import Path

from ..wire.constants import ALPN

_READ_AT_ONCE = 65_536


class TLSProblem(Exception):
    """One line for people."""


def client_context(
    ca: str | Path | None = None, certificate: str | Path | None = None, key: str | Path | None = None
) -> ssl.SSLContext:
    """`ca`: PEM of the authorities to trust, without it the system's. `certificate`, `key`: PEM of the client, if the server asks."""
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise TLSProblem(f"the authorities in {ca} cannot be read: {error}") from error
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols([ALPN])
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise TLSProblem(f"the client certificate {certificate} cannot be used: {error}") from error
    return context


class TLSSession:
    """One client's session. Every call may leave ciphertext in `ciphertext()`."""

    def __init__(self, context: ssl.SSLContext, server_name: str):
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=server_name)
        self.established = False
        self.closed_by_peer = False  # close_notify has come

    def receive(self, data: bytes) -> bytes:
        """Plaintext of the ciphertext, as far as whole records have come. Raises TLSProblem."""
        self._in.write(data)
        try:
            if not self.established:
                self.shake()
            return self._read() if self.established else b""
        except ssl.SSLCertVerificationError as error:
            raise TLSProblem(f"the server's certificate is not accepted: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise TLSProblem(f"TLS failed: {error.reason or error}") from error

    def shake(self) -> None:
        """Drives the handshake as far as it goes; checks ALPN at its end."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        if self._tls.selected_alpn_protocol() != ALPN:
            raise TLSProblem(f"the server did not choose the ALPN protocol {ALPN}")
        self.established = True

    def send(self, plaintext: bytes) -> None:
        self._tls.write(plaintext)

    def close(self) -> None:
        """Puts close_notify into the ciphertext."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # the peer's own close_notify has not come yet, or the handshake was not done: ours is all there is to say

    def ciphertext(self) -> bytes:
        return self._out.read()

    def _read(self) -> bytes:
        parts = []
        while True:
            try:
                part = self._tls.read(_READ_AT_ONCE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                part = b""
            if not part:
                self.closed_by_peer = True
                break
            parts.append(part)
        return b"".join(parts)
