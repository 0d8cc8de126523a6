"""All rules."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog

from obsv.core.telemetry import REGISTRY
from obsv.db import spawn
from obsv.metrics.rules.group import GroupRunner
from obsv.metrics.rules.model import AlertingRule, GroupStatus, RecordingRule, RuleGroup, Run
from obsv.metrics.rules.ports import Ports, Restored
from obsv.metrics.rules.states import Alert, moved_on
from obsv.metrics.ticks import spread, ticks

_log = structlog.get_logger("obsv.rules")
States = Mapping[tuple[int, str], Sequence[Alert]]
"""By organisation and key of the rule."""

BEAT_S = 15.0
MISSED = REGISTRY.counter("obsv_rule_group_iterations_missed_total", "Evaluations of groups left out for lack of time.")


class Rules:
    """Runs the groups that the configuration names, and those that are made elsewhere, which may change meanwhile."""

    def __init__(self, groups: Iterable[RuleGroup], ports: Ports) -> None:
        self._files = sorted(groups, key=_order)
        self._ports = ports
        self._gate = asyncio.Semaphore(ports.at_once)
        self._runners: dict[str, GroupRunner] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_running = False

    async def run(self) -> None:
        """Evaluate until cancelled; for the node that leads alone."""
        restored = await self._restored()
        beat = spawn(self._beat(), name="rules beat")
        try:
            await self._reconcile(await self._groups(), restored)
            self._is_running = True
            if self._ports.made is None:
                await asyncio.Event().wait()
            while self._ports.made is not None:
                await self._ports.made.changed()
                await self._reconcile(await self._groups(), {})
        finally:
            self._is_running = False
            beat.cancel()
            await self._stop(list(self._tasks))
            self._runners.clear()

    async def of(self, org: int) -> list[GroupStatus]:
        """An organisation's groups, by file and name; a node that does not lead knows of no evaluation."""
        if self._is_running:
            statuses = [runner.status() for runner in self._runners.values()]
        else:
            restored = await self._ports.journal.load(org) if self._ports.journal else Restored()
            statuses = [_unevaluated(group, org, restored) for group in await self._groups()]
        statuses.sort(key=lambda status: _order(status.group))
        slugs = {status.group.org for status in statuses}
        own = {slug for slug in slugs if await self._ports.organisation(slug) == org}
        return [status for status in statuses if status.group.org in own]

    # -- groups that come and go --

    async def _groups(self) -> list[RuleGroup]:
        made = await self._ports.made.groups() if self._ports.made is not None else ()
        return [*self._files, *made]

    async def _restored(self) -> States:
        """States as they were kept; time without evaluations does not count."""
        if self._ports.journal is None:
            return {}
        kept = await self._ports.journal.load()
        down = max(0, self._ports.clock.now_ms() - kept.beat_ms) if kept.beat_ms else 0
        down = down if down > 2 * BEAT_S * 1000 else 0
        return {place: moved_on(alerts, down) for place, alerts in kept.alerts.items()}

    async def _reconcile(self, groups: Sequence[RuleGroup], restored: States) -> None:
        """Begin what is new, go on differently with what changed, end what is gone."""
        wanted = {f"{group.org};{group.key}": group for group in groups}
        shared = _shared(groups)
        away = [key for key, runner in self._runners.items() if wanted.get(key) != runner.group]
        for key in away:
            async with self._runners[key].busy:
                await self._stop([key])
        old = {key: self._runners.pop(key) for key in away}
        slugs = {group.org for group in groups} | {runner.group.org for runner in old.values()}
        orgs = {slug: await self._ports.organisation(slug) for slug in slugs}
        known = dict(restored)
        for runner in old.values():
            if (org := orgs[runner.group.org]) is not None:
                known |= {(org, key): alerts for key, alerts in runner.known().items()}
        for key, group in wanted.items():
            if key not in self._runners:
                org = orgs[group.org] or 0
                own = {rule.key: known.pop((org, rule.key), []) for rule in group.alerting}
                runner = GroupRunner(group, self._ports, shared.get(group.org, ()), own)
                if key in old:
                    runner.inherit(old[key])
                self._runners[key] = runner
                self._tasks[key] = spawn(self._keep(runner), name=f"rules {group.name}")
        await self._retire(known)

    async def _retire(self, left: States) -> None:
        """What belongs to rules that are gone comes to its end."""
        by_org: dict[int, dict[str, Sequence[Alert]]] = {}
        for (org, key), alerts in left.items():
            if alerts:
                by_org.setdefault(org, {})[key] = alerts
        for org, states in by_org.items():
            await GroupRunner(_orphans(states), self._ports, (), states).retire(org, self._ports.clock.now_ms())

    async def _stop(self, keys: Collection[str]) -> None:
        tasks = [self._tasks.pop(key) for key in keys if key in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- time --

    async def _keep(self, runner: GroupRunner) -> None:
        """Evaluate a group at every tick."""
        group, last = runner.group, 0
        key = f"{group.org};{group.key}"
        async for tick in ticks(self._ports.clock, group.interval_ms, spread(key, group.interval_ms)):
            if last and tick - last > group.interval_ms:
                MISSED.add((tick - last) // group.interval_ms - 1)
            last = tick
            try:
                async with self._gate, runner.busy:
                    await runner.evaluate(tick)
            except Exception:  # noqa: BLE001  # the database is away, or a mistake of ours: the next tick comes
                _log.exception("rules.failed", file=group.file, group=group.name)

    async def _beat(self) -> None:
        while self._ports.journal is not None:
            await asyncio.sleep(BEAT_S)
            try:
                await self._ports.journal.beat(self._ports.clock.now_ms())
            except Exception:  # noqa: BLE001  # the next one comes
                _log.exception("rules.beat_failed")


def _order(group: RuleGroup) -> tuple[str, str]:
    return group.file, group.name


def _shared(groups: Iterable[RuleGroup]) -> dict[str, set[str]]:
    """The names that several rules of an organisation record."""
    counts = Counter(
        (group.org, rule.name) for group in groups for rule in group.rules if isinstance(rule, RecordingRule)
    )
    found: dict[str, set[str]] = {}
    for (org, name), count in counts.items():
        if count > 1:
            found.setdefault(org, set()).add(name)
    return found


def _unevaluated(group: RuleGroup, org: int, restored: Restored) -> GroupStatus:
    alerts = {
        rule.key: [one for one in restored.alerts.get((org, rule.key), ()) if one.state != "inactive"]
        for rule in group.alerting
    }
    return GroupStatus(group, Run(), [Run() for _ in group.rules], alerts)


def _orphans(states: Mapping[str, Sequence[Alert]]) -> RuleGroup:
    """A group for states whose rules are gone; of those nothing but the name is known."""
    rules = tuple(
        AlertingRule(dict(alerts[0].labels).get("alertname", ""), "vector(0)", {}, key=key)
        for key, alerts in states.items()
    )
    return RuleGroup("", "", "", 60_000, 0, 0, rules)
