"""The client of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

import obsv
from obsv.core.clock import Clock
from obsv.core.installed import Installed
from obsv.db import in_transaction
from obsv.egress.errors import EgressFailed, EgressRefused
from obsv.egress.guard import Guard, Policy, redirected
from obsv.egress.ledger import Ledger, Line
from obsv.egress.phases import Phases
from obsv.egress.transport import GuardedTransport
from obsv.egress.types import Call, Origin

TIMEOUT_S = 10.0
MAX_BYTES = 1 << 20
REDIRECTS = {301, 302, 303, 307, 308}
_PRIVATE_HEADERS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole; `url` is the last one after redirects, header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Egress:
    """Makes declared calls and writes each into the ledger."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self.guard = Guard(policy)
        self._ledger = Ledger(clock)
        self._clients: dict[Origin, httpx.AsyncClient] = {}

    def _http(self, origin: Origin) -> httpx.AsyncClient:
        """Connections are kept apart, so that none that configuration allowed serves a call of another origin.

        Made at the first call: the certificates that TLS trusts take megabytes.
        """
        if origin not in self._clients:
            self._clients[origin] = self._client(origin)
        return self._clients[origin]

    def _client(self, origin: Origin) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=GuardedTransport(self.guard, origin),
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113  # `request` sets one deadline for the whole call
            headers={"user-agent": f"obsv/{obsv.__version__}"},
        )

    async def close(self) -> None:
        """Close the connections, and the ledger."""
        await self._ledger.close()
        for client in self._clients.values():
            await client.aclose()

    async def request(
        self,
        method: str,
        url: str,
        call: Call,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        max_bytes: int = MAX_BYTES,
        max_redirects: int = 0,
    ) -> Response:
        """Send a request and read the answer, whatever its status.

        Raises `EgressRefused` (not allowed) and `EgressFailed` (no proper answer within `timeout_s` and `max_bytes`).
        Never inside a transaction: the database would wait for a stranger.
        """
        target = parse_url(url)
        async with self.ledger_line(target.host, call) as line, deadline(timeout_s):
            line.bytes_sent = len(content)
            client = self._http(call.origin)
            request = client.build_request(method, target, content=content, headers=headers)
            for _ in range(max_redirects + 1):
                response = await self._send(request, line, max_bytes)
                line.status = response.status
                if response.status not in REDIRECTS or not max_redirects:
                    return response
                redirect = Redirect(response.status, response.headers.get("location", ""))
                request = follow(self.guard, client, request, redirect, call)
                redirected.set(True)
            raise EgressFailed(f"more than {max_redirects} redirects")

    @asynccontextmanager
    async def ledger_line(self, host: str, call: Call) -> AsyncGenerator[Line]:
        """Check that `host` is declared and record how the body ends; for the clients of other protocols here."""
        if in_transaction():
            raise RuntimeError("no outgoing call inside a transaction: use the outbox, or make the call first")
        line = Line(call, host)
        try:
            self.guard.check_host(host, call.origin)
            yield line
            line.outcome = "done"
        except EgressRefused as error:
            line.outcome, line.error = "refused", str(error)
            raise
        except BaseException as error:
            line.error = line.error or str(error) or type(error).__name__
            raise
        finally:
            await asyncio.shield(asyncio.ensure_future(self._ledger.record(line)))

    async def _send(self, request: httpx.Request, line: Line, max_bytes: int) -> Response:
        try:
            answer = await self._http(line.call.origin).send(request, stream=True)
            try:
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    line.bytes_received += len(chunk)
                    if len(body) > max_bytes:
                        raise EgressFailed(f"the answer is over {max_bytes} bytes")
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise EgressFailed(f"{type(error).__name__}: {error}") from error
        return Response(answer.status_code, dict(answer.headers), bytes(body), str(answer.url))


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that sends elsewhere."""

    status: int
    location: str


def follow(
    guard: Guard, client: httpx.AsyncClient, request: httpx.Request, redirect: Redirect, call: Call
) -> httpx.Request:
    """The request that a redirect asks for; it may leave the declared hosts or https no more than the first could."""
    target = parse_url(str(request.url.join(redirect.location)))
    if request.url.scheme == "https" and target.scheme != "https":
        raise EgressRefused("a redirect from https to http")
    guard.check_host(target.host, call.origin)
    same_host = target.host == request.url.host
    headers = {
        name: value
        for name, value in request.headers.items()
        if name != "host" and (same_host or name not in _PRIVATE_HEADERS)
    }
    keeps_method = redirect.status in {307, 308} or request.method in {"GET", "HEAD"}
    if keeps_method:
        return client.build_request(request.method, target, content=request.content, headers=headers)
    for name in ("content-length", "content-type"):
        headers.pop(name, None)
    return client.build_request("GET", target, headers=headers)


@asynccontextmanager
async def deadline(timeout_s: float, phases: Phases | None = None) -> AsyncGenerator[None]:
    """One deadline for the whole call, whose time `phases` gets, and a clean slate for the redirect mark."""
    mark, begun = redirected.set(False), time.perf_counter()
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        raise EgressFailed(f"no answer within {timeout_s:g} s") from None
    finally:
        redirected.reset(mark)
        if phases is not None:
            phases.whole_s = time.perf_counter() - begun


def parse_url(url: str) -> httpx.URL:
    """An address of the web.  Raises `EgressRefused`."""
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise EgressRefused(f"not a URL: {error}") from None
    if target.scheme not in {"http", "https"} or not target.host:
        raise EgressRefused("expected an http:// or https:// URL")
    return target


_egress: Installed[Egress] = Installed("outgoing client")


def open_egress(policy: Policy, clock: Clock) -> Egress:
    """Make the client that `egress()` returns."""
    return _egress.put(Egress(policy, clock))


def egress() -> Egress:
    """The client of this process."""
    return _egress.get()


async def close_egress() -> None:
    """Close and forget the client; harmless when there is none."""
    try:
        client = _egress.get()
    except RuntimeError:
        return
    _egress.clear()
    await client.close()
