"""Documents as bytes, and what must hold in one beyond its shape."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

import msgspec

from obsv.alertmanager import BadMatcher, parse_matcher
from obsv.core.errors import FieldError, Invalid, TooLarge
from obsv.dashboards.model import COLUMNS, AlertList, Dashboard, Link, Panel

MAX_BYTES: Final = 1 << 20
RESERVED: Final = frozenset({"import"})
"""Keys that are addresses of something else."""

_URL: Final = re.compile(r"https?://|/(?!/)|[?#]|\$\{?\w|\[\[\w", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_decoder: Final = msgspec.json.Decoder(Dashboard)


def encode(dashboard: Dashboard) -> bytes:
    """A document as JSON, always the same bytes for the same dashboard."""
    return msgspec.json.encode(dashboard)


def plain(dashboard: Dashboard) -> dict[str, Any]:
    """A document as tables, lists and plain values."""
    tables: dict[str, Any] = msgspec.json.decode(encode(dashboard))
    return tables


def decode(document: str | bytes) -> Dashboard:
    """A stored document."""
    return _decoder.decode(document)


def checked(dashboard: Dashboard) -> bytes:
    """The document as it is stored.  Raises `Invalid` with every mistake, and `TooLarge`."""
    if wrong := list(problems(dashboard)):
        said = "; ".join(f"{one.pointer} {one.detail}" for one in wrong[:5])
        errors = [FieldError(f"/dashboard{one.pointer}", one.detail) for one in wrong]
        raise Invalid(f"This is no dashboard: {said}.", code="bad_dashboard", errors=errors)
    document = encode(dashboard)
    if len(document) > MAX_BYTES:
        raise TooLarge(f"The document has {len(document)} bytes; {MAX_BYTES} are allowed.", code="document_too_large")
    return document


def problems(dashboard: Dashboard) -> Iterator[FieldError]:
    """What is wrong, each with a JSON pointer into the document."""
    if dashboard.key in RESERVED:
        yield FieldError("/key", f"is an address of something else: choose another than {dashboard.key!r}")
    if dashboard.folder and not is_folder(dashboard.folder):
        yield FieldError("/folder", "is a path such as Team/Databases, without empty parts")
    for pointer, text in (("/title", dashboard.title), *((f"/tags/{i}", tag) for i, tag in enumerate(dashboard.tags))):
        if _CONTROL.search(text) or not text.strip():
            yield FieldError(pointer, "is empty, or has control characters")
    yield from _twice("/variables", (one.name for one in dashboard.variables), "name")
    yield from _twice("/panels", (one.id for one in dashboard.panels), "id")
    yield from _links("/links", dashboard.links)
    for index, one in enumerate(dashboard.annotations):
        yield from _matchers(f"/annotations/{index}/matchers", one.matchers)
    for index, panel in enumerate(dashboard.panels):
        yield from _panel(f"/panels/{index}", panel)


def is_folder(path: str) -> bool:
    """Whether a text is a folder's path: names with slashes between them."""
    return bool(path) and all(part and part == part.strip() and not _CONTROL.search(part) for part in path.split("/"))


def _panel(at: str, panel: Panel) -> Iterator[FieldError]:
    if panel.grid.x + panel.grid.w > COLUMNS:
        yield FieldError(f"{at}/grid", f"reaches beyond the {COLUMNS} columns")
    yield from _twice(f"{at}/queries", (one.ref for one in panel.queries), "ref")
    yield from _links(f"{at}/links", panel.links)
    if isinstance(panel.view, AlertList):
        yield from _matchers(f"{at}/view/matchers", panel.view.matchers)
    yield from _links(f"{at}/field/links", panel.field.links or ())
    for index, override in enumerate(panel.overrides):
        yield from _links(f"{at}/overrides/{index}/set/links", override.set.links or ())


def _matchers(at: str, texts: Iterable[str]) -> Iterator[FieldError]:
    for index, text in enumerate(texts):
        try:
            parse_matcher(text)
        except BadMatcher as bad:
            yield FieldError(f"{at}/{index}", f'is no matcher such as team="web": {bad}')


def _twice(at: str, names: Iterable[Hashable], what: str) -> Iterator[FieldError]:
    seen: set[Hashable] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield FieldError(f"{at}/{index}/{what}", f"is there twice: {name}")
        seen.add(name)


def _links(at: str, links: Iterable[Link]) -> Iterator[FieldError]:
    for index, link in enumerate(links):
        if not _URL.match(link.url):
            yield FieldError(f"{at}/{index}/url", "begins with https:// or, on this instance, with /")
