"""Pages from templates: nothing but HTML and one style sheet, and no cookie unless a handler sets one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from litestar import MediaType, Response

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS: Final = {
    "site.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "passkey.js": "text/javascript; charset=utf-8",
}


@cache
def asset_bytes(name: str) -> bytes:
    """Content of one of `ASSETS`."""
    return files("obsv.site").joinpath("static", name).read_bytes()


def asset_url(name: str) -> str:
    """Its address, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256(asset_bytes(name)).hexdigest()[:12]}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # not before the first page

    return Environment(
        loader=PackageLoader("obsv.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """An HTML answer."""
    html = _environment().get_template(template).render({**context, "asset": asset_url})
    return Response(html, media_type=MediaType.HTML, status_code=status, headers=dict(headers or {}))
