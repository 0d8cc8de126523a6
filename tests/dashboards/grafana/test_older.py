"""Panels of older versions of Grafana become what Grafana itself makes of them today."""

from __future__ import annotations

from obsv.dashboards.model import (
    Field,
    Gauge,
    Heatmap,
    Legend,
    Link,
    Mapping,
    Override,
    Pie,
    Reduce,
    Stat,
    Threshold,
    TimeSeries,
)
from tests.dashboards.grafana.documents import (
    GRAPH,
    OLD_HEATMAP,
    OLD_PIE,
    OLD_TABLE,
    SINGLESTAT,
    panel,
)
from tests.dashboards.grafana.imports import imported, one, said


def test_a_graph_becomes_a_time_series():
    made = one(GRAPH)
    calcs = ("max", "mean")
    assert made.view == TimeSeries(
        legend=Legend(place="right", calcs=calcs, sort="mean", descending=True), tooltip="all", tooltip_sort="desc"
    )
    assert (made.field.unit, made.field.min, made.field.axis_label) == ("Bps", 0, "in / out")
    assert (made.field.width, made.field.fill, made.field.stack, made.field.gaps) == (2, 30, "normal", "connect")
    assert made.field.thresholds == (Threshold(), Threshold(value=80, color="bad"))
    assert made.field.threshold_marks == "line+area"
    total, out, load = made.overrides
    assert total == Override(match="total", set=Field(color="#7eb26d"))
    assert out == Override(by="regex", match="out.*", set=Field(negate=True))
    assert (load.set.axis, load.set.unit, load.set.scale, load.set.max) == ("right", "percentunit", "log2", 1)
    assert (load.set.fill, load.set.dash, load.set.color, load.set.hide_from) == (0, (10, 10), "#c4162a", ("legend",))
    assert made.last == "2h"
    assert made.queries[0].step == "30s"


def test_of_a_graph_only_the_alert_rule_is_lost():
    assert [note.what for note in imported(GRAPH).report] == [
        "the alert rule of the panel was left out: rules have a place of their own"
    ]


def test_a_singlestat_becomes_a_stat():
    made = imported(SINGLESTAT)
    shown = made.dashboard.panels[0]
    assert shown.view == Stat(color="background", spark=True)
    assert shown.field.thresholds == (
        Threshold(color="#299c46"),
        Threshold(value=70, color="#ed8128"),
        Threshold(value=90, color="#d44a3a"),
    )
    assert shown.field.mappings == (Mapping(value="1", text="UP"),)
    assert "' of it'" in said(made.report)


def test_a_singlestat_with_an_arc_becomes_a_gauge():
    gauge = {"show": True, "minValue": 0, "maxValue": 100, "thresholdMarkers": False, "thresholdLabels": True}
    made = one({**SINGLESTAT, "gauge": gauge})
    assert made.view == Gauge(marks=False, labels=True)
    assert (made.field.min, made.field.max) == (0, 100)


def test_links_of_a_graphs_values_are_kept():
    link = {"title": "Logs", "url": "https://example.org/logs"}
    made = one({**GRAPH, "options": {"dataLinks": [link]}, "fieldConfig": {"defaults": {"links": [link]}}})
    assert made.field.links == (Link(**link), Link(**link))


def test_an_old_tables_styles_become_overrides():
    time, cpu = one(OLD_TABLE).overrides
    assert time == Override(match="Time", set=Field(hidden=True))
    assert (cpu.match, cpu.set.name, cpu.set.unit, cpu.set.cell) == ("Value #A", "CPU", "percent", "color-background")
    assert [step.color for step in cpu.set.thresholds or ()] == ["ok", "orange", "bad"]


def test_an_old_pie_and_an_old_heatmap():
    pie, heat = one(OLD_PIE), one(OLD_HEATMAP)
    assert pie.view == Pie(donut=True, legend_values=("value",))
    assert pie.overrides == (Override(match="a", set=Field(color="bad")),)
    assert heat.view == Heatmap(scheme="heat", legend=False)
    assert heat.field.unit == "s"


def test_a_gauge_of_grafana_6():
    options = {"fieldOptions": {"calcs": ["last"], "defaults": {"unit": "percent", "max": 100, "thresholds": [
        {"color": "green", "value": None}, {"color": "red", "value": 80}
    ]}, "overrides": []}}  # fmt: skip
    made = imported({**panel("gauge", "up"), "options": options})
    shown = made.dashboard.panels[0]
    assert shown.view == Gauge(reduce=Reduce(calc="last"))
    assert (shown.field.unit, shown.field.max) == ("percent", 100)
    assert shown.field.thresholds == (Threshold(color="ok"), Threshold(value=80, color="bad"))
    assert made.report == ()
