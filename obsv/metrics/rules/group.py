"""A group of rules at work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog

from obsv.core.clock import Clock
from obsv.core.errors import ObsvError
from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.promql import Engine, Grid, PromqlError, Query
from obsv.metrics.rules.evaluate import RuleFailed, Series, add_ends, add_result, live_series
from obsv.metrics.rules.model import GroupStatus, RecordingRule, RuleGroup, Run
from obsv.metrics.store.base import MetricStore, StoreLimitExceeded
from obsv.metrics.store.types import Matcher, WriteBatch, WriteResult
from obsv.metrics.ticks import spread, ticks

_log = structlog.get_logger("obsv.rules")

MOST_RESTORED = 1_000_000
"""Samples read to find out what a rule's series were before a restart; where there are more, none are marked."""
EVALUATIONS = REGISTRY.counter("obsv_rule_evaluations_total", "Evaluations of rules, by outcome.", ("outcome",))


@dataclass(frozen=True)
class Ports:
    """What rules are wired to.  `organisation` gives the id of a slug, None where there is none."""

    clock: Clock
    engine: Callable[[], Engine]
    store: Callable[[], MetricStore]
    write: Callable[[int, WriteBatch], Awaitable[WriteResult]]
    organisation: Callable[[str], Awaitable[int | None]]


class GroupRunner:
    """Evaluates the rules of one group, in order and as of one time, so that a rule can use those before it.

    `shared` names metrics that several rules of the organisation record.
    """

    def __init__(self, group: RuleGroup, ports: Ports, shared: Collection[str]) -> None:
        self.group = group
        self._ports, self._shared = ports, shared
        self._run = Run()
        self._runs = [Run() for _ in group.rules]
        self._series: list[Series | None] = [None] * len(group.rules)

    async def run(self) -> None:
        """Evaluate at every tick until cancelled."""
        group = self.group
        self._series = [None] * len(group.rules)
        async for tick in ticks(self._ports.clock, group.interval_ms, spread(group.key, group.interval_ms)):
            try:
                await self.evaluate(tick)
            except Exception:  # noqa: BLE001  # the database is away, or a mistake of ours: the next tick comes
                _log.exception("rules.failed", file=group.file, group=group.name)

    async def evaluate(self, tick_ms: int) -> None:
        """Evaluate all rules as of a tick."""
        org = await self._ports.organisation(self.group.org)
        if org is None:
            self._fail_all(tick_ms, f"there is no organisation {self.group.org!r}")
            return
        begun = self._ports.clock.monotonic()
        for i, rule in enumerate(self.group.rules):
            started, error = self._ports.clock.monotonic(), ""
            try:
                await self._evaluate(i, rule, org, tick_ms - self.group.query_offset_ms)
            except (RuleFailed, PromqlError, ObsvError) as failed:
                error = str(failed)
            self._note(i, tick_ms, error, self._ports.clock.monotonic() - started)
        self._run = Run(at_ms=tick_ms, seconds=self._ports.clock.monotonic() - begun)

    def status(self) -> GroupStatus:
        """How the group is."""
        return GroupStatus(self.group, self._run, self._runs)

    async def _evaluate(self, i: int, rule: RecordingRule, org: int, at_ms: int) -> None:
        before = self._series[i]
        if before is None:
            before = await self._restored(rule, org, at_ms)
        query = Query(org, rule.query, Grid(at_ms, 1, 1), is_range=False)
        result = await self._ports.engine().run(self._ports.store(), query)
        builder = BatchBuilder()
        now = add_result(rule, result, at_ms, self.group.limit, builder)
        add_ends(before, now, at_ms, builder)
        written = await self._ports.write(org, builder.build())
        self._series[i] = now
        if written.refused:
            _log.warning("rules.samples_refused", file=self.group.file, rule=rule.name, detail=written.detail)

    async def _restored(self, rule: RecordingRule, org: int, at_ms: int) -> Series:
        """The series that the rule had before this process began, so that those which vanished meanwhile end too.

        They are found by their name; where other rules record the same one, nobody can tell whose they were.
        """
        if rule.name in self._shared:
            return {}
        matchers = [Matcher(name, "=", value) for name, value in (("__name__", rule.name), *rule.labels.items())]
        since = at_ms - self._ports.engine().options.lookback_ms
        try:
            found = await self._ports.store().select(org, matchers, since, at_ms - 1, limit=MOST_RESTORED)
        except StoreLimitExceeded:
            return {}
        return live_series(found)

    def _note(self, i: int, at_ms: int, error: str, seconds: float) -> None:
        if error and error != self._runs[i].error:
            rule = self.group.rules[i].name
            _log.warning("rules.rule_failed", file=self.group.file, group=self.group.name, rule=rule, why=error)
        EVALUATIONS.add(1, "failed" if error else "done")
        self._runs[i] = Run("err" if error else "ok", error, at_ms, seconds)

    def _fail_all(self, at_ms: int, why: str) -> None:
        for i in range(len(self._runs)):
            self._note(i, at_ms, why, 0.0)
