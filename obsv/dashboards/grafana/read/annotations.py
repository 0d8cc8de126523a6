"""Annotations: marks from stored events and from expressions."""

from __future__ import annotations

from obsv.dashboards.grafana.read.check import parse_error
from obsv.dashboards.grafana.read.sources import Sources
from obsv.dashboards.grafana.read.values import read_color
from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import AnnotationQuery


def read_annotations(nodes: list[Node], sources: Sources) -> tuple[AnnotationQuery, ...]:
    """Ours; the one that every dashboard of Grafana has, for its own alerts and notes, is none."""
    made: list[AnnotationQuery] = []
    for node in nodes:
        if node.data.get("builtIn") == 1:
            node.skip(*node.names())
            continue
        if (one := _read(node, sources)) is not None:
            made.append(one)
    return tuple(made)


def _read(node: Node, sources: Sources) -> AnnotationQuery | None:
    source = sources.of(node.data.get("datasource"))
    node.skip("datasource", "builtIn")
    node.usual(hide=False, filter=None, useValueForTime=False, showIn=0, rawQuery=None, placement=None, mappings={})
    name = node.short("name") or "Marks"
    target = node.node("target")
    is_expression = bool(node.text("expr") or target.text("expr"))
    if source.kind == "other" or (source.kind == "unknown" and not is_expression and not _is_of_events(node)):
        node.tell(f"the annotation {name!r} asks {source.name or 'another data source'}, not Prometheus", "error")
        node.read_all(node.data)
        return None
    color, enabled = read_color(node, "iconColor") if node.has("iconColor") else "", node.flag("enable", True)
    node.skip("type", "iconSize", "lineColor", "showLine", "textField", "tagsField", "titleField")
    if is_expression:
        return _of_expression(node, target, AnnotationQuery(name=name, color=color, enabled=enabled))
    return _of_events(node, target, AnnotationQuery(name=name, color=color, enabled=enabled))


def _is_of_events(node: Node) -> bool:
    return node.data.get("type") in ("tags", "dashboard", "alert") or node.data.get("datasource") is None


def _of_expression(node: Node, target: Node, base: AnnotationQuery) -> AnnotationQuery:
    expr = node.text("expr") or target.text("expr")
    target.skip(*target.names())
    node.skip("expr", "target", "query", "limit", "matchAny", "tags")
    # How far apart is asked follows the width of the chart.
    node.skip("step")
    title, text = node.short("titleFormat"), node.short("textFormat")
    if title and text:
        node.tell(f"of the annotation {base.name!r} the title is shown, not the text {text!r}")
    if node.texts("tagKeys") not in ([], [""]):
        node.tell(f"the annotation {base.name!r} has no tags here")
    if wrong := parse_error(expr):
        node.tell(f"the annotation {base.name!r} is not PromQL as it stands here: {wrong}", "warning")
    return AnnotationQuery(
        name=base.name, source="expression", expr=expr, title=title or text, color=base.color, enabled=base.enabled
    )


def _of_events(node: Node, target: Node, base: AnnotationQuery) -> AnnotationQuery:
    where = target if target.has("type") or target.has("tags") else node
    tags, any_of = where.texts("tags"), where.flag("matchAny")
    for one in (node, target):
        one.skip("limit", "queryType", "refId", "tags", "matchAny", "type", "fromAnnotations", "datasource", "hide")
    node.skip("expr", "step", "query", "titleFormat", "textFormat", "tagKeys", "dashboardUID")
    if any_of and len(tags) > 1:
        node.tell(f"the annotation {base.name!r} shows events with all its tags here, not with any", "warning")
    return AnnotationQuery(
        name=base.name, tags=tuple(tag[:200] for tag in tags), color=base.color, enabled=base.enabled
    )
