"""A group of rules at work."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from obsv.core.errors import ObsvError
from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.promql import PromqlError
from obsv.metrics.rules.alerting import AlertEvaluation, add_alerts, known_series
from obsv.metrics.rules.evaluate import RuleFailed, RuleQuery, Series, add_ends, add_result, live_series
from obsv.metrics.rules.model import AlertingRule, GroupStatus, RecordingRule, RuleGroup, Run
from obsv.metrics.rules.ports import Outcome, Ports, Told, Turn
from obsv.metrics.rules.states import Alert, Labels, LimitPassed, Step, due, ended, ends_ms
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.types import Matcher

_log = structlog.get_logger("obsv.rules")

MOST_RESTORED = 1_000_000
"""Samples read to find out what a rule's series were before a restart; where there are more, none are marked."""
FLUSH_ROWS, FLUSH_S = 1000, 0.5
"""What a group has found out is committed once it is so much, or so long ago; else when the group is done."""
EVALUATIONS = REGISTRY.counter("obsv_rule_evaluations_total", "Evaluations of rules, by outcome.", ("outcome",))

Known = Mapping[Labels, Alert]


class GroupRunner:
    """Evaluates the rules of one group, in order and as of one time, so that a rule can use those before it.

    `shared` names metrics that several rules of the organisation record; `known` are states of alerts by the key of
    their rule.
    """

    def __init__(
        self,
        group: RuleGroup,
        ports: Ports,
        shared: Collection[str],
        known: Mapping[str, Sequence[Alert]] | None = None,
    ) -> None:
        self.group = group
        self._ports, self._shared = ports, shared
        self._run = Run()
        self._runs = [Run() for _ in group.rules]
        self._series: list[Series | None] = [None] * len(group.rules)
        self._queries = [RuleQuery(rule.query) for rule in group.rules]
        self._evaluations = [
            AlertEvaluation(group, rule, ports) if isinstance(rule, AlertingRule) else None for rule in group.rules
        ]
        self.busy = asyncio.Lock()
        """Held during an evaluation, so that whoever ends this does not do it in the midst of one."""
        self._alerts: dict[str, dict[Labels, Alert]] = {}
        self._outcome, self._since = Outcome(), 0.0
        self._stepped: dict[str, dict[Labels, Alert]] = {}
        for i, rule in enumerate(group.rules):
            if isinstance(rule, AlertingRule):
                alerts = (known or {}).get(rule.key, ())
                self._alerts[rule.key] = {alert.labels: alert for alert in alerts}
                self._series[i] = known_series(alerts)

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
                if isinstance(rule, RecordingRule):
                    await self._record(i, rule, org, tick_ms - self.group.query_offset_ms)
                else:
                    error = await self._alert(i, rule, org, tick_ms)
            except (RuleFailed, LimitPassed, PromqlError, ObsvError) as failed:
                error = str(failed)
            self._note(i, tick_ms, error, self._ports.clock.monotonic() - started)
            if len(self._outcome) >= FLUSH_ROWS or self._is_old():
                await self._commit(org)
        await self._commit(org)
        self._run = Run(at_ms=tick_ms, seconds=self._ports.clock.monotonic() - begun)

    async def retire(self, org: int, at_ms: int) -> None:
        """End the alerts of rules that nothing evaluates any more: they resolve, and their series end."""
        builder = BatchBuilder()
        for i, rule in enumerate(self.group.rules):
            if isinstance(rule, AlertingRule):
                add_ends(self._series[i] or {}, {}, at_ms, builder)
                self._take(rule, ended(self._alerts[rule.key], at_ms), at_ms)
                # Nothing will look after them: they go at once, and are told of this once.
                self._outcome.gone += [(rule.key, alert) for alert in self._alerts[rule.key].values()]
        self._outcome.kept.clear()
        if builder.samples:
            await self._ports.write(org, builder.build())
        await self._commit(org)

    def status(self) -> GroupStatus:
        """How the group is."""
        alerts = {key: [one for one in of.values() if one.state != "inactive"] for key, of in self._alerts.items()}
        return GroupStatus(self.group, self._run, self._runs, alerts)

    def known(self) -> dict[str, list[Alert]]:
        """The alerts of each rule, also those that are over."""
        return {key: list(alerts.values()) for key, alerts in self._alerts.items()}

    def inherit(self, other: GroupRunner) -> None:
        """Take over how another went that had the same rules, by their kind and name."""
        runs = {(type(rule), rule.name): i for i, rule in enumerate(other.group.rules)}
        for i, rule in enumerate(self.group.rules):
            if (place := runs.get((type(rule), rule.name))) is not None:
                self._runs[i] = other._runs[place]
                if isinstance(rule, RecordingRule) and rule == other.group.rules[place]:
                    self._series[i] = other._series[place]
        self._run = other._run

    # -- recording --

    async def _record(self, i: int, rule: RecordingRule, org: int, at_ms: int) -> None:
        before = self._series[i]
        if before is None:
            before = await self._restored(rule, org, at_ms)
        result = await self._ports.engine().run(self._ports.store(), self._queries[i].at(org, at_ms))
        builder = BatchBuilder()
        now = add_result(rule, result, at_ms, self.group.limit, builder)
        await self._write(i, before, now, (org, at_ms), builder)

    async def _write(self, i: int, before: Series, now: Series, place: tuple[int, int], builder: BatchBuilder) -> None:
        org, at_ms = place
        add_ends(before, now, at_ms, builder)
        if builder.samples:
            written = await self._ports.write(org, builder.build())
            if written.refused:
                rule = self.group.rules[i].name
                _log.warning("rules.samples_refused", file=self.group.file, rule=rule, detail=written.detail)
        self._series[i] = now

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

    # -- alerting --

    async def _alert(self, i: int, rule: AlertingRule, org: int, tick_ms: int) -> str:
        """Evaluate a rule, write its series, note what is to be committed; what went wrong and stopped nothing."""
        evaluation, at_ms = self._evaluations[i], tick_ms - self.group.query_offset_ms
        assert evaluation is not None
        error = ""
        try:
            made, error = await evaluation.step(org, self._alerts[rule.key], tick_ms)
        except LimitPassed as passed:
            made, error = Step(gone=list(self._alerts[rule.key].values())), str(passed)
        builder = BatchBuilder()
        now = add_alerts(made.alerts.values(), at_ms, builder)
        await self._write(i, self._series[i] or {}, now, (org, at_ms), builder)
        self._take(rule, made, tick_ms)
        return error

    def _take(self, rule: AlertingRule, made: Step, tick_ms: int) -> None:
        """Note what a step changed, and who is to be told; it counts once it is committed."""
        outcome = self._outcome
        if not outcome:
            self._since = self._ports.clock.monotonic()
        sent = {alert.labels: replace(alert, sent_ms=tick_ms) for alert in due(made.alerts, tick_ms)}
        made.alerts.update(sent)
        outcome.told += [Told(rule, one, ends_ms(one, tick_ms, self.group.interval_ms)) for one in sent.values()]
        outcome.kept += [(rule.key, made.alerts[alert.labels]) for alert in made.changed]
        outcome.gone += [(rule.key, alert) for alert in made.gone]
        outcome.turns += [Turn(self.group, rule, alert) for alert in (*made.fired, *made.resolved)]
        self._stepped[rule.key] = made.alerts

    def _is_old(self) -> bool:
        return bool(self._outcome) and self._ports.clock.monotonic() - self._since > FLUSH_S

    async def _commit(self, org: int) -> None:
        """Keep what was found out, and tell; what cannot be kept is found out again at the next tick."""
        outcome, stepped = self._outcome, self._stepped
        self._outcome, self._stepped = Outcome(), {}
        if outcome and self._ports.journal is not None:
            await self._ports.journal.commit(org, outcome)
        self._alerts.update(stepped)

    # -- how it went --

    def _note(self, i: int, at_ms: int, error: str, seconds: float) -> None:
        if error and error != self._runs[i].error:
            rule = self.group.rules[i].name
            _log.warning("rules.rule_failed", file=self.group.file, group=self.group.name, rule=rule, why=error)
        EVALUATIONS.add(1, "failed" if error else "done")
        self._runs[i] = Run("err" if error else "ok", error, at_ms, seconds)

    def _fail_all(self, at_ms: int, why: str) -> None:
        for i in range(len(self._runs)):
            self._note(i, at_ms, why, 0.0)
