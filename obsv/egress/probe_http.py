"""A request that finds out how an HTTP server is: on a connection of its own, with the time of each phase."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import httpx

import obsv
from obsv.egress.client import REDIRECTS, Egress, Redirect, deadline, follow, parse_url
from obsv.egress.errors import EgressFailed, EgressRefused
from obsv.egress.guard import normal, redirected
from obsv.egress.ledger import Line
from obsv.egress.phases import Phases
from obsv.egress.transport import GuardedTransport
from obsv.egress.types import Call
from obsv.egress.unpack import ACCEPTED, Unpacking

_PLAIN = frozenset({"accept", "accept-encoding", "connection", "host", "user-agent"})
"""Headers that go along elsewhere; all else was meant for the host and port that were named."""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """What is asked.  `ca` are the authorities (PEM) that are trusted instead of the usual ones.

    Of the answer `max_bytes` are read, and the rest is left.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""
    timeout_s: float = 10.0
    max_bytes: int = 1 << 20
    max_redirects: int = 0
    verify: bool = True
    ca: str = ""


@dataclass(frozen=True, slots=True)
class HttpProbed:
    """What came.  `certificate` is the server's (DER), empty without TLS; `is_cut`: there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool
    url: str
    redirects: int
    version: str
    address: str
    certificate: bytes


async def probe_http(egress: Egress, probe: HttpProbe, call: Call, phases: Phases) -> HttpProbed:
    """Ask, and follow redirects: anywhere public, and on the very host that was named.

    Raises `EgressRefused` (that host is not allowed) and `EgressFailed`.
    """
    target = parse_url(probe.url)
    async with egress.ledger_line(target.host, call) as line, deadline(probe.timeout_s, phases):
        line.bytes_sent = len(probe.content)
        context = tls_context(probe.ca, verify=probe.verify)
        transport = GuardedTransport(egress.guard, call.origin, context=context, phases=phases)
        client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            timeout=None,  # noqa: S113  # `deadline` is the one of the whole probe
            headers={"user-agent": f"obsv/{obsv.__version__}", "accept-encoding": ACCEPTED},
        )
        async with client:
            request = client.build_request(probe.method, target, content=probe.content, headers=probe.headers)
            return await _Exchange(egress, client, probe, line, phases).follow(request)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Requests and answers of one probe."""

    egress: Egress
    client: httpx.AsyncClient
    probe: HttpProbe
    line: Line
    phases: Phases

    async def follow(self, request: httpx.Request) -> HttpProbed:
        """The last answer of a chain of redirects."""
        first, most = request.url, self.probe.max_redirects
        for redirects in range(most + 1):
            try:
                answer = await self._send(request, redirects)
            except EgressRefused as refused:
                if redirects:
                    raise EgressFailed(f"its redirect leads where nothing is asked: {refused}") from None
                raise
            if answer.status not in REDIRECTS or not most or "location" not in answer.headers:
                return answer
            request = self._next(request, Redirect(answer.status, answer.headers["location"]))
            if not _is_same_host(request.url, first):
                redirected.set(True)
            if not _is_same_host(request.url, first) or request.url.port != first.port:
                if request.content:
                    raise EgressFailed("its redirect would take the body elsewhere: it is not followed")
                for name in [name for name in request.headers if name not in _PLAIN]:
                    del request.headers[name]
        raise EgressFailed(f"more than {most} redirects")

    def _next(self, request: httpx.Request, redirect: Redirect) -> httpx.Request:
        try:
            return follow(self.egress.guard, self.client, request, redirect, self.line.call)
        except EgressRefused as refused:
            raise EgressFailed(f"its redirect is not followed: {refused}") from None

    async def _send(self, request: httpx.Request, redirects: int) -> HttpProbed:
        request.extensions = {**request.extensions, "trace": _Watch(self.phases)}
        try:
            answer = await self.client.send(request, stream=True)
            try:
                # Before the body: a connection that is done with gives its stream back.
                stream = answer.extensions.get("network_stream")
                tls = stream.get_extra_info("ssl_object") if stream else None
                peer = stream.get_extra_info("server_addr") if stream else None
                body, is_cut = await self._read(answer)
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise EgressFailed(reason_of(error)) from error
        self.line.status = answer.status_code
        return HttpProbed(
            status=answer.status_code,
            headers=dict(answer.headers),
            body=body,
            is_cut=is_cut,
            url=str(answer.url),
            redirects=redirects,
            version=answer.http_version.removeprefix("HTTP/"),
            address=str(peer[0]) if peer else "",
            certificate=(tls.getpeercert(binary_form=True) or b"") if tls else b"",
        )

    async def _read(self, answer: httpx.Response) -> tuple[bytes, bool]:
        """(the body as far as it is wanted, whether there is more)."""
        body, most, begun = bytearray(), self.probe.max_bytes, time.perf_counter()
        unpacking = Unpacking(answer.headers.get("content-encoding", ""))
        async for chunk in answer.aiter_raw():
            self.line.bytes_received += len(chunk)
            body += unpacking.feed(chunk, most + 1 - len(body))
            if len(body) > most:
                break
        self.phases.transfer_s += time.perf_counter() - begun
        return bytes(body[:most]), len(body) > most


def _is_same_host(one: httpx.URL, other: httpx.URL) -> bool:
    return normal(one.host) == normal(other.host)


class _Watch:
    """Notes the phases as the connection tells of them.  Source: httpcore's documentation, "trace"."""

    def __init__(self, phases: Phases) -> None:
        self._phases, self._begun, self._resolved_s = phases, 0.0, 0.0

    async def __call__(self, event: str, _: Any) -> None:
        now, phases = time.perf_counter(), self._phases
        match event:
            case "connection.connect_tcp.started":
                self._begun, self._resolved_s = now, phases.resolve_s
            case "connection.connect_tcp.complete":
                phases.connect_s += now - self._begun - (phases.resolve_s - self._resolved_s)
            case "connection.start_tls.started" | "http11.send_request_headers.started":
                self._begun = now
            case "connection.start_tls.complete":
                phases.tls_s += now - self._begun
            case "http11.receive_response_headers.complete":
                phases.wait_s += now - self._begun
            case _:
                pass


def tls_context(ca: str = "", *, verify: bool = True) -> ssl.SSLContext:
    """How far a server's certificate is believed.  Raises `EgressFailed` for authorities that cannot be read."""
    if not verify:
        return _believing()
    return _trusting(ca) if ca else _usual()


@cache
def _usual() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@cache
def _believing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@lru_cache(maxsize=64)
def _trusting(ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError) as wrong:
        raise EgressFailed(f"the authorities are no certificates in PEM: {wrong}") from None
    return context


def reason_of(error: BaseException) -> str:
    """Why a connection failed, in the words of what failed innermost: libraries wrap it in less telling ones."""
    inner: BaseException | None = error
    found = error
    while inner is not None:
        if isinstance(inner, OSError):
            found = inner
        inner = inner.__cause__ or inner.__context__
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {found.verify_message}"
    if isinstance(found, ssl.SSLError):
        return f"TLS failed: {found.reason or found}"
    if isinstance(found, OSError) and found.errno and found.errno > 0:
        return os.strerror(found.errno).lower()
    return str(found) or type(found).__name__
