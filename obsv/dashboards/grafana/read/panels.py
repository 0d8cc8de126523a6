"""Panels: what each asks, how it is shown, and a placeholder for what has no counterpart."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.dashboards.grafana.legacy import upgraded
from obsv.dashboards.grafana.read.draft import Draft
from obsv.dashboards.grafana.read.fields import read_field
from obsv.dashboards.grafana.read.links import read_links
from obsv.dashboards.grafana.read.overrides import read_overrides
from obsv.dashboards.grafana.read.queries import Asked, read_targets
from obsv.dashboards.grafana.read.sources import Sources
from obsv.dashboards.grafana.read.transformations import apply_transformations
from obsv.dashboards.grafana.read.views import VIEWS
from obsv.dashboards.grafana.reader import SHORT, Json, Node
from obsv.dashboards.model import (
    BarGauge,
    Field,
    Gauge,
    Grid,
    Override,
    Panel,
    Placeholder,
    Repeat,
    Stat,
    Text,
    Threshold,
    TimeSeries,
)

MAX_SOURCE: Final = 200_000
GRAFANA_THRESHOLDS: Final = (Threshold(color="ok"), Threshold(value=80, color="bad"))
"""What Grafana colours single values by where a panel says nothing."""
_DURATION: Final = re.compile(r"\d+(?:ms|[smhdwMy])|\$\w+|\$\{\w+\}")
# What Grafana's editors and older panels leave behind; nothing that a panel of today shows depends on it.
_LEFT: Final = (
    "id", "type", "pluginVersion", "cacheTimeout", "queryCachingTTL", "scopedVars", "repeatIteration", "repeatPanelId",
    "repeatRowId", "repeatedByRow", "span", "height", "minSpan", "editable", "error", "isNew", "renderer",
    "timeRegions",
    "aliasColors", "bars", "dashLength", "dashes", "fill", "fillGradient", "hiddenSeries", "legend", "lines",
    "linewidth", "nullPointMode", "percentage", "pointradius", "points", "seriesOverrides", "spaceLength", "stack",
    "steppedLine", "thresholds", "tooltip", "xaxis", "yaxes", "yaxis", "grid", "decimals", "colors", "colorBackground",
    "colorValue", "format", "gauge", "mappingType", "mappingTypes", "nullText", "postfix", "postfixFontSize", "prefix",
    "prefixFontSize", "rangeMaps", "sparkline", "tableColumn", "valueFontSize", "valueMaps", "valueName", "styles",
    "columns", "fontSize", "pageSize", "scroll", "showHeader", "sort", "transform", "heatmap", "hideZeroBuckets",
    "highlightCards", "reverseYBuckets", "yBucketBound", "yBucketNumber", "yBucketSize", "xAxis", "yAxis",
    "xBucketNumber",
    "xBucketSize", "dataFormat", "cards", "color", "tooltipDecimals", "breakPoint", "pieType", "strokeWidth", "combine",
    "legendType", "content", "mode", "showTitle", "titleSize", "hideTimeOverride", "autoMigrateFrom", "collapse",
    "collapsed", "panels", "x-axis", "y-axis", "y_formats", "x", "y", "fieldOptions", "headings", "_v", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """What a panel may need of the document that it stands in."""

    sources: Sources
    panels: Mapping[float, Json]
    library: Mapping[str, Json]

    def panel(self, number: float) -> Json | None:
        """Another panel, by its id in Grafana."""
        return self.panels.get(number)


def read_panel(node: Node, grid: Grid, document: Document) -> Panel:
    """A panel in its place; one without a counterpart is a placeholder that keeps the whole of it."""
    number, title = node.panel
    panel = Panel(id=number, title=title[:SHORT], grid=grid)
    original = node
    if (missing := _from_library(node, document)) is not None:
        node = missing
    kind, node = upgraded(node)
    if kind not in VIEWS:
        return _placeholder(original, panel, document, kind, f"there are no {kind or 'nameless'} panels here")
    asked = read_targets(node, document.sources, document.panel)
    if asked.foreign and not asked.queries:
        return _placeholder(original, panel, document, kind, f"it asks {', '.join(asked.foreign)}, not Prometheus")
    for source, target in asked.foreign.items():
        target.read_all(target.data)
        target.tell(f"a query to {source} was left out", "error")
    return _with_frame(node, _shown(node, kind, panel, asked))


def _from_library(node: Node, document: Document) -> Node | None:
    """A library panel with the model that the document brings along for it."""
    if not node.has("libraryPanel"):
        node.skip("libraryPanel")
        return None
    library = node.node("libraryPanel")
    library.skip("name", "folderUid", "meta", "version", "description", "type", "schemaVersion")
    element, model = document.library.get(library.short("uid")), library.data.get("model")
    found = element.get("model") if element is not None else model
    library.skip("model")
    if not isinstance(found, dict):
        return None
    rest = node.rest("libraryPanel")
    return node.rewritten({**found, **{key: rest[key] for key in ("id", "gridPos", "title") if key in rest}})


def _kept(node: Node, sources: Sources) -> Json:
    """The panel without what it has here too, and with sources that say of which kind they are."""
    made = {key: value for key, value in node.data.items() if key not in {"id", "gridPos", "title"}}
    if isinstance(targets := made.get("targets"), list):
        made["targets"] = [_with_source(one, sources) if isinstance(one, dict) else one for one in targets]
    return _with_source(made, sources)


def _with_source(data: Json, sources: Sources) -> Json:
    return {**data, "datasource": _typed(data["datasource"], sources)} if data.get("datasource") else data


def _typed(value: object, sources: Sources) -> object:
    source = sources.of(value)
    if source.kind != "other" or (isinstance(value, dict) and value.get("type")):
        return value
    return {"type": source.name, "uid": value.get("uid") if isinstance(value, dict) else value}


def _placeholder(node: Node, panel: Panel, document: Document, kind: str, reason: str) -> Panel:
    node.read_all(node.data)
    source = json.dumps(_kept(node, document.sources), ensure_ascii=False)
    if len(source) > MAX_SOURCE:
        node.tell("the panel is too large to be kept for an export", "error")
        source = ""
    node.tell(f"a placeholder stands for the panel: {reason}", "error")
    view = Placeholder(was=kind[:SHORT], reason=reason[:SHORT], source=source)
    return msgspec.structs.replace(panel, view=view, description=str(node.data.get("description") or "")[:20_000])


def _shown(node: Node, kind: str, panel: Panel, asked: Asked) -> Panel:
    """The panel with what it asks and how that is shown."""
    config = node.node("fieldConfig")
    overrides = [_renamed(one, asked) for one in read_overrides(config.nodes("overrides"), kind)]
    draft = Draft(node, kind, read_field(config, kind), overrides, asked.queries, TimeSeries())
    draft.view = VIEWS[kind](node.node("options"), draft)
    apply_transformations(draft)
    if isinstance(draft.view, Stat | Gauge | BarGauge) and not config.node("defaults").has("thresholds"):
        draft.set_field(thresholds=GRAFANA_THRESHOLDS)
    if isinstance(draft.view, Text):
        draft.field, draft.overrides, draft.queries = Field(), [], []
    return msgspec.structs.replace(
        panel,
        view=draft.view,
        field=draft.field,
        overrides=tuple(draft.overrides),
        queries=tuple(draft.queries),
    )


def _renamed(override: Override, asked: Asked) -> Override:
    """The override by the reference that its query has here."""
    if override.by != "ref" or override.match not in asked.renamed:
        return override
    return msgspec.structs.replace(override, match=asked.renamed[override.match])


def _with_frame(node: Node, panel: Panel) -> Panel:
    """What panels of every kind have."""
    _of_elsewhere(node)
    return msgspec.structs.replace(
        panel,
        title=node.short("title"),
        description=node.text("description"),
        links=read_links(node.nodes("links")),
        repeat=read_repeat(node),
        last=_duration(node, "timeFrom"),
        shift=_duration(node, "timeShift"),
        max_points=node.whole("maxDataPoints", 0, 10_000) or 0,
        transparent=node.flag("transparent"),
    )


def _of_elsewhere(node: Node) -> None:
    """What goes with a panel in Grafana, but has a place of its own here, or none."""
    node.skip("gridPos", *(key for key in _LEFT if key in node.data))
    if node.has("alert"):
        node.read_all(node.data["alert"])
        node.tell("the alert rule of the panel was left out: rules have a place of their own", "warning")
    node.skip("alert")


def read_repeat(node: Node) -> Repeat | None:
    """For which variable's values a panel or row is there once each."""
    variable = node.short("repeat")
    direction = node.pick("repeatDirection", {"h": "h", "v": "v"}, "h")
    most = node.whole("maxPerRow", 1, 24)
    if not variable:
        return None
    return Repeat(variable=variable, direction="v" if direction == "v" else "h", most=most or 4)


def _duration(node: Node, key: str) -> str:
    text = node.short(key).strip()
    if text and not _DURATION.fullmatch(text):
        node.tell(f"`{key}` ({text!r}) is not a duration, and was left out", "warning")
        return ""
    return text
