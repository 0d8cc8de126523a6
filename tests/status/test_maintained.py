"""Monitors are in maintenance while a component that follows them is, and alert nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.stage import Caller, staged
from tests.status.conftest import PAGE

HOUR_MS = 3_600_000


class Job:
    """A job that is watched by a heartbeat, and what becomes of it."""

    def __init__(self, editor: Caller, public: Caller, made: Any) -> None:
        self.editor, self.public, self.id = editor, public, made["id"]
        self.path = ""

    async def fails(self) -> tuple[str, list[str]]:
        """Report a failure; the monitor's state then, and the changes of it that alerts could be about."""
        shown = await self.editor.get(f"/monitors/{self.id}")
        path = shown["ping_url"].removeprefix("http://localhost:8450")
        assert (await self.public.client.post(f"{path}/fail")).is_success
        state = (await self.editor.get(f"/monitors/{self.id}"))["state"]
        events = (await self.editor.get(f"/monitors/{self.id}/events"))["events"]
        return state, [one["state"] for one in events]


@pytest.mark.parametrize("way", ["planned", "said"])
async def test_a_monitor_is_in_maintenance_while_its_component_is(tmp_path: Path, database_url: str, way: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        editor = await stage.person("edi")
        wish = {"key": "backup", "name": "Backup", "check": {"kind": "heartbeat", "period_s": 3600}}
        job = Job(editor, await stage.nobody(), await editor.do("POST", "/monitors", {"monitor": wish}))
        page_id = (await editor.do("POST", "/status-pages", PAGE))["id"]
        components = f"/status-pages/{page_id}/components"
        one = await editor.do("POST", components, {"name": "Backups", "monitors": [job.id]})
        if way == "planned":
            now = stage.clock.now_ms()
            plan = {"page_id": page_id, "title": "Disks", "text": "x", "components": [one["id"]]}
            made = await editor.do("POST", "/maintenances", {**plan, "starts_at_ms": now, "ends_at_ms": now + HOUR_MS})
            assert made["state"] == "in_progress"
        else:
            await editor.do("PUT", f"{components}/{one['id']}/state", {"state": "maintenance"})
        state, events = await job.fails()
        assert state == "maintenance"
        assert "down" not in events
        if way == "planned":
            await editor.do("POST", f"/maintenances/{made['id']}/step", {"step": "end"})
        else:
            await editor.do("PUT", f"{components}/{one['id']}/state", {"state": None})
        state, events = await job.fails()
        assert state == "down"
        assert events[0] == "down"


async def test_a_monitor_of_another_component_goes_down(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        editor = await stage.person("edi")
        wish = {"key": "backup", "name": "Backup", "check": {"kind": "heartbeat", "period_s": 3600}}
        job = Job(editor, await stage.nobody(), await editor.do("POST", "/monitors", {"monitor": wish}))
        page_id = (await editor.do("POST", "/status-pages", PAGE))["id"]
        components = f"/status-pages/{page_id}/components"
        await editor.do("POST", components, {"name": "Backups", "monitors": [job.id]})
        other = await editor.do("POST", components, {"name": "API"})
        await editor.do("PUT", f"{components}/{other['id']}/state", {"state": "maintenance"})
        state, _ = await job.fails()
        assert state == "down"
