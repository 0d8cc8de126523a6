"""How an imported panel is shown: fields, mappings, overrides, each kind of panel, tables."""

from __future__ import annotations

import pytest

from obsv.dashboards.model import (
    AlertList,
    BarGauge,
    Column,
    Field,
    Gauge,
    GroupColumn,
    Heatmap,
    Histogram,
    Legend,
    Mapping,
    Override,
    Pie,
    Placeholder,
    Reduce,
    Stat,
    StateTimeline,
    Table,
    TableSort,
    Text,
    Threshold,
    TimeSeries,
)
from tests.dashboards.grafana.documents import (
    field,
    panel,
)
from tests.dashboards.grafana.imports import imported, one, said


def test_fields_of_a_time_series():
    custom = {
        "drawStyle": "bars",
        "lineInterpolation": "stepAfter",
        "lineWidth": 3,
        "fillOpacity": 25,
        "lineStyle": {"fill": "dash", "dash": [4, 2]},
        "stacking": {"mode": "percent", "group": "B"},
        "spanNulls": 300_000,
        "axisPlacement": "right",
        "scaleDistribution": {"type": "log", "log": 10},
        "thresholdsStyle": {"mode": "dashed"},
        "hideFrom": {"viz": False, "legend": True, "tooltip": False},
    }
    steps = [{"color": "green", "value": None}, {"color": "#EAB839", "value": 70}]
    thresholds = {"mode": "percentage", "steps": steps}
    made = one(
        field(unit="bytes", decimals=2, min=0, thresholds=thresholds, custom=custom, color={"mode": "thresholds"})
    )
    assert made.field == Field(
        unit="bytes",
        decimals=2,
        min=0,
        color="thresholds",
        thresholds=(Threshold(color="ok"), Threshold(value=70, color="#eab839")),
        thresholds_are="percent",
        draw="bars",
        line="step-after",
        width=3,
        fill=25,
        dash=(4, 2),
        stack="percent",
        stack_group="B",
        gaps="connect",
        gap_over="5m",
        axis="right",
        scale="log10",
        threshold_marks="dashed",
        hide_from=("legend",),
    )


def test_value_mappings():
    mappings = [
        {"type": "value", "options": {"1": {"text": "up", "color": "green", "index": 0}, "0": {"text": "down"}}},
        {"type": "range", "options": {"from": 2, "to": None, "result": {"text": "many"}}},
        {"type": "regex", "options": {"pattern": "/v(.*)/i", "result": {"text": "version"}}},
        {"type": "special", "options": {"match": "null+nan", "result": {"text": "none"}}},
    ]
    assert one(field(mappings=mappings)).field.mappings == (
        Mapping(value="1", text="up", color="ok"),
        Mapping(value="0", text="down"),
        Mapping(kind="range", low=2, text="many"),
        Mapping(kind="regex", value="[vV](.*)", text="version"),
        Mapping(kind="special", value="null", text="none"),
        Mapping(kind="special", value="nan", text="none"),
    )


def test_overrides_by_every_matcher():
    matchers = [
        {"id": "byName", "options": "a"},
        {"id": "byRegexp", "options": "/a.*/"},
        {"id": "byFrameRefID", "options": "B"},
        {"id": "byType", "options": "number"},
        {"id": "byNames", "options": {"mode": "include", "names": ["a", "b"]}},
        {"id": "byValue", "options": {"reducer": "allIsZero"}},
        {"id": "byValue", "options": {"reducer": "max", "op": "gte", "value": 3}},
    ]
    overrides = [{"matcher": one, "properties": [{"id": "unit", "value": "s"}]} for one in matchers]
    made = one({**panel("timeseries", "up"), "fieldConfig": {"defaults": {}, "overrides": overrides}})
    assert [(one.by, one.match) for one in made.overrides] == [
        ("name", "a"),
        ("regex", "a.*"),
        ("ref", "B"),
        ("type", "number"),
        ("name", "a"),
        ("name", "b"),
        ("value", "zero"),
        ("value", "max >= 3"),
    ]
    assert {one.set for one in made.overrides} == {Field(unit="s")}


def test_single_values_have_grafanas_own_thresholds_where_a_panel_says_nothing():
    assert one(panel("stat", "up")).field.thresholds == (Threshold(color="ok"), Threshold(value=80, color="bad"))
    assert one(panel("timeseries", "up")).field.thresholds is None


VIEWS = [
    (
        "stat",
        {"reduceOptions": {"calcs": ["mean"]}, "colorMode": "background", "graphMode": "none", "textMode": "name"},
        Stat(reduce=Reduce(calc="mean"), color="background", text="name"),
    ),
    (
        "gauge",
        {"reduceOptions": {"calcs": ["max"], "values": True, "limit": 3}, "showThresholdLabels": True},
        Gauge(reduce=Reduce(calc="max", rows=3), labels=True),
    ),
    ("bargauge", {"displayMode": "lcd", "orientation": "vertical"}, BarGauge(style="cells", direction="v")),
    (
        "piechart",
        {"pieType": "donut", "displayLabels": ["percent"], "legend": {"placement": "right", "values": ["value"]}},
        Pie(donut=True, labels=("percent",), legend_values=("value",)),
    ),
    ("histogram", {"bucketSize": 5, "combine": True}, Histogram(bucket=5, combine=True)),
    ("state-timeline", {"mergeValues": False, "rowHeight": 0.5}, StateTimeline(merge=False, row_height=0.5)),
    ("status-history", {"showValue": "never"}, StateTimeline(steps=True, show_values="never")),
    (
        "heatmap",
        {"calculate": True, "color": {"scheme": "Spectral", "exponent": 1}, "legend": {"show": False}},
        Heatmap(source="values", scheme="spectrum", scale="linear", legend=False),
    ),
    ("text", {"mode": "markdown", "content": "# Hello"}, Text(markdown="# Hello")),
    (
        "timeseries",
        {"legend": {"calcs": ["lastNotNull"], "sortBy": "Last *"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        TimeSeries(legend=Legend(calcs=("last-not-null",), sort="last-not-null"), tooltip_sort="desc"),
    ),
]


@pytest.mark.parametrize(("kind", "options", "view"), VIEWS, ids=[kind for kind, _, _ in VIEWS])
def test_each_kind_of_panel(kind, options, view):
    assert one({**panel(kind, "up"), "options": options}).view == view


@pytest.mark.parametrize("kind", ["logs", "news", "canvas", "geomap", "dashlist", "some-plugin-panel", ""])
def test_kinds_that_are_not_here_are_placeholders(kind):
    made = imported(panel(kind, "up"))
    assert isinstance(made.dashboard.panels[0].view, Placeholder)
    assert [note.severity for note in made.report] == ["error"]


def test_html_becomes_markdown_without_its_scripts():
    html = "<h2>Hi</h2><p>A <b>bold</b> <a href='https://example.org'>link</a></p><script>alert(1)</script>"
    made = imported({**panel("text"), "options": {"mode": "html", "content": html}})
    assert made.dashboard.panels[0].view == Text(markdown="## Hi\n\nA **bold** [link](https://example.org)")
    assert "<script>" in said(made.report)


def test_a_link_with_a_script_is_left_out():
    made = imported({**panel(), "links": [{"title": "x", "url": "javascript:alert(1)"}]})
    assert made.dashboard.panels[0].links == ()
    assert "left out" in said(made.report)


def test_transformations_of_a_table():
    steps = [
        {"id": "joinByField", "options": {"byField": "pod", "mode": "outer"}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time 1": True, "job 1": True, "job 2": True},
                "indexByName": {"Value #B": 0, "pod": 1},
                "renameByName": {"Value #A": "CPU", "pod": "Pod"},
            },
        },
    ]
    data = {
        **panel("table", "a", "b"),
        "transformations": steps,
        "options": {"sortBy": [{"displayName": "CPU", "desc": True}]},
    }
    for target in data["targets"]:
        target["instant"] = True
    data["fieldConfig"] = {
        "defaults": {},
        "overrides": [{"matcher": {"id": "byName", "options": "CPU"}, "properties": [{"id": "unit", "value": "s"}]}],
    }
    made = one(data)
    assert made.view == Table(
        join="pod",
        columns=(
            Column(name="Value #B"),
            Column(name="pod", title="Pod"),
            Column(name="job", hidden=True),
            Column(name="Value #A", title="CPU"),
        ),
        sort=(TableSort(column="Value #A", descending=True),),
    )
    assert made.overrides == (Override(match="Value #A", set=Field(unit="s")),)


def test_a_table_that_is_grouped():
    fields = {
        "pod": {"operation": "groupby", "aggregations": []},
        "Value": {"operation": "aggregate", "aggregations": ["max"]},
    }
    steps = [
        {"id": "groupBy", "options": {"fields": fields}},
        {"id": "organize", "options": {"renameByName": {"Value (max)": "Most"}}},
    ]
    assert one({**panel("table", "a"), "transformations": steps}).view == Table(
        group=(GroupColumn(name="pod"), GroupColumn(name="Value", calc="max")),
        columns=(Column(name="Value", title="Most"),),
    )


def test_a_transformation_that_is_not_here_is_told():
    made = imported(
        {**panel("table", "a"), "transformations": [{"id": "calculateField", "options": {"mode": "binary"}}]}
    )
    assert [note.severity for note in made.report] == ["warning"]


def test_a_list_of_alerts():
    options = {
        "viewMode": "list",
        "groupMode": "default",
        "groupBy": [],
        "maxItems": 7,
        "sortOrder": 3,
        "dashboardAlerts": False,
        "alertName": "Disk+",
        "alertInstanceLabelFilter": '{severity="critical", team=~"$team"}',
        "stateFilter": {"firing": True, "pending": True, "noData": False, "normal": False, "error": True},
    }
    made = imported({"type": "alertlist", "id": 1, "title": "A", "options": options})
    (found,) = made.dashboard.panels
    matchers = ('severity="critical"', 'team=~"$team"', r'alertname=~".*Disk\\+.*"')
    assert found.view == AlertList(matchers=matchers, sort="severity", most=7)
    assert said(made.report) == "alerts that are pending, normal or without data are not listed here"
    older = one(
        {"type": "alertlist", "id": 1, "title": "A", "options": {"show": "changes", "limit": 5, "sortOrder": 5}}
    )
    assert older.view == AlertList(history=True, sort="newest", most=5)
    wrong = imported({"type": "alertlist", "id": 1, "title": "A", "options": {"alertInstanceLabelFilter": "{a"}})
    assert wrong.dashboard.panels[0].view == AlertList(sort="name")
    assert "the labels of alerts cannot be read here" in said(wrong.report)
