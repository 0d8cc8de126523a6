"""The grid: panels in a list from top to bottom, rows as headings over what is below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import msgspec

from obsv.dashboards.grafana.read.links import read_links
from obsv.dashboards.grafana.read.panels import Document, read_panel, read_repeat
from obsv.dashboards.grafana.reader import SHORT, Json, Ledger, Node
from obsv.dashboards.model import COLUMNS, MAX_PANELS, Grid, Panel, Row

MAX_ID: Final = 1_000_000
MAX_Y: Final = 100_000
# Of a row, what Grafana keeps and nobody sees.
_OF_ROWS: Final = (
    "id", "type", "gridPos", "panels", "collapsed", "datasource", "targets", "options", "fieldConfig", "pluginVersion",
    "scopedVars", "repeatIteration", "repeatPanelId", "repeatRowId", "repeatDirection", "maxPerRow", "showTitle",
    "titleSize", "height", "collapse", "editable", "span", "transparent", "key",
)  # fmt: skip


@dataclass(slots=True)
class Placed:
    """A panel as Grafana has it, and where it is with all rows unfolded."""

    data: Json
    grid: Grid
    is_below: bool = False
    """It follows a folded row, but is not within it."""


def read_panels(document: Node, whole: Document) -> tuple[Panel, ...]:
    """All panels by place.  Ids are kept where they can be; copies that a repeat made are left out."""
    document.skip("panels", "rows")
    made: list[Panel] = []
    kept = [one for one in placed(_listed(document)) if not _is_copy(one.data, document.ledger)]
    numbers = _numbers([one.data for one in kept])
    for number, one in zip(numbers, kept[:MAX_PANELS], strict=False):
        node = document.ledger.root(one.data, panel=(number, _title(one.data)))
        node.skip("id", "gridPos", "datasource")
        is_row = one.data.get("type") == "row"
        made.append(_read_row(node, one.grid) if is_row else read_panel(node, one.grid, whole))
    if any(one.is_below for one in kept):
        document.tell("panels below a folded row are within it here")
    if len(kept) > MAX_PANELS:
        document.tell(f"of {len(kept)} panels the first {MAX_PANELS} are here", "error")
    return tuple(made)


def all_panels(document: Json) -> Iterator[Json]:
    """Every panel of a document, those in folded rows too."""
    for one in _objects(document.get("panels")):
        yield one
        yield from _objects(one.get("panels"))


def placed(panels: list[Json]) -> list[Placed]:
    """Panels from top to bottom, those of a folded row below it; what follows moves down by their height.

    So does what would lie on another, as it does in Grafana.
    """
    made: list[Placed] = []
    down, folded = 0, False
    for data, grid in _by_place(panels):
        row = msgspec.structs.replace(grid, y=min(grid.y + down, MAX_Y))
        is_row = data.get("type") == "row"
        made.append(Placed(data, row, is_below=folded and not is_row))
        inner = _by_place(_objects(data.get("panels")) if is_row else [])
        folded = bool(inner) if is_row else folded
        if not inner:
            continue
        top = inner[0][1].y
        below = row.y + row.h - top
        made += [Placed(one, msgspec.structs.replace(at, y=min(at.y + below, MAX_Y))) for one, at in inner]
        down += max(at.y + at.h for _, at in inner) - top
    return sorted(_apart(made), key=lambda one: (one.grid.y, one.grid.x))


def _apart(panels: list[Placed]) -> Iterator[Placed]:
    floor = [0] * COLUMNS
    for one in panels:
        grid = one.grid
        columns = slice(grid.x, grid.x + grid.w)
        y = min(max(grid.y, *floor[columns]), MAX_Y)
        floor[columns] = [y + grid.h] * grid.w
        yield replace(one, grid=msgspec.structs.replace(grid, y=y))


def _listed(document: Node) -> list[Json]:
    listed = _objects(document.data.get("panels"))
    return listed or list(_of_old_rows(document))


def _of_old_rows(document: Node) -> Iterator[Json]:
    """Panels of rows with a height and of panels with a span of 12, as before Grafana 5."""
    y = 0
    for row in _objects(document.data.get("rows")):
        x, height = 0, _cells(row.get("height"))
        yield {"type": "row", "title": row.get("title"), "repeat": row.get("repeat"), "gridPos": {"y": y}}
        y += 1
        for panel in _objects(row.get("panels")):
            width = min(max(round(2 * _float(panel.get("span"), 4)), 1), COLUMNS)
            if x + width > COLUMNS:
                x, y = 0, y + height
            yield {**panel, "gridPos": {"x": x, "y": y, "w": width, "h": _cells(panel.get("height") or height * 38)}}
            x += width
        y += height


def _cells(height: object) -> int:
    """Cells of 38 px for a height such as `250px`."""
    pixels = _float(str(height).removesuffix("px"), 250)
    return min(max(round(pixels / 38), 3), 200)


def _float(value: object, default: float) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return default


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _by_place(panels: list[Json]) -> list[tuple[Json, Grid]]:
    return sorted(((one, _grid(one)) for one in panels), key=lambda one: (one[1].y, one[1].x))


def _grid(data: Json) -> Grid:
    """Where Grafana has it, brought into the grid; a row is one cell high and as wide as the grid."""
    place = data.get("gridPos")
    given: Json = place if isinstance(place, dict) else {}
    if data.get("type") == "row":
        return Grid(x=0, y=_bounded(given.get("y"), 0, 0, MAX_Y), w=COLUMNS, h=1)
    width = _bounded(given.get("w"), 12, 1, COLUMNS)
    return Grid(
        x=_bounded(given.get("x"), 0, 0, COLUMNS - width),
        y=_bounded(given.get("y"), 0, 0, MAX_Y),
        w=width,
        h=_bounded(given.get("h"), 8, 1, 200),
    )


def _bounded(value: object, default: int, low: int, high: int) -> int:
    return min(max(int(_float(value, default)), low), high)


def _is_copy(data: Json, ledger: Ledger) -> bool:
    """Whether a repeat made the panel when the document was saved; it makes it again."""
    if not data.get("repeatPanelId") or data.get("repeat"):
        return False
    node = ledger.root(data)
    node.read_all(data)
    node.tell("copies that a repeated panel left in the document were left out: they are made again")
    return True


def _title(data: Json) -> str:
    return str(data.get("title") or "")[:SHORT]


def _numbers(panels: list[Json]) -> list[int]:
    """The panels' own ids; one that has none, or another's, has the lowest that is free."""
    taken: set[int] = set()
    numbers = [_free(data.get("id"), taken) for data in panels]
    free = (number for number in count(1) if number not in taken)
    return [next(free) if number is None else number for number in numbers]


def _free(number: object, taken: set[int]) -> int | None:
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MAX_ID or number in taken:
        return None
    taken.add(number)
    return number


def _read_row(node: Node, grid: Grid) -> Panel:
    repeat = read_repeat(node)
    node.skip(*_OF_ROWS)
    folded = node.data.get("collapsed") is True
    return Panel(
        id=node.panel[0],
        title=node.short("title"),
        description=node.text("description"),
        grid=grid,
        view=Row(folded=folded),
        repeat=repeat,
        links=read_links(node.nodes("links")),
    )
