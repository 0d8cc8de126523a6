"""What differs between two documents, by what things are called: panels by id, variables by name, queries by ref.

A panel that was moved in the list, or had another inserted before it, is the same panel.  The changes are complete: put
into the older document they make the newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from obsv.dashboards.documents import plain
from obsv.dashboards.model import Dashboard

NAMED_BY: Final = {"panels": "id", "variables": "name", "queries": "ref"}
ORDER: Final = "(order)"
"""Last part of a path: the order of what is in a list changed; the values are the names in order."""

Json = dict[str, Any]


class Change(msgspec.Struct, frozen=True):
    """One difference at `path`, such as `panels.7.queries.A.expr`; None is what is not there.

    Lists whose items have no names are counted from 0.  `panel` is the title of the panel that it is in.
    """

    path: str
    before: Any = None
    after: Any = None
    panel: str = ""


def diff(before: Dashboard, after: Dashboard) -> list[Change]:
    """The changes in the order of the document."""
    titles = {panel.id: panel.title for panel in (*before.panels, *after.panels)}
    return [
        msgspec.structs.replace(change, panel=_panel_of(change.path, titles))
        for change in _tables("", plain(before), plain(after))
    ]


def _panel_of(path: str, titles: dict[int, str]) -> str:
    where, _, rest = path.partition(".")
    panel = rest.partition(".")[0]
    return titles.get(int(panel), "") if where == "panels" and panel.isdigit() else ""


def _tables(path: str, before: Json, after: Json) -> Iterator[Change]:
    # A view of another kind has nothing to do with what was there.
    if before.get("kind") != after.get("kind") and path.endswith(".view"):
        yield Change(path, before, after)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        yield from _values(f"{path}.{name}" if path else name, name, before.get(name), after.get(name))


def _values(path: str, name: str, before: object, after: object) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    match before, after:
        case dict(), dict():
            yield from _tables(path, before, after)
        case list() | None, list() | None if name in NAMED_BY:
            yield from _named(path, NAMED_BY[name], before or [], after or [])
        case list(), list() if _are_tables(before) and _are_tables(after):
            yield from _counted(path, before, after)
        case _:
            yield Change(path, before, after)


def _are_tables(items: Sequence[object]) -> bool:
    return all(isinstance(item, dict) for item in items)


def _counted(path: str, before: list[Json], after: list[Json]) -> Iterator[Change]:
    for index in range(max(len(before), len(after))):
        pair = [items[index] if index < len(items) else None for items in (before, after)]
        yield from _values(f"{path}.{index}", "", *pair)


def _named(path: str, key: str, before: list[Json], after: list[Json]) -> Iterator[Change]:
    # What has its default is left out of a document: a query without a ref is A.
    old, new = ({str(item.get(key, "A")): item for item in items} for items in (before, after))
    for name in [*old, *(name for name in new if name not in old)]:
        yield from _values(f"{path}.{name}", "", old.get(name), new.get(name))
    stayed = [name for name in old if name in new]
    if list(new) != stayed + [name for name in new if name not in old]:
        yield Change(f"{path}.{ORDER}", list(old), list(new))
