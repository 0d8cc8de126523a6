"""One evaluation of one alerting rule.  Source: Prometheus' rules/alerting.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from obsv.metrics.histograms import is_token
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.promql import Grid, PromqlError, Query, Result, Scalar, Vector
from obsv.metrics.rules.evaluate import RuleFailed, RuleQuery, Series, rows_of
from obsv.metrics.rules.measured import measured
from obsv.metrics.rules.model import AlertingRule, RuleGroup
from obsv.metrics.rules.ports import Ports
from obsv.metrics.rules.states import Alert, Alerts, Found, Labels, Step, Timing, step
from obsv.metrics.rules.template import Expander, Rows, Sample, Surroundings

REASON = "alert_reason"
"""The label of an alert that fires for want of data, or since the query fails."""


class AlertEvaluation:
    """Evaluates one rule; keeps nothing but its templates."""

    def __init__(self, group: RuleGroup, rule: AlertingRule, ports: Ports) -> None:
        self.rule = rule
        self._group, self._ports = group, ports
        self._expander = Expander(rule.name)
        self._query = RuleQuery(rule.query)
        self._timing = Timing(rule.for_ms, rule.keep_firing_ms, group.limit)

    async def step(self, org: int, before: Alerts, at_ms: int) -> tuple[Step, str]:
        """(what becomes of the alerts, what went wrong).  Raises RuleFailed and LimitPassed."""
        query_ms, error = at_ms - self._group.query_offset_ms, ""
        kept: Iterable[Labels] = ()
        try:
            found = await self._found(org, await self._rows(self._query.at(org, query_ms)), at_ms)
        except PromqlError as failed:
            if self.rule.on_error == "keep":
                raise
            error, found = str(failed), {}
            if self.rule.on_error == "alert":
                found, kept = await self._for_reason(org, "error", at_ms), before.keys()
        else:
            if self.rule.no_data != "ok":
                is_missing, kept = await self._missing(org, before, found, query_ms)
                if is_missing and self.rule.no_data == "alert":
                    found = await self._for_reason(org, "no_data", at_ms)
        return step(self._timing, before, found, at_ms, kept=frozenset(kept)), error

    async def _rows(self, query: Query) -> Rows:
        return vector_rows(await self._ports.engine().run(self._ports.store(), query))

    async def _found(self, org: int, rows: Rows, at_ms: int) -> dict[Labels, Found]:
        around = Surroundings(self._ports.external_url, self._ports.external_labels, at_ms)
        query_ms = at_ms - self._group.query_offset_ms

        async def ask(text: str) -> Rows:
            return await self._rows(Query(org, text, Grid(query_ms, 1, 1), is_range=False))

        found: dict[Labels, Found] = {}
        rule, expand = self.rule, self._expander.expand
        for labels, value in rows:
            sample = Sample(labels, value)
            source = {name: text for name, text in labels.items() if name != "__name__"}
            named = source | {name: await expand(text, sample, around, ask) for name, text in rule.labels.items()}
            named["alertname"] = rule.name
            key = tuple(sorted((name, text) for name, text in named.items() if text))
            if key in found:
                raise RuleFailed("vector contains metrics with the same labelset after applying alert labels")
            annotations = {
                name: await expand(text, sample, around, ask) for name, text in sorted(rule.annotations.items())
            }
            found[key] = Found(tuple(sorted(source.items())), annotations, value)
        return found

    async def _for_reason(self, org: int, reason: str, at_ms: int) -> dict[Labels, Found]:
        return await self._found(org, [({REASON: reason}, float("nan"))], at_ms)

    async def _missing(
        self, org: int, before: Alerts, found: Mapping[Labels, Found], at_ms: int
    ) -> tuple[bool, set[Labels]]:
        """(whether there is no data at all, the alerts whose own data is missing)."""
        lacking = [alert for labels, alert in before.items() if labels not in found and alert.state != "inactive"]
        text = measured(self.rule.query)
        if found and not lacking:
            return False, set()
        if not text or (self.rule.no_data == "keep" and not lacking):
            return False, set()
        measured_rows = await self._rows(Query(org, text, Grid(at_ms, 1, 1), is_range=False))
        rows = [frozenset(labels.items()) for labels, _ in measured_rows]
        own = [alert for alert in lacking if (REASON, "no_data") not in alert.source]
        gone = {alert.labels for alert in own if not any(row.issuperset(alert.source) for row in rows)}
        return not rows, gone


def vector_rows(result: Result) -> Rows:
    """The rows of an instant query; a histogram counts as 0.  Raises RuleFailed for what is no vector."""
    if not isinstance(result.value, Scalar | Vector):
        raise RuleFailed("rule result is not a vector or scalar")
    rows = rows_of(result)
    return [(labels, 0.0 if is_token(np.array([value]))[0] else float(value)) for labels, value in rows]


def add_alerts(alerts: Iterable[Alert], at_ms: int, builder: BatchBuilder) -> Series:
    """Put what is active into the batch, as ALERTS and ALERTS_FOR_STATE; the series."""
    found: Series = {}
    for alert in alerts:
        if alert.state == "inactive":
            continue
        for key, labels, value in series_of(alert):
            found[key] = labels
            builder.add(builder.series(labels), at_ms, value)
    return found


def series_of(alert: Alert) -> Iterable[tuple[Labels, dict[str, str], float]]:
    """The series of one that is active."""
    shown = {**dict(alert.labels), "__name__": "ALERTS", "alertstate": alert.state}
    since = {**dict(alert.labels), "__name__": "ALERTS_FOR_STATE"}
    yield tuple(sorted(shown.items())), shown, 1.0
    yield tuple(sorted(since.items())), since, float(alert.active_ms // 1000)


def known_series(alerts: Iterable[Alert]) -> Series:
    """The series that these had when they were evaluated last."""
    return {key: labels for alert in alerts if alert.state != "inactive" for key, labels, _ in series_of(alert)}
