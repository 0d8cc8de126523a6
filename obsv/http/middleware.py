"""The frame around every request: an id, security headers, no stray cookie, a body limit, a time limit, a log line.

It is the outermost ASGI layer, because hooks inside the framework miss the answers to unmatched routes (404, 405).
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from litestar.datastructures import MutableScopeHeaders
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

from obsv.core.errors import TooLarge, Unavailable
from obsv.core.telemetry import REGISTRY
from obsv.http.logging import get_logger

_log = get_logger("http")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

REQUESTS = REGISTRY.counter("obsv_http_requests_total", "Requests by method and status.", ("method", "status"))
DURATION = REGISTRY.histogram("obsv_http_request_seconds", "Time to answer a request.", ("kind",))
STRIPPED_COOKIES = REGISTRY.counter("obsv_http_cookies_stripped_total", "Set-Cookie headers that no route may send.")

PERMISSIONS = ", ".join(
    f"{name}=()" for name in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
)


@dataclass(frozen=True)
class FrameOptions:
    """`cookie_name` is the only cookie an answer may set; `hsts` adds Strict-Transport-Security."""

    max_body_bytes: int
    timeout_s: float
    cookie_name: str
    hsts: bool


def content_security_policy(nonce: str, *, style_attributes: bool) -> str:
    """Everything from this origin; styles need the response's nonce; the editor alone may set style attributes."""
    rules = [
        "default-src 'none'", "script-src 'self'", f"style-src 'self' 'nonce-{nonce}'", "img-src 'self' data:",
        "connect-src 'self'", "font-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        "manifest-src 'self'",
    ]  # fmt: skip
    if style_attributes:
        rules.append("style-src-attr 'unsafe-inline'")
    return "; ".join(rules)


class RequestFrame:
    """Wraps the application; put `scope["state"]["request_id"]` and `["csp_nonce"]` there for what is inside."""

    def __init__(self, app: ASGIApp, options: FrameOptions, own_limits: Callable[[str], bool]) -> None:
        """`own_limits(path)` names the routes that bound their body and time themselves (ingest)."""
        self.app, self.options, self.own_limits = app, options, own_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        await self._framed(scope, receive, send)

    async def _framed(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        request_id = self._request_id(scope)
        nonce = secrets.token_urlsafe(16)
        state = scope.setdefault("state", {})
        state["request_id"], state["csp_nonce"] = request_id, nonce
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun, status = time.perf_counter(), 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._headers(scope, MutableScopeHeaders.from_message(message), request_id, nonce)
            await send(message)

        own = self.own_limits(scope["path"])
        try:
            if own:
                await self.app(scope, receive, send_framed)
            else:
                async with asyncio.timeout(self.options.timeout_s):
                    await self.app(scope, self._bounded(scope, receive), send_framed)
        except TimeoutError:
            if status == 0:
                await self._refuse(
                    send_framed, Unavailable("The request took longer than server.request_timeout allows.")
                )
        except TooLarge as error:
            if status == 0:
                await self._refuse(send_framed, error)
        took = time.perf_counter() - begun
        REQUESTS.add(1, scope["method"], str(status))
        DURATION.observe(took, "ingest" if own else "other")
        if not own:
            _log.debug(
                "request.answered", method=scope["method"], path=scope["path"], status=status, ms=round(took * 1e3, 1)
            )

    @staticmethod
    def _request_id(scope: HTTPScope) -> str:
        given = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"x-request-id"), "")
        return given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)

    def _bounded(self, scope: HTTPScope, receive: Receive) -> Receive:
        """A receive that refuses a body over the limit, declared or not."""
        limit, taken = self.options.max_body_bytes, 0
        declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")

        async def receive_bounded() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            nonlocal taken
            if declared.isdigit() and int(declared) > limit:
                raise TooLarge(f"The body has {int(declared)} bytes; server.max_body_bytes allows {limit}.")
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise TooLarge(f"The body is longer than the {limit} bytes that server.max_body_bytes allows.")
            return message

        return receive_bounded

    def _headers(self, scope: HTTPScope, headers: MutableScopeHeaders, request_id: str, nonce: str) -> None:
        path = scope["path"]
        headers["X-Request-Id"] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        if path != "/api/v1/write":
            headers["Content-Security-Policy"] = content_security_policy(
                nonce, style_attributes=path.startswith("/app")
            )
            headers["Permissions-Policy"] = PERMISSIONS
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            if self.options.hsts:
                headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if "cache-control" not in headers:
            headers["Cache-Control"] = "no-store"
        cookies = headers.getall("set-cookie", [])
        stray = [cookie for cookie in cookies if not cookie.startswith(self.options.cookie_name + "=")]
        if stray:
            STRIPPED_COOKIES.add(len(stray))
            del headers["set-cookie"]
            for cookie in cookies:
                if cookie not in stray:
                    headers.add("set-cookie", cookie)

    @staticmethod
    async def _refuse(send: Send, error: TooLarge | Unavailable) -> None:
        body = error.detail.encode() + b"\n"
        head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": error.status, "headers": head})
        await send({"type": "http.response.body", "body": body, "more_body": False})
