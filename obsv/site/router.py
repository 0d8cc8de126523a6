"""The router of all pages, and the one address people should use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, Router

from obsv.accounts import accounts
from obsv.site.doors import LoginDoor, SetupDoor
from obsv.site.doors_factor import FactorDoor, PasskeyDoor
from obsv.site.doors_oauth import OAuthDoor
from obsv.site.pages import docs_index, docs_page, home, static_file

LOOPBACK = frozenset({"127.0.0.1", "[::1]"})


async def to_localhost(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Send who typed a loopback address on to `localhost`, where passkeys work."""
    host, _, port = request.headers.get("host", "").rpartition(":")
    if host not in LOOPBACK or request.method != "GET" or urlsplit(accounts().base_url).hostname != "localhost":
        return None
    url = request.url
    where = f"http://localhost:{port}{url.path}{'?' + url.query if url.query else ''}"
    return Response(None, status_code=307, headers={"Location": where})


def site_router() -> Router:
    """`/`, `/docs`, `/setup`, `/login` and what they need; install the accounts service before the first request."""
    return Router(
        path="/",
        route_handlers=[
            *(home, docs_index, docs_page, static_file),
            *(SetupDoor, LoginDoor, FactorDoor, PasskeyDoor, OAuthDoor),
        ],
        before_request=to_localhost,
    )
