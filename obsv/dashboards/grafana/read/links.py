"""Links of dashboards, panels and values."""

from __future__ import annotations

import re
from typing import Final

from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import Link

ALL_VARIABLES: Final = "${__all_variables}"
_TIME: Final = re.compile(r"(?<=[?&])(?:\$\{__url_time_range\}|\$__url_time_range)(?:&|$)")
_VARIABLES: Final = re.compile(r"\$__all_variables\b")
_KEPT: Final = ("https://", "http://", "/", "$", "[[")
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def read_links(nodes: list[Node]) -> tuple[Link, ...]:
    """Those that lead somewhere."""
    return tuple(link for node in nodes if (link := read_link(node)) is not None)


def read_link(node: Node) -> Link | None:
    """A link of a panel or value; that to an address of another kind is told and left out."""
    node.skip("type", "icon", "dashUri", "dashboard", "origin", "sort")
    node.usual(tooltip="", tags=([],), asDropdown=False, oneClick=False, internal=None)
    title = node.short("title")
    url = node.text("url", 2000) or _of_dashboard(node)
    if params := node.text("params", 2000):
        url += ("&" if "?" in url else "?") + params
    if node.flag("includeVars"):
        url += ("&" if "?" in url else "?") + ALL_VARIABLES
    url, keeps_time = _address(node, url)
    new_tab = node.flag("targetBlank")
    if node.flag("keepTime") or keeps_time:
        keeps_time = True
    return Link(title=title or url[:200], url=url, new_tab=new_tab, keep_time=keeps_time) if url else None


def _of_dashboard(node: Node) -> str:
    """The address of a dashboard that is named by its title or by its name of old."""
    uri = str(node.data.get("dashUri") or "")
    name = uri.removeprefix("db/") or re.sub(r"[^a-z0-9]+", "-", str(node.data.get("dashboard") or "").lower()).strip(
        "-"
    )
    return f"/dashboard/db/{name}" if name else ""


def _address(node: Node, url: str) -> tuple[str, bool]:
    """The address as it is here, and whether it takes the time range along."""
    url = _VARIABLES.sub(ALL_VARIABLES, url.strip())
    plain = _TIME.sub("", url).rstrip("?&")
    if not url.startswith(_KEPT):
        if _SCHEME.match(url):
            node.tell(f"the link to {url[:80]!r} was left out: only http and https are followed here", "warning")
            return "", False
        plain = f"/{plain.removeprefix('./')}" if plain else ""
    if re.match(r"/?(d|dashboard|d-solo)/", plain):
        node.tell(f"the link {plain[:80]!r} leads to a dashboard of Grafana; set its address here", "warning")
    return plain[:2000], plain != url.rstrip("?&") and bool(_TIME.search(url))
