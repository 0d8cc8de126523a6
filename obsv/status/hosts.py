"""Own host names: a page that has one is that host's start page, and nothing but the page is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from obsv.core.errors import NotFound
from obsv.db import fetch
from obsv.status.services import StatusServices

_ALL: Final = "hosts"


class StatusHosts:
    """Wraps the application; asks the database for the host names every few seconds at most."""

    def __init__(self, app: ASGIApp, services: Callable[[], StatusServices]) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request.  Raises `NotFound` for what is none of the page's."""
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith("/api/"):
            slug = (await self._hosts()).get(_host(scope))
            if slug is not None:
                _lead(scope, slug)
        await self._app(scope, receive, send)

    async def _hosts(self) -> dict[str, str]:
        known = self._services().parts.shown
        kept: dict[str, str] | None = known.get(_ALL)
        if kept is None:
            generation = known.generation
            rows = await fetch("SELECT host, slug FROM status_pages WHERE host <> '' AND is_public = {}", True)
            kept = {row["host"]: row["slug"] for row in rows}
            known.put(_ALL, kept, generation=generation)
        return kept


def _host(scope: Scope) -> str:
    value = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return value.decode("latin-1").partition(":")[0].lower()


def _lead(scope: Scope, slug: str) -> None:
    path, own = scope["path"], f"/status/{slug}"
    if path in {"/", "/status", "/status/"}:
        scope["path"], scope["raw_path"] = own, own.encode()
    elif path != own and not path.startswith((f"{own}/", "/status/assets/")):
        raise NotFound("There is nothing but the status page at this address.", code="no_page")
