"""Serves what is built: hashed files that never change, a page for all addresses below /app, one for shared links."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from litestar import MediaType, Request, Response, Router, get
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_503_SERVICE_UNAVAILABLE

from obsv.accounts import accounts
from obsv.core.errors import NotFound
from obsv.http.frame import csp_nonce

DIST: Final = Path(__file__).parent / "dist"
CABINET: Final = "index.html"
SHARED: Final = "shared.html"
NONCE_MARK: Final = "__CSP_NONCE__"
FOREVER: Final = "public, max-age=31536000, immutable"

_MEDIA: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

NOT_BUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not built · obsv</title></head>
<body><main><h1>The web assets are not built</h1>
<p>Run <code>make web</code> in the source folder, then load this page again. It needs Node.js 20.19 or newer, and
fetches it from PyPI if there is none. Everything else works without: see the <a href="/docs">documentation</a> and the
API.</p></main></body></html>
"""


class Assets:
    """The files of one build, read once; a new build needs a restart, or a new object."""

    def __init__(self, dist: Path = DIST) -> None:
        self._files = {path.name: path for path in dist.glob("*") if path.is_file()}
        self._read = cache(Path.read_bytes)
        self._pages = {
            name: path.read_text(encoding="utf-8") for name, path in self._files.items() if path.suffix == ".html"
        }

    def page(self, name: str, nonce: str) -> str | None:
        """A page, carrying the nonce of its answer; None if nothing is built."""
        page = self._pages.get(name)
        return None if page is None else page.replace(NONCE_MARK, nonce)

    def file(self, name: str, *, accepts_gzip: bool) -> Response[bytes]:
        """One hashed file, compressed if it may be.  Raises `NotFound`."""
        path = self._files.get(name)
        media_type = _MEDIA.get(Path(name).suffix)
        # Only what the build made under its own name: never a path, never the compressed twin by itself.
        if path is None or media_type is None:
            raise NotFound("There is no such file; the page may be from an older version: load it again.")
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        packed = self._files.get(f"{name}.gz")
        if packed is not None and accepts_gzip:
            headers["Content-Encoding"] = "gzip"
            path = packed
        return Response(self._read(path), media_type=media_type, headers=headers)


def _accepts_gzip(request: Request[Any, Any, Any]) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        coding, _, quality = part.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def web_routers(dist: Path = DIST) -> tuple[Router, Router]:
    """`/app` and all below it; `/shared/{token}`, which reads and sets no cookie."""
    assets: list[Assets] = []

    def built() -> Assets:
        """Looked at again until there is a build, so that `make web` helps a running server."""
        if not assets:
            found = Assets(dist)
            if found.page(CABINET, "") is None:
                return found
            assets.append(found)
        return assets[0]

    def answer(request: Request[Any, Any, Any], name: str, headers: dict[str, str] | None = None) -> Response[str]:
        html = built().page(name, csp_nonce(request.scope))
        if html is None:
            return Response(NOT_BUILT, media_type=MediaType.HTML, status_code=HTTP_503_SERVICE_UNAVAILABLE)
        return Response(html, media_type=MediaType.HTML, headers=headers)

    @get("/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
    def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """A script, style or picture of the build."""
        return built().file(name, accepts_gzip=_accepts_gzip(request))

    @get(["/", "/{path:path}"], include_in_schema=False, sync_to_thread=False)
    def page(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
        """The application; it reads its address itself.  Who has no session cookie is asked to sign in at once."""
        if not accounts().cookies.read(request.headers.get("cookie", "")):
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return Redirect(f"/login?next={quote(wanted, safe='/')}", status_code=HTTP_303_SEE_OTHER)
        return answer(request, CABINET)

    @get("/{token:str}", include_in_schema=False, sync_to_thread=False)
    def shared(request: Request[Any, Any, Any]) -> Response[str]:
        """The page of a shared link, the same for each; it asks for the dashboard by the token in its address."""
        return answer(request, SHARED, {"X-Robots-Tag": "noindex, nofollow"})

    cabinet = Router("/app", route_handlers=[asset, page], tags=["cabinet"])
    return cabinet, Router("/shared", route_handlers=[shared], tags=["public"])
