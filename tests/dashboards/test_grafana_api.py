"""Grafana's dashboards over the API: read without being kept, saved like any other, and written for Grafana again."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

StageOf = Callable[..., Any]
GRAFANA = {
    "title": "Load of machines",
    "schemaVersion": 39,
    "panels": [
        {
            "id": 7,
            "type": "timeseries",
            "title": "Load",
            "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "datasource": {"type": "prometheus", "uid": "p"},
            "targets": [{"refId": "A", "expr": "node_load1"}],
        },
        {"id": 8, "type": "news", "title": "News", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}},
    ],
}


async def test_in_with_a_report_and_out_again(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot = [await stage.person(name) for name in ("edi", "dot")]
        made = await dot.do("POST", "/dashboards/import", GRAFANA)
        dashboard = made["dashboard"]
        assert [panel["queries"] for panel in dashboard["panels"] if panel["id"] == 7] == [[{"expr": "node_load1"}]]
        assert [(note["panel"], note["severity"]) for note in made["report"] if note["severity"] == "error"] == [
            (8, "error")
        ]
        assert (await dot.get("/dashboards"))["dashboards"] == []
        await edi.do("POST", "/dashboards", {"dashboard": {**dashboard, "key": "load"}})
        written = await dot.get("/dashboards/load/grafana")
        assert written["title"] == "Load of machines"
        assert [panel["targets"][0]["expr"] for panel in written["panels"] if panel["id"] == 7] == ["node_load1"]
        again = await dot.do("POST", "/dashboards/import", written)
        assert again["dashboard"]["panels"] == dashboard["panels"]


async def test_what_is_no_dashboard_is_refused(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        assert (await edi.refused("POST", "/dashboards/import", {"a": 1}))[0] == 422
        assert (await edi.refused("POST", "/dashboards/import", [1]))[0] == 400
        assert (await edi.refused("POST", "/dashboards/import", {"title": "x" * 1_100_000}))[0] == 413
        assert await edi.refused("GET", "/dashboards/nothing/grafana") == (404, "no_dashboard")


async def test_a_dashboard_as_a_file(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot, eve = [await stage.person(name) for name in ("edi", "dot", "eve")]
        document = {"key": "load", "title": "Load", "panels": [{"id": 1, "queries": [{"expr": "node_load1"}]}]}
        await edi.do("POST", "/dashboards", {"dashboard": document})
        toml = await dot.ask("GET", "/dashboards/load/file")
        assert toml.headers["content-disposition"] == 'attachment; filename="load.toml"'
        assert tomllib.loads(toml.text) == document
        assert (await dot.get("/dashboards/load/file", form="json")) == document
        assert await eve.refused("GET", "/dashboards/load/file") == (404, "no_dashboard")
        assert (await dot.ask("GET", "/dashboards/load/file", form="xml")).status_code == 400
