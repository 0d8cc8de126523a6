"""What a panel shows, by Grafana's types of today."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeVar

from obsv.alertmanager import BadMatcher, Matcher, parse_matchers
from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.read.common import (
    calculations,
    read_direction,
    read_legend,
    read_reduce,
    usual_tooltip,
)
from obsv.dashboards.grafana.read.draft import Draft
from obsv.dashboards.grafana.read.html import to_markdown
from obsv.dashboards.grafana.reader import LONG, SHORT, Node
from obsv.dashboards.model import (
    AlertList,
    BarGauge,
    Gauge,
    Heatmap,
    Histogram,
    Pie,
    Stat,
    StateTimeline,
    Table,
    TableSort,
    Text,
    TimeSeries,
    View,
)

T = TypeVar("T")
Scheme = Literal["accent", "grey", "heat", "spectrum"]
_SCHEMES: Final[dict[str, Scheme]] = {
    "Greys": "grey",
    "Oranges": "heat",
    "Spectral": "spectrum",
    "Blues": "accent",
}
_LIKE: Final[dict[Scheme, set[str]]] = {
    "heat": {"Reds", "YlOrRd", "YlOrBr", "OrRd", "Inferno", "Magma", "Plasma", "Warm"},
    "spectrum": {
        "Turbo",
        "Rainbow",
        "Sinebow",
        "Viridis",
        "Cividis",
        "RdYlGn",
        "RdYlBu",
        "RdBu",
        "RdGy",
        "PiYG",
        "PRGn",
    },
}


def _timeseries(options: Node, _: Draft) -> View:
    tooltip = options.node("tooltip")
    tooltip.usual(hideZeros=False, maxHeight=None, maxWidth=None)
    options.usual(orientation="horizontal", timezone=([], ["browser"]), disableKeyboardEvents=False)
    return TimeSeries(
        legend=read_legend(options),
        tooltip=tooltip.pick("mode", names.TOOLTIP, "one"),
        tooltip_sort=tooltip.pick("sort", names.ORDER, ""),
    )


def _stat(options: Node, _: Draft) -> View:
    options.usual(justifyMode="auto", wideLayout=True, percentChangeColorMode="standard", text={})
    spark = options.pick("graphMode", {"none": False, "area": True, "line": True}, True)
    return Stat(
        reduce=read_reduce(options),
        text=options.pick("textMode", names.STAT_TEXT, "auto"),
        color=options.pick("colorMode", names.STAT_COLOR, "value"),
        spark=spark,
        change=options.flag("showPercentChange"),
        direction=read_direction(options),
    )


def _gauge(options: Node, _: Draft) -> View:
    options.usual(sizing="auto", text={}, shape="gauge", sparkline=False, barShape="flat", effects={}, textMode="auto")
    # Sizes and drawing of bars, which ours has of its own.
    options.skip("minVizHeight", "minVizWidth", "barWidthFactor", "segmentCount", "segmentSpacing")
    return Gauge(
        reduce=read_reduce(options),
        marks=options.flag("showThresholdMarkers", True),
        labels=options.flag("showThresholdLabels"),
        direction=read_direction(options),
    )


def _bargauge(options: Node, _: Draft) -> View:
    options.usual(valueMode="color", namePlacement="auto", text={})
    options.skip("minVizHeight", "minVizWidth", "maxVizHeight", "sizing")
    if read_legend(options).show and options.has("legend"):
        options.tell("a bar gauge has no legend here")
    return BarGauge(
        reduce=read_reduce(options),
        direction=read_direction(options),
        style=options.pick("displayMode", names.BAR_STYLE, "gradient"),
        unfilled=options.flag("showUnfilled", True),
    )


def _barchart(options: Node, draft: Draft) -> View:
    """Bars of categories are a bar gauge, bars over time a time series."""
    usual_tooltip(options)
    options.usual(
        text={}, fullHighlight=False, barRadius=0, xTickLabelRotation=0, xTickLabelSpacing=0, showValue="auto"
    )
    options.skip("groupWidth", "barWidth", "xTickLabelMaxLength")
    stacked, legend = options.short("stacking"), read_legend(options)
    if draft.is_instant:
        options.skip("xField")
        options.tell("a bar chart is a bar gauge here, one bar a series", "warning")
        return BarGauge(direction=read_direction(options), style="basic", unfilled=False)
    options.skip("orientation")
    options.usual(xField=("Time", "time"))
    options.tell("a bar chart is a time series of bars here", "warning")
    draft.set_field(draw="bars", stack=names.STACK.get(stacked, "none"))
    return TimeSeries(legend=legend)


def _table(options: Node, _: Draft) -> View:
    footer = options.node("footer")
    footer.usual(fields=("", []), countRows=False, enablePagination=False)
    options.usual(
        frameIndex=0, enablePagination=False, showTypeIcons=False, frozenColumns={}, disableKeyboardEvents=False
    )
    options.skip("maxRowHeight")
    shown, reducers = footer.flag("show"), calculations(footer, "reducer")
    sort = tuple(
        TableSort(column=one.short("displayName"), descending=one.flag("desc")) for one in options.nodes("sortBy")
    )
    return Table(
        header=options.flag("showHeader", True),
        height=options.pick("cellHeight", names.CELL_HEIGHT, "small"),
        footer=reducers[0] if shown and reducers else "",
        sort=sort,
    )


def _piechart(options: Node, _: Draft) -> View:
    usual_tooltip(options)
    options.usual(text={}, sort="desc")
    options.skip("orientation")
    legend = options.node("legend")
    return Pie(
        reduce=read_reduce(options),
        donut=options.pick("pieType", {"pie": False, "donut": True}, False),
        labels=_known(options, "displayLabels", names.PIE_LABELS),
        legend=read_legend(options),
        legend_values=_known(legend, "values", names.PIE_LEGEND),
    )


def _known(node: Node, key: str, table: Mapping[str, T]) -> tuple[T, ...]:
    chosen = dict.fromkeys(node.texts(key))
    for one in chosen:
        if one not in table:
            node.tell(f"`{node.path}{key}` ({one!r}) is not known here")
    return tuple(table[one] for one in chosen if one in table)


def _timeline(options: Node, _: Draft) -> View:
    return _states(options, steps=False)


def _history(options: Node, _: Draft) -> View:
    options.skip("colWidth")
    return _states(options, steps=True)


def _states(options: Node, *, steps: bool) -> View:
    usual_tooltip(options)
    options.usual(alignValue="left", perPage=None, timezone=([], ["browser"]))
    height = options.number("rowHeight")
    return StateTimeline(
        merge=options.flag("mergeValues", True),
        show_values=options.pick("showValue", names.SHOW_VALUES, "auto"),
        row_height=0.9 if height is None else min(max(float(height), 0.0), 1.0),
        steps=steps,
        legend=read_legend(options),
    )


def _histogram(options: Node, _: Draft) -> View:
    usual_tooltip(options)
    options.usual(bucketOffset=0, bucketCount=30)
    return Histogram(
        bucket=max(options.number("bucketSize") or 0.0, 0.0),
        combine=options.flag("combine"),
        legend=read_legend(options),
    )


def _heatmap(options: Node, draft: Draft) -> View:
    usual_tooltip(options)
    options.usual(
        showValue=("never", "auto"), selectionMode="x", filterValues={"le": 1e-9}, cellGap=(0, 1, 2), cellRadius=0
    )
    options.usual(cellValues={}, exemplars={"color": "rgba(255,0,255,0.7)"})
    axis = options.node("yAxis")
    axis.usual(
        axisPlacement=("left", "auto"), reverse=False, axisWidth=None, axisColorMode="text", axisCenteredZero=False
    )
    unit, label, decimals = axis.short("unit"), axis.short("axisLabel"), axis.whole("decimals", 0, 15)
    draft.set_field(unit=unit or None, axis_label=label or None, decimals=decimals)
    draft.set_field(min=axis.number("min"), max=axis.number("max"))
    values = options.flag("calculate")
    return Heatmap(
        source="values" if values else "auto",
        scheme=_scheme(options.node("color")),
        scale=_color_scale(options.node("color")),
        y_scale=_y_scale(options, values),
        legend=options.node("legend").flag("show", True),
    )


def _scheme(color: Node) -> Scheme:
    color.usual(reverse=False, min=None, max=None)
    color.skip("steps")
    if color.short("mode") == "opacity":
        color.skip("fill", "scheme")
        return "accent"
    color.skip("fill")
    scheme = color.short("scheme") or "Oranges"
    if scheme in _SCHEMES:
        return _SCHEMES[scheme]
    for like, theirs in _LIKE.items():
        if scheme in theirs:
            color.tell(f"the colour scheme {scheme!r} is {like!r} here")
            return like
    color.tell(f"the colour scheme {scheme!r} is 'accent' here")
    return "accent"


def _color_scale(color: Node) -> Literal["linear", "sqrt", "log"]:
    exponent = color.number("exponent")
    if color.short("scale") == "linear" or exponent == 1:
        return "linear"
    return "sqrt" if exponent is None or exponent >= 0.4 else "log"


def _y_scale(options: Node, calculated: bool) -> Literal["linear", "log2", "log10"]:
    calculation, rows = options.node("calculation"), options.node("rowsFrame")
    if not calculated:
        options.skip("calculation")
        rows.usual(layout=("auto", "le"), value="")
    for key in ("xBuckets", "yBuckets"):
        buckets = calculation.node(key)
        if calculated and (buckets.has("mode") or buckets.has("value")):
            mode, value = buckets.short("mode") or "count", buckets.short("value")
            buckets.tell(f"how values are put into buckets ({mode} {value}) is chosen here")
    scale = calculation.node("yBuckets").node("scale") if calculated else rows.node("yBucketScale")
    if scale.short("type") != "log":
        return "linear"
    return "log2" if scale.number("log") in {2, None} else "log10"


def _text(options: Node, _: Draft) -> View:
    code = options.node("code")
    code.usual(showLineNumbers=False, showMiniMap=False)
    language, mode, content = code.short("language"), options.short("mode") or "markdown", options.text("content")
    options.usual(renderMode="once")
    if mode == "html":
        content, lost = to_markdown(content)
        for one in lost:
            options.tell(f"HTML in a text became Markdown without {one}")
    elif mode == "code":
        content = f"```{'' if language == 'plaintext' else language}\n{content}\n```"
    else:
        code.skip("language")
    return Text(markdown=content[:LONG])


def _alertlist(options: Node, _: Draft) -> View:
    """Of Grafana's alerting, old and new: alerts of this instance, by their labels and a part of their name."""
    options.usual(viewMode="list", groupMode="default", groupBy=([], None), dashboardAlerts=False, folder=(None, ""))
    options.usual(onlyAlertsOnDashboard=False, dashboardTitle="", tags=[], folderId=None, dashboardFilter="")
    options.skip("datasource", "showInstances", "showInactiveAlerts", "alertName", "nameFilter")
    matchers = _matchers(options)
    if name := options.short("alertName") or options.short("nameFilter"):
        matchers.append(str(Matcher("alertname", "=~", f".*{re.escape(name)}.*")))
    states = options.data.get("stateFilter")
    options.skip("stateFilter")
    if isinstance(states, dict) and any(states.get(one) for one in ("pending", "normal", "noData")):
        options.tell("alerts that are pending, normal or without data are not listed here")
    most = options.number("maxItems") or options.number("limit") or 20
    options.skip("limit")
    return AlertList(
        matchers=tuple(one[:SHORT] for one in matchers),
        history=options.pick("show", {"current": False, "changes": True}, False),
        sort=names.ALERT_ORDER.get(int(options.number("sortOrder") or 1), "newest"),
        most=int(min(max(most, 1), 200)),
    )


def _matchers(options: Node) -> list[str]:
    text = options.text("alertInstanceLabelFilter")
    try:
        return [str(one) for one in parse_matchers(text)] if text else []
    except BadMatcher as bad:
        options.tell(f"the labels of alerts cannot be read here: {bad}", "warning")
        return []


ViewReader = Callable[[Node, Draft], View]
VIEWS: Final[dict[str, ViewReader]] = {
    "timeseries": _timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bargauge,
    "barchart": _barchart,
    "table": _table,
    "piechart": _piechart,
    "state-timeline": _timeline,
    "status-history": _history,
    "histogram": _histogram,
    "heatmap": _heatmap,
    "text": _text,
    "alertlist": _alertlist,
}
