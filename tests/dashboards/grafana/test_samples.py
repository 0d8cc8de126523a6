"""Real dashboards come in whole, and go out and in again unchanged."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest

from obsv.dashboards.grafana import Imported, export_dashboard, import_dashboard
from obsv.dashboards.model import Row
from obsv.metrics.promql import parse
from tests.dashboards.grafana.substitution import substituted

SAMPLES = ["gatus", "k8s-views-nodes", "node-exporter-full", "postgres-overview", "redis-exporter", "vmalert"]


@pytest.fixture(params=SAMPLES)
def sample(request, conformance_dir) -> dict[str, Any]:
    file = conformance_dir / "grafana" / f"{request.param}.json"
    if not file.exists():
        pytest.skip(f"{file.name} is not among the conformance material")
    return json.loads(file.read_text())


@pytest.fixture
def imported(sample) -> Imported:
    return import_dashboard(sample)


def panels_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for panel in data["panels"] for one in (panel, *panel.get("panels", ()))]


def test_every_panel_is_mapped(sample, imported):
    theirs = Counter(one["type"].replace("piechart", "pie") for one in panels_of(sample))
    ours = Counter(type(one.view).__struct_config__.tag for one in imported.dashboard.panels)
    assert ours == theirs
    assert not [note for note in imported.report if note.severity == "error"]
    titles = {one["id"]: one["title"] for one in panels_of(sample) if "id" in one}
    assert {one.id: one.title for one in imported.dashboard.panels}.items() >= titles.items()


def test_every_query_is_there_and_parses(sample, imported):
    targets = [one for panel in panels_of(sample) if panel["type"] != "row" for one in panel.get("targets", ())]
    queries = [one for panel in imported.dashboard.panels for one in panel.queries]
    assert len(queries) == len(targets)
    for query in queries:
        parse(substituted(query.expr))


def test_variables_are_there_but_for_the_data_source(sample, imported):
    wanted = [one["name"] for one in sample["templating"]["list"] if one["type"] != "datasource"]
    assert [one.name for one in imported.dashboard.variables] == wanted


def test_the_import_leaves_its_document_alone(sample):
    before = copy.deepcopy(sample)
    import_dashboard(sample)
    assert sample == before


def test_panels_under_an_unfolded_row_do_not_overlap(imported):
    taken: dict[tuple[int, int], int] = {}
    rows = 0
    for panel in imported.dashboard.panels:
        rows += isinstance(panel.view, Row)
        for x in range(panel.grid.x, panel.grid.x + panel.grid.w):
            for y in range(panel.grid.y, panel.grid.y + panel.grid.h):
                assert taken.setdefault((x, y), panel.id) == panel.id


def test_out_and_in_again(imported):
    out = json.loads(json.dumps(export_dashboard(imported.dashboard)))
    again = import_dashboard(out)
    assert again.dashboard == imported.dashboard
    assert export_dashboard(again.dashboard) == export_dashboard(imported.dashboard)
    # What went out has all its counterparts here.
    assert not [note for note in again.report if "has no counterpart here" in note.what]


def test_the_export_is_shaped_as_grafanas_own(sample, imported):
    out = export_dashboard(imported.dashboard)
    theirs, ours = panels_of(sample), panels_of(out)
    assert Counter(one["type"] for one in ours) == Counter(one["type"] for one in theirs)
    known: dict[str, set[str]] = {}
    for one in theirs:
        known.setdefault(one["type"], set()).update(one.get("options", {}))
    for one in ours:
        if one["type"] == "row":
            assert one["collapsed"] or not one["panels"]
            continue
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert set(one["gridPos"]) == {"x", "y", "w", "h"}
        assert {"defaults", "overrides"} == set(one["fieldConfig"])
        optional = {"orientation", "valueMode", "displayLabels", "showPercentChange", "wideLayout"}
        assert set(one["options"]) <= known[one["type"]] | optional
    folded = [one["id"] for one in sample["panels"] if one["type"] == "row" and one["collapsed"] and one["panels"]]
    assert [one["id"] for one in out["panels"] if one["type"] == "row" and one["panels"]] == folded
    assert out["templating"]["list"][0]["type"] == "datasource"


def test_folded_rows_go_back_to_their_place(sample, imported):
    if not all("id" in one for one in sample["panels"]):
        pytest.skip("a row that was left over from Grafana 4 lies on the panels below it")
    theirs = {one["id"]: one["gridPos"]["y"] for one in sample["panels"]}
    ours = {one["id"]: one["gridPos"]["y"] for one in export_dashboard(imported.dashboard)["panels"]}
    assert {key: ours[key] for key in theirs} == theirs
