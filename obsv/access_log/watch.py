"""Looks at requests from outside of everything else, so that refusals by size or time are seen as they went out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from obsv.access_log.calls import Call
from obsv.accounts import Actor
from obsv.accounts.origin import truncate_ip

CLIENT_GONE = 499
"""Status of a call that got no answer, because its sender hung up.  Source: nginx' convention."""
LONGEST_TOLD = 4096


class Answered(NamedTuple):
    """A call of somebody known that is over; bytes are those of the bodies, `told` is how the one of an error began."""

    scope: HTTPScope
    actor: Actor
    route: str
    is_ingest: bool
    status: int
    duration_ms: float
    bytes_in: int
    bytes_out: int
    told: bytes = b""

    def call(self, at_ms: int) -> Call:
        """What is kept of it: no query string, no header, no body, no whole path or address."""
        client = self.scope.get("client")
        return Call(
            at_ms=at_ms,
            request_id=str(self.scope["state"].get("request_id", "")),
            org=self.actor.org,
            user_id=self.actor.user_id,
            session_id=self.actor.session_id,
            token_id=self.actor.token_id,
            method=self.scope["method"],
            route=self.route,
            status=self.status,
            duration_ms=round(self.duration_ms, 1),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            protocol=f"HTTP/{self.scope['http_version']}",
            ip_trunc=truncate_ip(client[0]) if client else "",
        )


class AccessWatch:
    """Tells `note` of every call in which somebody known asked; nobody's visits to public pages leave no trace."""

    def __init__(self, app: ASGIApp, note: Callable[[Answered], None], ingest: frozenset[str]) -> None:
        self._app, self._note, self._ingest = app, note, ingest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        begun, status, taken, given, told = time.perf_counter(), 0, 0, 0, b""

        async def receive_counted() -> Any:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
            return message

        async def send_counted(message: Message) -> None:
            nonlocal status, given, told
            if message["type"] == "http.response.body":
                if status >= 400 and not given:
                    told = message.get("body", b"")[:LONGEST_TOLD]
                given += len(message.get("body", b""))
            elif message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive_counted, send_counted)
        finally:
            # The guard that let them in, or did not, left there who it was.
            actor: Actor | None = scope.get("state", {}).get("actor")
            if actor is not None and actor.kind != "anonymous":
                route = scope.get("path_template", "")
                took_ms = (time.perf_counter() - begun) * 1000
                is_ingest = route in self._ingest
                self._note(Answered(scope, actor, route, is_ingest, status or CLIENT_GONE, took_ms, taken, given, told))
