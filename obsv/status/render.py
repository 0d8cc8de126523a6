"""Public pages from templates: one style sheet of their own, no script, no cookie, and answers that may be cached."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from litestar import MediaType, Request, Response

from obsv.status.days import Bar, percent
from obsv.status.news import STATUS_WORDS, utc
from obsv.status.states import WORDS
from obsv.status.text import to_html

if TYPE_CHECKING:
    from jinja2 import Environment

CSS: Final = "status.css"
MAX_AGE_S: Final = 15
"""How old a cached page may be; a changed one has another ETag."""

AnyRequest = Request[Any, Any, Any]


@cache
def css_bytes() -> bytes:
    """The style sheet."""
    return files("obsv.status").joinpath("static", CSS).read_bytes()


def css_url() -> str:
    """Its address, which changes with its content."""
    return f"/status/assets/{CSS}?v={hashlib.sha256(css_bytes()).hexdigest()[:12]}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # not before the first page

    made = Environment(
        loader=PackageLoader("obsv.status"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "utc": utc,
        "iso": iso,
        "markdown": to_html,
        "percent": percent,
        "day": day_words,
        "bar": bar_words,
    }
    known: dict[str, Any] = {"words": WORDS, "status_words": STATUS_WORDS, "css_url": css_url}
    made.globals.update(known)
    return made


def html(template: str, context: Mapping[str, object]) -> str:
    """A page's text."""
    return _environment().get_template(template).render(context)


def personal(template: str, context: Mapping[str, object], *, status: int = 200) -> Response[str]:
    """A page of one person: the frame forbids to keep it."""
    return Response(html(template, context), media_type=MediaType.HTML, status_code=status)


def public(request: AnyRequest, body: str, media_type: str = "text/html; charset=utf-8") -> Response[bytes]:
    """An answer for everybody, or 304 for who has it."""
    content = body.encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Cache-Control": f"public, max-age={MAX_AGE_S}", "ETag": etag}
    if not media_type.startswith("text/html"):
        headers["Access-Control-Allow-Origin"] = "*"  # what everybody may read, other pages may too
    given = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in given or "*" in given:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content, headers=headers, media_type=media_type)


def iso(at_ms: int) -> str:
    """A moment for machines (RFC 3339)."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_words(day: date) -> str:
    """`26 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def bar_words(bar: Bar) -> str:
    """What a day's bar says: `26 Nov 2026: 99.31 %, 10 min down`."""
    if bar.state is None:
        return f"{day_words(bar.day)}: no data"
    parts = [percent(bar.uptime)] if bar.uptime is not None else []
    if bar.down_s:
        parts.append(f"{_length(bar.down_s)} down")
    elif bar.is_trouble or bar.state.value == "maintenance":
        parts.append(WORDS[bar.state].lower())
    return f"{day_words(bar.day)}: {', '.join(parts)}"


def _length(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
