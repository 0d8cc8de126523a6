"""The frame around every request: an id, the client's true address, limits, security headers, a log line.

It is the outermost ASGI layer, because the framework's middleware misses answers to unmatched routes (404, 405).
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from obsv.config import Settings
from obsv.core.errors import NotFound, TooLarge, Unavailable
from obsv.core.telemetry import REGISTRY
from obsv.http.client_ip import ClientAddress
from obsv.http.headers import SecurityHeaders
from obsv.http.logging import get_logger
from obsv.http.problem import PageRenderer, answer_of, plain_page
from obsv.http.surfaces import Surface, surface_of

_log = get_logger("http")
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_UNTOLD = frozenset({"/healthz", "/readyz", "/-/healthy", "/-/ready", "/api/health", "/metrics"})

REQUESTS = REGISTRY.counter("obsv_http_requests_total", "Requests by method and status.", ("method", "status"))
DURATION = REGISTRY.histogram("obsv_http_request_seconds", "Time to answer a request.", ("kind",))
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """What a frame is set to.

    `own_limits` are the paths that bound their body and time themselves; `ingest` those that samples come by, which
    get a line when they fail alone; `told` is `[log] requests`.
    """

    base_url: str
    max_body_bytes: int
    timeout_s: float
    told: str
    client: ClientAddress
    headers: SecurityHeaders
    own_limits: frozenset[str] = frozenset()
    ingest: frozenset[str] = frozenset()
    render_page: PageRenderer = plain_page


def install_frame(
    app: Litestar,
    settings: Settings,
    *,
    cookie_name: str,
    own_limits: frozenset[str] = frozenset(),
    ingest: frozenset[str] = frozenset(),
    render_page: PageRenderer = plain_page,
) -> None:
    """Put the frame around an application, for every request it will get."""
    server = settings.server
    options = FrameOptions(
        base_url=server.base_url.rstrip("/"),
        max_body_bytes=server.max_body_bytes,
        timeout_s=server.request_timeout / 1000,
        told=settings.log.requests,
        client=ClientAddress(server.trusted_proxies),
        headers=SecurityHeaders(cookie_name, settings.is_production),
        own_limits=own_limits,
        ingest=ingest,
        render_page=render_page,
    )
    app.asgi_handler = RequestFrame(app.asgi_handler, options)


def csp_nonce(scope: Scope) -> str:
    """The nonce that this answer's style elements must carry."""
    return str(scope["state"]["csp_nonce"])


def allow_form_targets(scope: Scope, origins: Iterable[str]) -> None:
    """Let forms of this page end up at these origins: browsers hold redirects of a form against the policy too."""
    scope["state"]["csp_form_targets"] = tuple(origins)


def _header(scope: HTTPScope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


class RequestFrame:
    """Wraps the application.  What is inside finds `request_id` and `csp_nonce` in the request's state."""

    def __init__(self, app: ASGIApp, options: FrameOptions) -> None:
        self._app = app
        self._options = options
        self._base = urlsplit(options.base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP passes through."""
        if scope["type"] == ScopeType.HTTP:
            await self._framed(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _framed(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        given = _header(scope, b"x-request-id")
        request_id = given.decode() if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {}).update(request_id=request_id, csp_nonce=nonce)
        self._options.client.correct(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun, status = time.perf_counter(), 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                targets = scope["state"].get("csp_form_targets", ())
                self._options.headers.apply(message, request_id, nonce, targets)
            await send(message)

        try:
            await self._limited(scope, receive, send_framed)
        except (NotFound, TooLarge, Unavailable) as error:
            if status == 0:
                await self._refuse(scope, send_framed, error)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)

    async def _limited(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if scope["path"] in self._options.own_limits:
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"]:
            # Nothing has such a name, and Postgres takes none in a text.
            raise NotFound("There is nothing at this address.")
        if location := self._better_address(scope):
            await _redirect(send, location)
            return
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self._app(scope, self._bounded(scope, receive), send)
        except TimeoutError:
            raise Unavailable(
                f"The request took longer than the {self._options.timeout_s:g} s that server.request_timeout allows."
            ) from None

    def _better_address(self, scope: HTTPScope) -> str:
        """Where a page at 127.0.0.1 should be: passkeys and the same-origin checks need the configured name."""
        host = _header(scope, b"host").decode("latin-1")
        if not host.startswith(("127.0.0.1", "[::1]")) or self._base.hostname != "localhost":
            return ""
        if scope["method"] not in ("GET", "HEAD") or surface_of("GET", scope["path"]) is not Surface.PAGE:
            return ""
        query = scope["query_string"].decode("latin-1")
        # The raw path, so that nothing decoded can end the header or start another.
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        return f"{self._options.base_url}/{path.lstrip('/')}{'?' + query if query else ''}"

    def _bounded(
        self, scope: HTTPScope, receive: Receive
    ) -> Callable[[], Awaitable[HTTPReceiveMessage | WebSocketReceiveMessage]]:
        """A receive that refuses a body over the limit, declared or not."""
        limit, taken = self._options.max_body_bytes, 0
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(f"The body has {int(declared)} bytes; server.max_body_bytes allows {limit}.")

        async def receive_bounded() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise TooLarge(f"The body is longer than the {limit} bytes that server.max_body_bytes allows.")
            return message

        return receive_bounded

    def _tell(self, scope: HTTPScope, status: int, took_s: float) -> None:
        is_ingest = scope["path"] in self._options.ingest
        # A method is what a stranger sends: unbounded label values would be a leak of memory.
        REQUESTS.add(1, scope["method"] if scope["method"] in _METHODS else "other", str(status))
        DURATION.observe(took_s, "ingest" if is_ingest else "other")
        if self._options.told == "none" or (status < 400 and (self._options.told == "failed" or is_ingest)):
            return
        if status < 400 and scope["path"] in _UNTOLD:
            return
        _log.info(
            "request.answered",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_ms=round(took_s * 1000, 1),
        )

    async def _refuse(self, scope: HTTPScope, send: Send, error: NotFound | TooLarge | Unavailable) -> None:
        answer = answer_of(scope, error, self._options.render_page)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
        # The rest of the body is not read: this connection is of no more use.
        headers += [
            (b"content-type", f"{answer.media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(answer.body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _redirect(send: Send, location: str) -> None:
    headers = [(b"location", location.encode("latin-1")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
