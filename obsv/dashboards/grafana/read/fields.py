"""How values are shown: the defaults of a panel's field configuration, and what an override sets of them."""

from __future__ import annotations

from typing import Final

from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.read.custom import CUSTOM
from obsv.dashboards.grafana.read.links import read_links
from obsv.dashboards.grafana.read.properties import Made, Property, flag, number, text, usual_as, whole
from obsv.dashboards.grafana.read.values import read_color, read_mappings, read_thresholds
from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import Field, Threshold

NO_THRESHOLDS: Final = (Threshold(color="text"),)
"""What we write for none: Grafana would put in its own, red from 80 on."""


def _color(node: Node, key: str, made: Made) -> None:
    color = node.node(key)
    mode = color.short("mode")
    color.usual(seriesBy="last", fixedColor="")
    if mode in {"fixed", "shades"}:
        made.put("color", read_color(color, "fixedColor"))
        if mode == "shades":
            color.tell("shades of a colour are that colour here")
        return
    color.skip("fixedColor")
    if mode.startswith("palette-"):
        if mode not in {"palette-classic", "palette-classic-by-name"}:
            color.tell(f"the palette {mode.removeprefix('palette-')!r} is ours here")
        made.put("color", "series")
    elif mode == "thresholds":
        made.put("color", "thresholds")
    elif mode.startswith("continuous-"):
        color.tell(f"the colour scheme {mode.removeprefix('continuous-')!r} is ours here")
        made.put("color", "value")
    elif mode:
        color.tell(f"the colour scheme {mode!r} is not known here")


def _thresholds(node: Node, key: str, made: Made) -> None:
    if not node.has(key):
        node.skip(key)
        return
    thresholds = node.node(key)
    steps = read_thresholds(thresholds)
    made.put("thresholds_are", thresholds.pick("mode", names.THRESHOLDS, None), "absolute")
    if steps != NO_THRESHOLDS or not made.base:
        made.put("thresholds", steps or None)


def _mappings(node: Node, key: str, made: Made) -> None:
    made.put("mappings", read_mappings(node.nodes(key)), ())


def _links(node: Node, key: str, made: Made) -> None:
    made.put("links", read_links(node.nodes(key)), ())


PROPERTIES: Final[dict[str, Property]] = {
    "unit": text("unit", ""),
    "decimals": whole("decimals", 0, 15),
    "min": number("min"),
    "max": number("max"),
    "displayName": text("name", ""),
    "color": _color,
    "noValue": text("no_value", ""),
    "thresholds": _thresholds,
    "mappings": _mappings,
    "links": _links,
    "filterable": flag("filterable"),
    # The data source's own name for a field, and leftovers of older versions.
    "displayNameFromDS": lambda node, key, _: node.skip(key),
    "unitScale": lambda node, key, _: node.skip(key),
    "nullValueMode": lambda node, key, _: node.skip(key),
    "fieldMinMax": usual_as(False),
    "actions": usual_as([]),
    "description": usual_as(""),
}


def read_field(config: Node, kind: str) -> Field:
    """The defaults of a panel's field configuration."""
    defaults, made = config.node("defaults"), Made(kind, base=True)
    for key in defaults.names():
        if key in PROPERTIES:
            PROPERTIES[key](defaults, key, made)
    custom = defaults.node("custom")
    for key in custom.names():
        if key in CUSTOM:
            CUSTOM[key](custom, key, made)
    return made.field()


def read_property(node: Node, made: Made) -> None:
    """One property of an override, `{"id": "custom.lineWidth", "value": 2}`; what is not known is told."""
    id_ = node.short("id")
    section, dot, name = id_.partition(".")
    table, name = (CUSTOM, name) if section == "custom" and dot else (PROPERTIES, id_)
    before = dict(made.values)
    if name in table:
        table[name](node, "value", made)
        if "value" not in node.data and made.values == before:
            node.tell(f"the override of `{id_}` sets nothing")
    if name not in table or (id(node.data), "value") not in node.ledger.read:
        node.skip("value")
        node.tell(f"the override of `{id_}` ({node.data.get('value')!r}) has no counterpart here"[:300])
