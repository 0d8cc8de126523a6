"""What becomes of each part of a document, and that nothing goes without a word."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from obsv.core.errors import Invalid
from obsv.dashboards.grafana import export_dashboard, import_dashboard
from obsv.dashboards.model import (
    Choice,
    Grid,
    Link,
    Placeholder,
    Query,
    Repeat,
    Row,
    Stat,
    TimeSeries,
)
from tests.dashboards.grafana.documents import (
    LOGS,
    OLD,
    PROMETHEUS,
    VARIABLES,
    document,
    dynamic,
    panel,
)
from tests.dashboards.grafana.imports import imported, one, said

# -- the whole ---------------------------------------------------------------------------------------------------------


def test_the_frame_of_a_dashboard():
    made = import_dashboard(OLD).dashboard
    assert (made.key, made.title, made.tags, made.zone, made.refresh) == (
        "old-one",
        "Made by hand",
        ("a",),
        "UTC",
        "10s",
    )
    assert (made.time.start, made.time.end) == ("now-3h", "now")
    assert made.links == (Link(title="Docs", url="https://example.org/?x=1&${__all_variables}", keep_time=True),)
    deploys, restarts = made.annotations
    assert (deploys.source, deploys.tags, deploys.enabled) == ("events", ("deploy",), True)
    assert (restarts.source, restarts.expr, restarts.enabled) == ("expression", "resets(a[5m]) > 0", False)


@pytest.mark.parametrize(
    "envelope",
    [
        lambda inner: {"dashboard": inner, "meta": {"slug": "x"}},
        lambda inner: {"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": inner},
        lambda inner: {"uid": "x", "model": inner},
    ],
)
def test_envelopes_of_the_api_are_opened(envelope):
    assert import_dashboard(envelope(document(panel()))).dashboard.title == "Made by hand"


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"panels": 1}, {"title": "x"}, {"panels": [float("nan")]}])
def test_what_is_no_dashboard_is_refused(wrong):
    with pytest.raises(Invalid):
        import_dashboard(wrong)


@pytest.mark.parametrize("later", [False, True])
def test_dynamic_dashboards_are_read_too(later):
    made = import_dashboard(dynamic(later=later))
    dashboard = made.dashboard
    assert (dashboard.key, dashboard.title, dashboard.refresh, dashboard.zone) == ("dyn", "Dynamic", "5s", "UTC")
    assert [(panel.title, type(panel.view), panel.grid) for panel in dashboard.panels] == [
        ("First", Row, Grid(y=0, w=24, h=1)),
        ("Up", TimeSeries, Grid(x=2, y=1, w=10, h=6)),
        ("Second", Row, Grid(y=7, w=24, h=1)),
        ("Up", TimeSeries, Grid(x=0, y=8, w=8, h=8)),
    ]
    assert dashboard.panels[0].view == Row(folded=True)
    assert dashboard.panels[1].queries == (Query(expr="up", legend="{{job}}", hidden=True, step="1m"),)
    assert dashboard.panels[1].field.unit == "bytes"
    (job,) = dashboard.variables
    assert (job.query, job.sort, job.refresh, job.multi) == ("label_values(up, job)", "number-desc", "time", True)
    assert [one.expr for one in dashboard.annotations] == ["resets(a[5m])"]
    assert [note.what for note in made.report] == ['`weekStart` ("monday") has no counterpart here']


def test_nesting_without_end_is_refused():
    data: Any = []
    for _ in range(10_000):
        data = [data]
    with pytest.raises(Invalid, match="nested"):
        import_dashboard(document(panel(options=data)))


def test_every_unknown_key_is_told_with_its_panel():
    data = panel(fieldConfig={"defaults": {"custom": {"sparkle": 3}}, "overrides": []}, options={"shine": True})
    report = imported(data, glitter={"a": 1}).report
    assert {(note.panel, note.title) for note in report if "sparkle" in note.what or "shine" in note.what} == {(1, "P")}
    assert "glitter" in said(report)


def test_a_plain_panel_is_worth_no_word():
    assert imported(panel("timeseries", "up")).report == ()


# -- the grid ----------------------------------------------------------------------------------------------------------


def test_panels_of_a_folded_row_lie_below_it_and_move_the_rest_down():
    inner = [{**panel(), "id": 3, "gridPos": {"x": 0, "y": 41, "w": 12, "h": 5}}]
    row = {"type": "row", "id": 2, "title": "R", "collapsed": True, "gridPos": {"y": 4, "h": 1}, "panels": inner}
    after = {"type": "row", "id": 4, "title": "S", "collapsed": False, "gridPos": {"y": 5, "h": 1}, "panels": []}
    first = {**panel(), "gridPos": {"x": 0, "y": 0, "w": 24, "h": 4}}
    made = imported(after, row, first).dashboard.panels
    assert [(panel.id, panel.grid.y) for panel in made] == [(1, 0), (2, 4), (3, 5), (4, 10)]
    assert made[1].view == Row(folded=True)
    assert made[3].view == Row(folded=False)


def test_ids_are_kept_where_they_are_free():
    without = {key: value for key, value in panel().items() if key != "id"}
    given = [without, {**panel(), "id": 1}, {**panel(), "id": 1}, {**panel(), "id": 7}, {**panel(), "id": True}]
    placed = [{**data, "gridPos": {"x": 0, "y": at * 8, "w": 12, "h": 8}} for at, data in enumerate(given)]
    assert [panel.id for panel in imported(*placed).dashboard.panels] == [2, 1, 3, 7, 4]


def test_a_place_beyond_the_grid_is_brought_into_it():
    assert one({**panel(), "gridPos": {"x": 23, "y": -4, "w": 12, "h": 0}}).grid == Grid(x=12, y=0, w=12, h=1)


def test_copies_that_a_repeat_left_are_left_out():
    copied = {**panel(), "id": 2, "repeatPanelId": 1, "scopedVars": {"a": {"value": "b"}}}
    made = imported({**panel(), "repeat": "a", "repeatDirection": "v", "maxPerRow": 3}, copied)
    assert [panel.repeat for panel in made.dashboard.panels] == [Repeat(variable="a", direction="v", most=3)]
    assert "copies" in said(made.report)


def test_rows_of_before_grafana_5_become_a_grid():
    old = {"title": "T", "rows": [{"title": "R", "height": "250px", "panels": [{**panel(), "span": 6}] * 2}]}
    made = import_dashboard(old).dashboard.panels
    assert [(type(panel.view), panel.grid) for panel in made] == [
        (Row, Grid(y=0, w=24, h=1)),
        (TimeSeries, Grid(x=0, y=1, w=12, h=7)),
        (TimeSeries, Grid(x=12, y=1, w=12, h=7)),
    ]


def test_a_library_panel_has_the_model_that_comes_along():
    model = panel("stat", "up", title="From the library")
    data = {"id": 9, "gridPos": {"x": 2, "y": 0, "w": 4, "h": 4}, "libraryPanel": {"uid": "u", "name": "n"}}
    made = imported(data, __elements={"u": {"name": "n", "uid": "u", "kind": 1, "model": model}}).dashboard.panels[0]
    assert (made.id, made.title, made.grid.x, type(made.view)) == (9, "From the library", 2, Stat)
    missing = imported(data).dashboard.panels[0]
    assert isinstance(missing.view, Placeholder)


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_queries_are_asked_as_they_were():
    targets = [
        {"refId": "A", "expr": "up", "instant": True, "range": False, "legendFormat": "{{job}}"},
        {"refId": "my query", "expr": "down", "instant": True, "range": True, "interval": "1m"},
        {"refId": "C", "expr": "x", "legendFormat": "__auto", "hide": True},
    ]
    made = imported({**panel(), "interval": ">10s", "targets": targets})
    assert made.dashboard.panels[0].queries == (
        Query(ref="A", expr="up", legend="{{job}}", at="instant", step="10s"),
        Query(ref="B", expr="down", at="both", step="1m"),
        Query(ref="C", expr="x", hidden=True, step="10s"),
    )
    assert "'my query' is called B" in said(made.report)


def test_a_panel_of_another_source_is_a_placeholder_with_all_of_it():
    made = imported({**LOGS, "type": "timeseries", "datasource": {"type": "loki", "uid": "l"}})
    view = made.dashboard.panels[0].view
    assert isinstance(view, Placeholder)
    assert "loki" in view.reason
    assert json.loads(view.source)["targets"] == LOGS["targets"]
    assert [note.severity for note in made.report] == ["error"]


def test_of_mixed_sources_prometheus_is_asked_and_the_rest_told():
    targets = [
        {"refId": "A", "datasource": PROMETHEUS, "expr": "up"},
        {"refId": "B", "datasource": {"type": "loki", "uid": "l"}, "expr": '{a="b"}'},
    ]
    made = imported({**panel(), "datasource": {"uid": "-- Mixed --"}, "targets": targets})
    assert [query.expr for query in made.dashboard.panels[0].queries] == ["up"]
    assert [(note.severity, note.panel) for note in made.report] == [("error", 1)]


def test_a_source_is_known_by_its_variable_or_input():
    loki = {"name": "logs", "type": "datasource", "query": "loki"}
    made = imported({**panel("timeseries", "x"), "datasource": "$logs"}, templating={"list": [loki]})
    assert isinstance(made.dashboard.panels[0].view, Placeholder)
    inputs = [{"name": "DS_LOKI", "type": "datasource", "pluginId": "loki"}]
    made = imported({**panel("timeseries", "x"), "datasource": "${DS_LOKI}"}, __inputs=inputs)
    assert isinstance(made.dashboard.panels[0].view, Placeholder)


def test_another_panels_results_are_asked_for_again():
    shows = {**panel(), "id": 2, "datasource": {"uid": "-- Dashboard --"}, "targets": [{"refId": "A", "panelId": 1}]}
    made = imported(panel("timeseries", "up"), shows).dashboard.panels
    assert [query.expr for query in made[1].queries] == ["up"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$A * 100", "(sum(a)) * 100"),
        ("$A / $B", "(sum(a)) / (sum(b))"),
        ("abs($A - $B)", "abs((sum(a)) - (sum(b)))"),
        ("$A > 3", "(sum(a)) > bool 3"),
    ],
)
def test_server_side_expressions_become_promql(expression, expected):
    math = {"refId": "C", "datasource": {"uid": "__expr__"}, "type": "math", "expression": expression}
    data = panel("timeseries", "sum(a)", "sum(b)")
    data["targets"].append(math)
    assert one(data).queries[2] == Query(ref="C", expr=expected)


def test_an_expression_that_promql_has_not_is_told():
    data = panel("timeseries", "a")
    data["targets"].append({"refId": "B", "datasource": {"uid": "__expr__"}, "type": "sql", "expression": "select 1"})
    made = imported(data)
    assert len(made.dashboard.panels[0].queries) == 1
    assert [note.severity for note in made.report] == ["error"]


@pytest.mark.parametrize(
    ("metricsql", "promql"),
    [
        ("rate(a[5m]) default 0", "rate(a[5m]) or vector(0)"),
        ("sum(a) default sum(b)", "sum(a) or sum(b)"),
        ("a if b", "a and b"),
        ('a{x="no default 0"} ifnot b', 'a{x="no default 0"} unless b'),
    ],
)
def test_words_of_metricsql_become_promqls(metricsql, promql):
    made = imported(panel("timeseries", metricsql))
    assert made.dashboard.panels[0].queries[0].expr == promql
    assert "MetricsQL" in said(made.report)


def test_what_is_no_promql_is_kept_and_told():
    made = imported(panel("timeseries", "sum(("))
    assert made.dashboard.panels[0].queries[0].expr == "sum(("
    assert [note.severity for note in made.report] == ["warning"]


# -- variables ---------------------------------------------------------------------------------------------------------


def test_variables_of_every_kind():
    query, interval, custom, text, filters = imported(templating={"list": VARIABLES}).dashboard.variables
    assert (query.query, query.regex, query.sort, query.refresh) == (
        "label_values(up, instance)",
        "(.*):.*",
        "asc",
        "time",
    )
    assert (query.multi, query.all, query.all_value, query.value) == (True, True, "", ("$__all",))
    assert interval.options == (Choice(value="$__interval", text="auto"), *map(Choice, ("1m", "5m", "1h")))
    assert interval.value == ("$__interval",)
    assert custom.options == (Choice(value="a"), Choice(value="b,c"), Choice(value="d", text="Shown"))
    assert (text.kind, text.query, text.value) == ("text", "x", ("y",))
    assert (filters.kind, filters.value) == ("filters", ('job=~"a|b"',))


# -- whatever comes ----------------------------------------------------------------------------------------------------

ODD = [None, True, 0, -5, 1e300, 2.5, "", "x", "$v", [], {}, [1], ["a"], {"a": 1}, [{}], 10**12]


def _spoiled(value: Any, chance: float, dice: random.Random) -> Any:
    if dice.random() < chance:
        return copy.deepcopy(dice.choice(ODD))
    if isinstance(value, dict):
        return {key: _spoiled(inner, chance, dice) for key, inner in value.items()}
    return [_spoiled(inner, chance, dice) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(60))
def test_odd_values_break_nothing(seed):
    dice = random.Random(seed)
    spoiled = _spoiled(OLD, dice.choice([0.005, 0.02, 0.1]), dice)
    try:
        made = import_dashboard(spoiled)
    except Invalid:
        return
    again = import_dashboard(json.loads(json.dumps(export_dashboard(made.dashboard))))
    assert again.dashboard == made.dashboard
