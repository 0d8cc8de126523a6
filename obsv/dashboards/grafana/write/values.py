"""Thresholds, what is shown instead of values, and links."""

from __future__ import annotations

from typing import Any, Final

from obsv.dashboards.grafana.colors import from_color
from obsv.dashboards.grafana.patterns import from_pattern
from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.model import Link, Mapping, Threshold

ALL_VARIABLES: Final = "${__all_variables}"
TIME_RANGE: Final = "${__url_time_range}"


def write_thresholds(steps: tuple[Threshold, ...], mode: str | None) -> Json:
    """Steps from the base up."""
    made: Json = {"steps": [{"color": from_color(one.color), "value": one.value} for one in steps]}
    return made | ({"mode": "percentage" if mode == "percent" else mode} if mode else {})


def write_mapping(mapping: Mapping, index: int) -> Json:
    """One mapping."""
    result: dict[str, Any] = {"text": mapping.text, "index": index}
    if mapping.color:
        result["color"] = from_color(mapping.color)
    match mapping.kind:
        case "value":
            options: Json = {mapping.value: result}
        case "range":
            options = {"from": mapping.low, "to": mapping.high, "result": result}
        case "regex":
            options = {"pattern": from_pattern(mapping.value), "result": result}
        case "special":
            options = {"match": mapping.value, "result": result}
    return {"type": mapping.kind, "options": options}


def write_link(link: Link) -> Json:
    """A link of a panel or value; the time goes along in its address."""
    url = f"{link.url}{'&' if '?' in link.url else '?'}{TIME_RANGE}" if link.keep_time else link.url
    return {"title": link.title, "url": url, "targetBlank": link.new_tab}


def write_dashboard_link(link: Link) -> Json:
    """A link of the dashboard, which has flags for what goes along."""
    url, variables, rest = link.url.partition(ALL_VARIABLES)
    goes_along = bool(variables) and not rest
    return {
        "type": "link",
        "icon": "external link",
        "title": link.title,
        "url": url.rstrip("?&") if goes_along else link.url,
        "targetBlank": link.new_tab,
        "includeVars": goes_along,
        "keepTime": link.keep_time,
        "asDropdown": False,
        "tags": [],
        "tooltip": "",
    }
