"""Dashboards that nobody edits here: those in files of the instance, and those that come with obsv."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from obsv.dashboards.model import Dashboard
from obsv.dashboards.provisioning import DashboardFolder
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import Matcher

SEEN_MS: Final = 86_400_000
"""A metric that came within this time is there."""

MetricsThere = Callable[[int, Sequence[str]], Awaitable[frozenset[str]]]
"""(organisation, names of metrics) -> those of them that it had in the last day."""


class BuiltIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dashboard that is offered when all metrics of `when` are there."""

    when: tuple[str, ...]
    dashboard: Dashboard


@dataclass(frozen=True, slots=True)
class ShippedDashboard:
    """A dashboard that is read only; `file` is its name where it stands in one, and `changed_at_ms` of when that is."""

    source: Literal["file", "builtin"]
    dashboard: Dashboard
    file: str = ""
    changed_at_ms: int = 0

    @property
    def id(self) -> str:
        """What stars and links call it."""
        return f"{self.source}:{self.dashboard.key}"


@cache
def built_in() -> dict[str, BuiltIn]:
    """All that come with obsv, by key."""
    folder = files("obsv.dashboards").joinpath("builtin")
    found = [file for file in folder.iterdir() if file.name.endswith(".json")] if folder.is_dir() else []
    made = [msgspec.json.decode(file.read_bytes(), type=BuiltIn) for file in found]
    return {one.dashboard.key: one for one in sorted(made, key=lambda one: one.dashboard.key)}


class Shipped:
    """Finds them. A file goes before all else of its key; what comes with obsv after all else."""

    def __init__(self, folder: DashboardFolder, metrics_there: MetricsThere) -> None:
        self._folder, self._metrics_there = folder, metrics_there

    async def find(self, org: int, key: str) -> ShippedDashboard | None:
        """The one of a key; a built-in one also while its metrics are away, so that its address stays good."""
        if (file := (await self._folder.of(org)).get(key)) is not None:
            return ShippedDashboard("file", file.dashboard, file.name, file.changed_at_ms)
        return ShippedDashboard("builtin", built_in()[key].dashboard) if key in built_in() else None

    async def listed(self, org: int) -> list[ShippedDashboard]:
        """Those that the organisation has a use for."""
        own = await self._folder.of(org)
        found = [ShippedDashboard("file", one.dashboard, one.name, one.changed_at_ms) for one in own.values()]
        wanted = sorted({name for one in built_in().values() for name in one.when})
        there = await self._metrics_there(org, wanted) if wanted else frozenset[str]()
        found += [
            ShippedDashboard("builtin", one.dashboard)
            for key, one in built_in().items()
            if key not in own and there.issuperset(one.when)
        ]
        return found


async def metrics_there(store: MetricStore, org: int, names: Sequence[str], now_ms: int) -> frozenset[str]:
    """Those of the metrics that the organisation had in the last day."""
    matchers = [Matcher("__name__", "=~", "|".join(map(re.escape, names)))]
    found = await store.label_values(org, "__name__", [matchers], now_ms - SEEN_MS, now_ms, limit=len(names))
    return frozenset(found)
