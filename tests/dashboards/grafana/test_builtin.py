"""The dashboards that come with obsv."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import obsv.dashboards
from obsv.dashboards.grafana import export_dashboard, import_dashboard
from obsv.dashboards.model import COLUMNS, Dashboard, Row, Table
from obsv.dashboards.units import units
from obsv.metrics.promql import parse
from tests.dashboards.grafana.substitution import substituted

FOLDER = Path(obsv.dashboards.__file__).with_name("builtin")
FILES = sorted(FOLDER.glob("*.json"))
COLORS = {"ok", "warn", "bad", "text", "series", "thresholds", "value", None}


class BuiltIn(msgspec.Struct, forbid_unknown_fields=True):
    """A file."""

    when: tuple[str, ...]
    dashboard: Dashboard


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def shipped(request) -> BuiltIn:
    return msgspec.json.decode(request.param.read_bytes(), type=BuiltIn)


def test_these_are_there():
    assert {file.stem for file in FILES} == {
        "host", "containers", "postgresql", "nginx", "redis", "http-services", "obsv", "targets", "monitors"
    }  # fmt: skip


def test_a_file_is_named_by_its_key_and_read_as_it_is_written(shipped):
    file = FOLDER / f"{shipped.dashboard.key}.json"
    assert msgspec.json.decode(file.read_bytes()) == _plain(shipped)


def _plain(value: Any) -> Any:
    """As it is written: without empty parts."""
    value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if not (key in {"field", "grid"} and one == {})}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def test_it_is_offered_when_what_it_shows_is_there(shipped):
    asked = " ".join(query.expr for panel in shipped.dashboard.panels for query in panel.queries)
    assert shipped.when
    for name in shipped.when:
        assert re.search(rf"\b{name}\b", asked), name


def test_every_query_parses_and_knows_its_variables(shipped):
    known = {one.name for one in shipped.dashboard.variables} | {"__rate_interval"}
    for panel in shipped.dashboard.panels:
        assert panel.queries or isinstance(panel.view, Row)
        for query in panel.queries:
            parse(substituted(query.expr))
            assert set(re.findall(r"\$(\w+)", query.expr)) <= known
    for variable in shipped.dashboard.variables:
        assert set(re.findall(r"\$(\w+)", variable.query)) <= known


def test_panels_fill_the_grid_and_lie_apart(shipped):
    taken: set[tuple[int, int]] = set()
    for panel in shipped.dashboard.panels:
        grid = panel.grid
        cells = {(x, y) for x in range(grid.x, grid.x + grid.w) for y in range(grid.y, grid.y + grid.h)}
        assert not taken & cells, panel.title
        assert grid.x + grid.w <= COLUMNS
        taken |= cells
    assert len(taken) == COLUMNS * (max(y for _, y in taken) + 1)
    assert len({panel.id for panel in shipped.dashboard.panels}) == len(shipped.dashboard.panels)


def test_units_and_colours_are_known(shipped):
    for panel in shipped.dashboard.panels:
        for field in (panel.field, *(one.set for one in panel.overrides)):
            assert field.unit is None or field.unit in units(), panel.title
            assert {field.color, *(step.color for step in field.thresholds or ())} <= COLORS


def test_overrides_and_columns_name_what_is_there(shipped):
    for panel in shipped.dashboard.panels:
        refs = {query.ref for query in panel.queries}
        assert {one.match for one in panel.overrides if one.by == "ref"} <= refs
        if isinstance(panel.view, Table):
            columns = {one.name for one in panel.view.columns}
            assert {one.column for one in panel.view.sort} <= columns
            assert {one.match for one in panel.overrides} <= columns
            assert {name.removeprefix("Value #") for name in columns if "#" in name} <= refs


def test_it_goes_to_grafana_and_back(shipped):
    back = import_dashboard(export_dashboard(shipped.dashboard))
    assert back.dashboard == shipped.dashboard
    assert [note for note in back.report if note.severity != "info"] == []
