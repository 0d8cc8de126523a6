"""Overrides: which series or columns a property is set for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obsv.dashboards.grafana import patterns
from obsv.dashboards.grafana.names import CALCULATIONS
from obsv.dashboards.grafana.read.fields import read_property
from obsv.dashboards.grafana.read.properties import Made
from obsv.dashboards.grafana.reader import SHORT, Node
from obsv.dashboards.model import Override

_COMPARISONS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "neq": "!="}
_ALL: Final = {"allIsZero": "zero", "allIsNull": "null"}
Matcher = tuple[str, str]
"""By what, and what it must be."""


def read_overrides(nodes: list[Node], kind: str) -> tuple[Override, ...]:
    """All overrides, in order; one of several names becomes several."""
    made: list[Override] = []
    for node in nodes:
        # Which part of the editor made it.
        node.skip("__systemRef")
        values = Made(kind, base=False)
        for one in node.nodes("properties"):
            read_property(one, values)
        matchers = list(_matchers(node.node("matcher"), kind))
        if values.values and all(match for _, match in matchers):
            made += [Override(by=by, match=match, set=values.field()) for by, match in matchers]  # type: ignore[arg-type]
    return tuple(made)


def _matchers(node: Node, kind: str) -> Iterator[Matcher]:
    id_ = node.short("id")
    node.usual(scope="series")
    if isinstance(node.data.get("options"), dict):
        yield from _by_object(id_, node.node("options"))
        return
    match id_:
        case "byName":
            yield _by_name(node.short("options"), kind)
        case "byRegexp":
            yield from _by_pattern(node, *patterns.to_pattern(node.text("options")))
        case "byFrameRefID":
            yield "ref", node.short("options")
        case "byType":
            yield "type", node.short("options")
        case "byTypes":
            yield from (("type", one[:SHORT]) for one in node.texts("options"))
        case "numeric":
            yield "type", "number"
        case "time" | "firstTimeField":
            yield "type", "time"
        case _:
            node.tell(f"an override for fields {id_!r} has no counterpart here", "warning")


def _by_object(id_: str, options: Node) -> Iterator[Matcher]:
    match id_:
        case "byNames":
            options.skip("prefix", "readOnly")
            chosen = options.texts("names")
            if options.short("mode") == "exclude":
                yield from _by_pattern(options, patterns.all_but(chosen), "")
            else:
                yield from (("name", one[:SHORT]) for one in chosen)
        case "byRegexpOrNames":
            yield from (("name", one[:SHORT]) for one in options.texts("names"))
            yield from _by_pattern(options, *patterns.to_pattern(options.text("pattern")))
        case "byValue":
            yield from _by_value(options)
        case _:
            options.tell(f"an override for fields {id_!r} has no counterpart here", "warning")


def _by_name(name: str, kind: str) -> Matcher:
    """Every series of a query has a field `Value`, or `Value #A`; only in a table that is a name of its own."""
    if kind != "table" and name == "Value":
        return "type", "number"
    if kind != "table" and name.startswith("Value #"):
        return "ref", name.removeprefix("Value #")
    return "name", name


def _by_pattern(node: Node, pattern: str, lost: str) -> Iterator[Matcher]:
    if lost:
        node.tell(f"not taken over of an override's pattern: {lost}", "warning")
    if len(pattern) > SHORT:
        node.tell(f"an override's pattern is longer than {SHORT} characters and was left out", "warning")
    elif pattern:
        yield "regex", pattern


def _by_value(options: Node) -> Iterator[Matcher]:
    reducer = options.short("reducer")
    if reducer in _ALL:
        # Whether they are does not depend on a comparison, which the editor leaves behind.
        options.skip("op", "value")
        yield "value", _ALL[reducer]
        return
    calculation, op = CALCULATIONS.get(reducer), options.pick("op", _COMPARISONS, "==")
    value = options.number("value")
    if calculation is None or value is None:
        options.tell(f"an override by the value {reducer!r} has no counterpart here", "warning")
    else:
        yield "value", f"{calculation} {op} {value}"
