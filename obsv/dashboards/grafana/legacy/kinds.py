"""Which panels are of an older kind, and what each becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from obsv.dashboards.grafana.legacy.graph import from_graph
from obsv.dashboards.grafana.legacy.heatmap import from_heatmap
from obsv.dashboards.grafana.legacy.single import from_old_pie, from_single
from obsv.dashboards.grafana.legacy.table import from_table
from obsv.dashboards.grafana.reader import Json, Node

Rewrite = Callable[[Node], Json]


def upgraded(node: Node) -> tuple[str, Node]:
    """Grafana's name of the panel's kind today, and the panel in the form that this kind has."""
    kind = node.short("type")
    if kind in _KINDS:
        today, rewrite = _KINDS[kind]
        made = rewrite(node)
        return made.get("type", today), _rewritten(node, made)
    if kind == "table" and node.has("styles") and not node.has("fieldConfig"):
        return "table", _rewritten(node, from_table(node))
    if kind == "heatmap" and not node.node("options").names():
        return "heatmap", _rewritten(node, from_heatmap(node))
    if kind == "text" and not node.node("options").names():
        options = {"mode": node.whole_of("mode") or "markdown", "content": node.whole_of("content") or ""}
        return "text", _rewritten(node, {"options": options})
    if isinstance(node.node("options").data.get("fieldOptions"), dict):
        return kind, _rewritten(node, _from_field_options(node))
    return kind, node


def _rewritten(node: Node, made: Json) -> Node:
    """The panel with these instead of its own; what else there is stays."""
    node.skip("options", "fieldConfig", *made)
    return node.rewritten({**node.rest("options", "fieldConfig"), **made})


def _from_field_options(node: Node) -> Json:
    """Of Grafana 6, where options held the fields' configuration."""
    options = node.node("options")
    fields = options.node("fieldOptions")
    reduced = {key: fields.whole_of(key) for key in ("calcs", "values", "limit") if key in fields.data}
    defaults = fields.node("defaults").rest()
    if isinstance(steps := defaults.get("thresholds"), list):
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    config = {"defaults": defaults, "overrides": fields.take("overrides", list) or []}
    return {"options": {**options.rest("fieldOptions"), "reduceOptions": reduced}, "fieldConfig": config}


_KINDS: Final[dict[str, tuple[str, Rewrite]]] = {
    "graph": ("timeseries", from_graph),
    "singlestat": ("stat", from_single),
    "grafana-singlestat-panel": ("stat", from_single),
    "table-old": ("table", from_table),
    "grafana-piechart-panel": ("piechart", from_old_pie),
}
