"""Thresholds and what is shown instead of values, in today's form and those of before Grafana 8."""

from __future__ import annotations

from collections.abc import Iterator

from obsv.dashboards.grafana.colors import to_color
from obsv.dashboards.grafana.names import SPECIAL
from obsv.dashboards.grafana.patterns import to_pattern
from obsv.dashboards.grafana.reader import SHORT, Node
from obsv.dashboards.model import Mapping, Threshold


def read_color(node: Node, key: str) -> str:
    """A colour; what is lost of it is told."""
    color, lost = to_color(node.short(key))
    if lost:
        node.tell(lost)
    return color[:200]


def read_thresholds(node: Node) -> tuple[Threshold, ...]:
    """The steps; the first is the base, whatever its value."""
    made: list[Threshold] = []
    for step in node.nodes("steps"):
        step.skip("index", "line", "fill", "op", "yaxis", "colorMode", "state")
        step.usual(valueExpr="")
        value = step.number("value")
        color = read_color(step, "color")
        if made and value is None:
            step.tell("a threshold without a value was left out")
            continue
        made.append(Threshold(value=value if made else None, color=color))
    return tuple(made)


def read_mappings(nodes: list[Node]) -> tuple[Mapping, ...]:
    """What is shown instead of values."""
    made: list[Mapping] = []
    for node in nodes:
        if isinstance(node.data.get("type"), str):
            made += _read_mapping(node)
        else:
            made += _read_old(node)
    return tuple(made)


def _read_mapping(node: Node) -> Iterator[Mapping]:
    kind, options = node.short("type"), node.node("options")
    match kind:
        case "value":
            for value in options.names():
                yield _mapped(options.node(value), "value", value[:200])
        case "range":
            low, high = options.number("from"), options.number("to")
            made = _mapped(options.node("result"), "range")
            yield Mapping(kind="range", low=low, high=high, text=made.text, color=made.color)
        case "regex":
            pattern, lost = to_pattern(options.text("pattern"))
            if lost or len(pattern) > SHORT:
                options.tell(f"a value mapping's pattern is not brought over: {lost or 'it is too long'}", "warning")
                return
            yield _mapped(options.node("result"), "regex", pattern)
        case "special":
            match = options.short("match")
            result = options.node("result")
            if match == "null+nan":
                yield from (_mapped(result, "special", one) for one in ("null", "nan"))
            elif match in SPECIAL:
                yield _mapped(result, "special", match)
            else:
                options.tell(f"the value mapping for {match!r} is not known here")
        case _:
            node.tell(f"the value mapping of type {kind!r} is not known here")


def _mapped(result: Node, kind: str, value: str = "") -> Mapping:
    result.skip("index")
    result.usual(icon="")
    color = read_color(result, "color") if result.has("color") else ""
    return Mapping(kind=kind, value=value, text=result.short("text"), color=color)  # type: ignore[arg-type]


def _read_old(node: Node) -> Iterator[Mapping]:
    """Of before schema 30: 1 is a value, 2 a range."""
    node.skip("id", "op", "operator")
    kind, text = node.number("type"), node.short("text")
    color = read_color(node, "color") if node.has("color") else ""
    if kind == 2 or (kind is None and node.has("from")):
        node.skip("value")
        yield Mapping(kind="range", low=_bound(node, "from"), high=_bound(node, "to"), text=text, color=color)
        return
    node.skip("from", "to")
    value = node.short("value")
    if value in {"null", "nan"}:
        yield Mapping(kind="special", value=value, text=text, color=color)
    elif value or text:
        yield Mapping(value=value, text=text, color=color)


def _bound(node: Node, key: str) -> float | None:
    if str(node.data.get(key)).lower() in {"null", ""}:
        node.skip(key)
        return None
    return node.number(key)
