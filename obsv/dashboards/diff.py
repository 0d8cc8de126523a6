"""What differs between two dashboards: panels by id, variables by name, queries by ref."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from obsv.core.difference import Change, Json, Names, Shape
from obsv.dashboards.documents import plain
from obsv.dashboards.model import Dashboard


class PanelChange(Change, frozen=True):
    """One difference at `path`, such as `panels.7.queries.A.expr`; `panel` is the title of the panel that it is in."""

    panel: str = ""


def _by(key: str, default: str = "") -> Names:
    """What has its default is left out of a document: a query without a ref is A."""

    def names(items: Sequence[Json]) -> list[str]:
        return [str(item.get(key, default)) for item in items]

    return names


# A view of another kind has nothing to do with what was there.
SHAPE: Final = Shape({"panels": _by("id"), "variables": _by("name"), "queries": _by("ref", "A")}, whole=("view",))


def diff(before: Dashboard, after: Dashboard) -> list[PanelChange]:
    """The changes in the order of the document."""
    titles = {panel.id: panel.title for panel in (*before.panels, *after.panels)}
    return [
        PanelChange(**msgspec.structs.asdict(change), panel=_panel_of(change.path, titles))
        for change in SHAPE.changes(plain(before), plain(after))
    ]


def _panel_of(path: str, titles: dict[int, str]) -> str:
    where, _, rest = path.partition(".")
    panel = rest.partition(".")[0]
    return titles.get(int(panel), "") if where == "panels" and panel.isdigit() else ""
