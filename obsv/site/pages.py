"""Public pages: no cookie is read or set, no script, no foreign origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.params import FromPath

from obsv.accounts import accounts
from obsv.config import Settings
from obsv.core.errors import NotFound
from obsv.site import docs
from obsv.site.render import ASSETS, asset_bytes, page

YEAR_S: Final = 31_536_000
COMPANY_KEYS: Final = ("name", "legal_form", "address", "jurisdiction", "dpo_email", "supervisory_authority")


def missing_company(settings: Settings) -> Sequence[str]:
    """What a production instance would refuse to start without; shown while trying out."""
    if settings.is_production:
        return ()
    return [key for key in COMPANY_KEYS if not getattr(settings.company, key)]


@get("/", include_in_schema=False)
async def home() -> Response[str]:
    """What this instance is, and where to go."""
    service = accounts()
    context = {
        "host": urlsplit(service.base_url).netloc,
        "base_url": service.base_url,
        "setup_open": await service.setup.is_open(),
        "missing": missing_company(service.settings),
    }
    return page("home.html", context)


@get("/docs", include_in_schema=False)
async def docs_index() -> Response[str]:
    """The documentation's start page."""
    return _doc(docs.INDEX)


@get("/docs/{name:str}", include_in_schema=False)
async def docs_page(name: FromPath[str]) -> Response[str]:
    """One page of the documentation."""
    return _doc(name)


@get("/static/{name:str}", include_in_schema=False)
async def static_file(name: FromPath[str]) -> Response[bytes]:
    """Style sheet and icon of the pages."""
    if name not in ASSETS:
        raise NotFound("There is no such file.", code="no_file")
    headers = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
    return Response(asset_bytes(name), media_type=ASSETS[name], headers=headers)


def _doc(name: str) -> Response[str]:
    return page("doc.html", {"page": docs.get_page(name), "pages": list(docs.pages().values())})


def docs_frame(title: str, html: str) -> str:
    """A page of the documentation around HTML of our own making."""
    made = docs.DocPage("api", title, html)
    return page("doc.html", {"page": made, "pages": list(docs.pages().values())}).content
