"""What several kinds of panels have: a legend, a calculation that makes one value of a series, a direction."""

from __future__ import annotations

from typing import Final, Literal

from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import Calculation, Legend, Reduce

_ROWS: Final = 25
"""How many values Grafana shows where each is shown by itself and no limit is set."""


def calculation(node: Node, name: str, default: Calculation = "last-not-null") -> Calculation:
    """Ours for Grafana's; another one is told."""
    known = names.CALCULATIONS.get(names.OLD_CALCULATIONS.get(name, name))
    if known is None:
        node.tell(f"the calculation {name!r} is not known here, {default!r} stands for it", "warning")
    return known or default


def calculations(node: Node, key: str) -> tuple[Calculation, ...]:
    """Those that are known of a list, each once."""
    made: dict[Calculation, None] = {}
    for name in node.texts(key):
        known = names.CALCULATIONS.get(names.OLD_CALCULATIONS.get(name, name))
        if known is None:
            node.tell(f"the calculation {name!r} is not known here")
        else:
            made[known] = None
    return tuple(made)


def read_reduce(options: Node) -> Reduce:
    """How a series becomes one value; `values` shows each of its values by itself."""
    node = options.node("reduceOptions")
    calcs = node.texts("calcs")
    if len(calcs) > 1:
        node.tell(f"of several calculations the first is shown, not {', '.join(calcs[1:])}", "warning")
    each, limit = node.flag("values"), node.whole("limit", 1, 1000)
    return Reduce(
        calc=calculation(node, calcs[0]) if calcs else "last-not-null",
        rows=(limit or _ROWS) if each else 0,
        field=node.short("fields"),
    )


def read_direction(options: Node) -> Literal["auto", "h", "v"]:
    """Beside each other or below."""
    return options.pick("orientation", names.DIRECTION, "auto")


def read_legend(options: Node) -> Legend:
    """Where and what the legend shows; its calculations make a table of it here, whether it was one or a list."""
    node = options.node("legend")
    visible = node.pick("displayMode", {"list": True, "table": True, "hidden": False}, True)
    node.skip("asTable", "isVisible")
    node.usual(limit=None, overflow=None, enableFacetedFilter=False, facetedFilterPinned=False)
    sort = node.short("sortBy")
    if sort == "Name":
        by: Calculation | Literal["", "name"] = "name"
    else:
        by = names.CALCULATION_TITLES.get(sort, "")
        if sort and not by:
            node.tell(f"the legend is not sorted by {sort!r} here")
    return Legend(
        show=node.flag("showLegend", True) and visible,
        place=node.pick("placement", names.PLACE, "bottom"),
        calcs=calculations(node, "calcs"),
        sort=by,
        descending=node.flag("sortDesc") and bool(by),
        width=node.whole("width", 0, 2000) or 0,
    )


def usual_tooltip(options: Node) -> None:
    """Of panels whose tooltip is always on and has one value."""
    node = options.node("tooltip")
    node.usual(
        mode=("single", "multi"),
        sort="none",
        hideZeros=False,
        show=True,
        maxHeight=None,
        maxWidth=None,
        yHistogram=False,
        showColorScale=False,
    )
