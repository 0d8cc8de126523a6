"""Our own dashboards as Grafana has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from obsv.dashboards.grafana import export_dashboard, import_dashboard
from obsv.dashboards.model import (
    AlertList,
    AnnotationQuery,
    Choice,
    Column,
    Dashboard,
    Field,
    Grid,
    GroupColumn,
    Heatmap,
    Link,
    Mapping,
    Override,
    Panel,
    Placeholder,
    Query,
    Repeat,
    Row,
    Stat,
    StateTimeline,
    Table,
    TableSort,
    Text,
    Threshold,
    TimeRange,
    TimeSeries,
    Variable,
)

EVERY_FIELD = Field(
    unit="bytes",
    decimals=1,
    min=0,
    max=10,
    name="N",
    color="#123456",
    no_value="-",
    thresholds=(Threshold(color="ok"), Threshold(value=5, color="warn")),
    thresholds_are="percent",
    mappings=(Mapping(value="1", text="one"), Mapping(kind="range", low=1, high=2, text="few", color="bad")),
    links=(Link(title="L", url="https://example.org/a", new_tab=True, keep_time=True),),
    draw="bars",
    line="smooth",
    width=2,
    dash=(3, 4),
    fill=20,
    fill_below="x",
    points="always",
    point_size=6,
    stack="normal",
    stack_group="G",
    gaps="connect",
    gap_over="1m",
    negate=True,
    axis="right",
    axis_label="bytes",
    scale="symlog",
    soft_min=1,
    soft_max=9,
    center_zero=True,
    threshold_marks="area",
    hide_from=("chart", "legend", "tooltip"),
    cell="gauge",
    align="right",
    column_width=120,
    filterable=True,
)
GROUPED = Table(
    group=(
        GroupColumn(name="pod"),
        GroupColumn(name="Value", calc="max"),
        GroupColumn(name="Value", calc="last-not-null"),
    ),
    columns=(Column(name="Value (last-not-null)", title="Now"), Column(name="pod", hidden=True)),
    sort=(TableSort(column="Value (last-not-null)"),),
    only_named=True,
)
REDUCED = Table(calcs=("max", "mean"), columns=(Column(name="Field", title="Name"), Column(name="max", title="Most")))
JOINED = Table(join="pod", columns=(Column(name="pod"), Column(name="node"), Column(name="Value #B")), footer="sum")
PANELS = (
    Panel(id=1, title="A", grid=Grid(w=24), queries=(Query(expr="up", legend="{{job}}"),), field=EVERY_FIELD),
    Panel(
        id=2,
        title="B",
        grid=Grid(y=8),
        view=Stat(spark=True, change=True),
        queries=(Query(expr="up", at="both", step="1m", hidden=True),),
        field=Field(thresholds=(Threshold(color="text"), Threshold(value=1, color="violet"))),
        overrides=(
            Override(match="a", set=EVERY_FIELD),
            Override(by="regex", match="b.*", set=Field(dash=(), gaps="gap", negate=False, stack="none")),
            Override(by="ref", match="A", set=Field(color="series")),
            Override(by="value", match="max >= 2.5", set=Field(color="value")),
        ),
        repeat=Repeat(variable="q", most=6),
        last="6h",
        shift="1d",
        max_points=100,
        transparent=True,
    ),
    Panel(
        id=3,
        title="C",
        grid=Grid(x=12, y=8),
        view=Heatmap(y_scale="log2"),
        queries=(Query(expr="a"),),
        field=Field(unit="s"),
    ),
    Panel(id=4, title="Folded", grid=Grid(y=16, w=24, h=1), view=Row(folded=True)),
    Panel(id=5, title="D", grid=Grid(y=17), view=GROUPED, queries=(Query(expr="a", at="instant"),)),
    Panel(id=6, title="E", grid=Grid(x=12, y=17), view=REDUCED, queries=(Query(expr="a"),)),
    Panel(id=7, title="Row", grid=Grid(y=25, w=24, h=1), view=Row()),
    Panel(
        id=8,
        title="F",
        grid=Grid(y=26),
        view=JOINED,
        queries=(Query(expr="a", at="instant"), Query(ref="B", expr="b", at="instant")),
        overrides=(Override(match="node", set=Field(column_width=80)),),
    ),
    Panel(id=9, grid=Grid(x=12, y=26), view=Text(markdown="# Hello")),
    Panel(id=10, title="G", grid=Grid(y=34), view=StateTimeline(steps=True), queries=(Query(expr="up"),)),
)
WHOLE = Dashboard(
    key="whole",
    title="Whole",
    description="All of it",
    tags=("a", "b"),
    time=TimeRange(start="now-2d", end="now-1d"),
    refresh="1m",
    zone="Europe/Berlin",
    variables=(
        Variable(
            name="q",
            label="Q",
            query="label_values(up, job)",
            regex="a(.*)",
            multi=True,
            all=True,
            value=("x", "y"),
            refresh="time",
        ),
        Variable(
            name="c", kind="custom", options=(Choice(value="a,b", text="A"), Choice(value="c")), value=("c",), sort=""
        ),
        Variable(
            name="i", kind="interval", options=(Choice(value="$__interval", text="auto"), Choice(value="5m")), sort=""
        ),
        Variable(name="t", kind="text", query="x", sort="", hide="variable"),
        Variable(name="f", kind="filters", value=('job!="a"',), sort=""),
    ),
    annotations=(
        AnnotationQuery(name="Deploys", tags=("deploy",), color="blue"),
        AnnotationQuery(name="Restarts", source="expression", expr="resets(a[5m])", title="again", enabled=False),
    ),
    links=(Link(title="Docs", url="https://example.org/?${__all_variables}", keep_time=True),),
    panels=PANELS,
)


def exported(*panels: Panel, **more: Any) -> dict[str, Any]:
    return export_dashboard(Dashboard(key="k", title="T", panels=panels, **more))


def test_all_that_both_have_comes_back():
    back = import_dashboard(json.loads(json.dumps(export_dashboard(WHOLE))))
    assert back.dashboard == WHOLE
    assert [note.what for note in back.report if note.severity != "info"] == []


def test_folded_rows_hold_their_panels():
    out = export_dashboard(WHOLE)["panels"]
    folded = next(one for one in out if one["id"] == 4)
    assert [one["id"] for one in folded["panels"]] == [5, 6]
    assert [(one["id"], one["gridPos"]["y"]) for one in out] == [
        (1, 0),
        (2, 8),
        (3, 8),
        (4, 16),
        (7, 17),
        (8, 18),
        (9, 18),
        (10, 26),
    ]


def test_every_query_asks_the_source_of_a_variable():
    taken = Variable(name="datasource", query="label_values(a, b)")
    out = exported(Panel(id=1, queries=(Query(expr="up"),)), variables=(taken,))
    source, other = out["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource_", "datasource", "prometheus")
    assert other["datasource"]["uid"] == "${datasource_}"
    assert out["panels"][0]["targets"][0]["datasource"] == {"type": "prometheus", "uid": "${datasource_}"}


def test_a_placeholder_is_what_it_was():
    was = {"type": "logs", "title": "L", "id": 3, "gridPos": {"x": 1, "y": 2, "w": 3, "h": 4}, "options": {"a": [1]}}
    dashboard = import_dashboard({"title": "T", "panels": [was]}).dashboard
    assert export_dashboard(dashboard)["panels"] == [was]


def test_a_placeholder_without_a_model_says_so():
    view = Placeholder(was="logs", reason="too large")
    out = exported(Panel(id=1, view=view))["panels"][0]
    assert (out["type"], out["options"]["content"]) == ("text", "logs: too large")


def test_without_thresholds_grafana_puts_in_none_of_its_own():
    defaults = exported(Panel(id=1, view=Stat(), queries=(Query(expr="up"),)))["panels"][0]["fieldConfig"]["defaults"]
    assert defaults["thresholds"] == {"mode": "absolute", "steps": [{"color": "text", "value": None}]}


def test_a_long_key_is_cut_to_what_grafana_takes():
    out = export_dashboard(Dashboard(key="k" * 60, title="T"))
    other = export_dashboard(Dashboard(key="k" * 61, title="T"))
    assert len(out["uid"]) == 40
    assert out["uid"] != other["uid"]


def test_marks_that_grafana_has_of_its_own_are_left_out():
    marks = (AnnotationQuery(name="a", source="alerts"), AnnotationQuery(name="e"))
    assert [one["name"] for one in exported(annotations=marks)["annotations"]["list"]] == ["e"]


@pytest.mark.parametrize("kind", ["query", "custom", "interval", "text", "constant", "filters"])
def test_a_bare_variable_of_each_kind_goes_out(kind):
    out = exported(variables=(Variable(name="v", kind=kind),))["templating"]["list"][1]
    assert out["name"] == "v"


def test_tables_ask_for_tables_and_heatmaps_for_buckets():
    views = (Table(), Heatmap(), TimeSeries())
    out = exported(*(Panel(id=at + 1, view=view, queries=(Query(expr="a"),)) for at, view in enumerate(views)))[
        "panels"
    ]
    assert [one["targets"][0]["format"] for one in out] == ["table", "heatmap", "time_series"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "severity"])
def test_a_list_of_alerts_comes_back(sort):
    view = AlertList(matchers=('team=~"web|shop"', 'severity!="info"'), sort=sort, most=5)
    whole = Dashboard(key="a", title="A", panels=(Panel(id=1, title="Firing", view=view),))
    back = import_dashboard(json.loads(json.dumps(export_dashboard(whole))))
    assert back.dashboard.panels[0].view == view
    assert [note.what for note in back.report if note.severity != "info"] == []
