"""HTTP with one kept connection: what sending and scraping need, and no more."""

from __future__ import annotations

import base64
import http.client
import zlib
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

__all__ = ["HttpClient", "Reply", "TransportError"]

_MAX_ANSWER = 64 * 1024 * 1024


class TransportError(Exception):
    """The server could not be reached or did not answer whole; the message says why in a few words."""


class Reply(NamedTuple):
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class HttpClient:
    """Requests to one URL.  TLS certificates are always verified."""

    def __init__(self, url: str, *, timeout: float, ca_file: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an http or https URL: {url!r}")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout = timeout
        self._context = _tls(ca_file) if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None
        self._authorization = ""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._authorization = "Basic " + base64.b64encode(pair.encode()).decode()

    def request(self, method: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
        """Send a request; a kept connection that the server has closed meanwhile is opened anew, once."""
        if self._authorization:
            headers = {"Authorization": self._authorization, **headers}
        kept = self._connection is not None
        try:
            return self._exchange(method, headers, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if not kept or isinstance(error, TimeoutError):
                raise TransportError(_words(error)) from error
        try:
            return self._exchange(method, headers, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise TransportError(_words(error)) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, headers: dict[str, str], body: bytes | None) -> Reply:
        if self._connection is None:
            self._connection = self._open()
        self._connection.request(method, self.path, body=body, headers=headers)
        response = self._connection.getresponse()
        data = _read(response)
        if response.getheader("Content-Encoding", "").lower() == "gzip":
            data = _gunzip(data)
        if response.will_close:
            self.close()
        return Reply(response.status, response.headers, data)

    def _open(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=self._timeout)
        return http.client.HTTPSConnection(self.host, self.port, timeout=self._timeout, context=self._context)


def _read(response: http.client.HTTPResponse) -> bytes:
    """Read the answer in pieces: old Pythons set memory aside for as much as is asked for."""
    parts: list[bytes] = []
    left = _MAX_ANSWER
    while True:
        part = response.read(65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise http.client.HTTPException("the answer is larger than 64 MiB")


def _tls(ca_file: str) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 (four megabytes that plain http does not need)

    return ssl.create_default_context(cafile=ca_file or None)


def _gunzip(data: bytes) -> bytes:
    engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = engine.decompress(data, _MAX_ANSWER)
    except zlib.error as error:
        raise http.client.HTTPException(f"broken gzip: {error}") from error
    if engine.unconsumed_tail:
        raise http.client.HTTPException("the answer is larger than 64 MiB")
    return plain


def _words(error: Exception) -> str:
    """Say what went wrong in the system's words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
