"""Which series nothing reads: by selectors, by what dashboards and rules say, and over the whole application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obsv.dashboards.expressions import expressions_of
from obsv.dashboards.model import Dashboard, Panel, Query, Variable
from obsv.metrics.api.readers import selectors_of
from obsv.metrics.unread import ANY
from tests.dashboards.stage import staged
from tests.database import database_url, engine_name
from tests.metrics.store.made import NOW, batch, make

__all__ = ["database_url", "engine_name"]

SERIES = [
    {"__name__": name, "pod": f"pod-{i}", "job": job}
    for name, job in (("cpu", "web"), ("cpu", "db"), ("memory", "web"), ("disk", "db"))
    for i in range(3)
]


@pytest.mark.parametrize(
    ("expressions", "left"),
    [
        ((), {"cpu": 6, "memory": 3, "disk": 3}),
        (("sum(rate(cpu[5m])) by (job)",), {"memory": 3, "disk": 3}),
        (('cpu{job="web"} / on (pod) memory',), {"cpu": 3, "disk": 3}),
        (('max_over_time((disk > 1)[1h:1m]) or topk(2, {job="web"})',), {"cpu": 3}),
        ((f'cpu{{job="{ANY}", pod=~"pod-[01]"}}',), {"memory": 3, "disk": 3, "cpu": 2}),
        (("cpu + disk +",), {"memory": 3}),
        ((f'{{__name__=~"{ANY}"}}',), {}),
    ],
)
async def test_what_no_expression_takes(tmp_path: Path, expressions: tuple[str, ...], left: dict[str, int]) -> None:
    store = make(tmp_path)
    await store.open()
    await store.write(1, batch(*((labels, [(NOW, 1.0)]) for labels in SERIES)))
    found = await store.unread(1, selectors_of(expressions), limit=10)
    assert {one.name: one.series for one in found.metrics} == left
    assert (found.active, found.series, found.metric_names) == (12, sum(left.values()), len(left))
    assert {one.last_at_ms for one in found.metrics} <= {NOW}
    few = await store.unread(1, selectors_of(expressions), limit=1)
    assert few.metrics == found.metrics[:1]
    assert (await store.unread(2, [], limit=10)).active == 0
    await store.close()


def test_what_a_dashboard_asks() -> None:
    dashboard = Dashboard(
        key="d",
        title="D",
        panels=(Panel(id=1, queries=(Query(expr='rate(cpu{pod="$pod"}[$__rate_interval])'), Query(ref="B", expr=""))),),
        variables=(
            Variable(name="pod", query='label_values(memory{job="web"}, pod)'),
            Variable(name="names", query="metrics(disk.*)"),
        ),
    )
    assert list(expressions_of(dashboard)) == [f'rate(cpu{{pod="{ANY}"}}[1m])', 'memory{job="web"}']


async def test_over_the_application(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        robot = await stage.token("metrics:write", "metrics:read")
        text = "".join(f"{name} 1\n" for name in ("drawn", "ruled", "idle", "other"))
        assert (await robot.client.post("/api/v1/import/prometheus", content=text)).is_success
        edi = await stage.person("edi")
        assert {one["name"] for one in (await edi.get("/metrics/unread"))["metrics"]} == {
            "drawn",
            "ruled",
            "idle",
            "other",
        }
        panel = {"id": 1, "queries": [{"expr": "rate(drawn[5m])"}]}
        await edi.do("PUT", "/dashboards/d", {"dashboard": {"key": "d", "title": "D", "panels": [panel]}})
        rule = {"alert": "A", "expr": "ruled > 2"}
        await edi.do("POST", "/rule-groups", {"group": {"name": "g", "rules": [rule]}})
        await until_read(edi.get, {"idle", "other"})
        # What others read is theirs.
        assert (await (await stage.person("eve")).get("/metrics/unread"))["active"] == 0


async def until_read(get: Callable[..., Any], names: set[str]) -> None:
    """A rule counts once it is evaluated, a moment later."""
    async with asyncio.timeout(10):
        while {one["name"] for one in (await get("/metrics/unread"))["metrics"]} != names:
            await asyncio.sleep(0.1)
