"""Unit tests of rules, as `promtool test rules` runs them.  Source: Prometheus' cmd/promtool/unittest.go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from obsv.config.model import RuleFiles
from obsv.core.clock import ManualClock
from obsv.core.duration import format_duration_ms, parse_duration_ms
from obsv.core.gotemplate.values import show_float
from obsv.core.gotemplate.verbs import quoted
from obsv.metrics.histograms import Histogram, is_token, place_of
from obsv.metrics.histograms.arithmetic import compact
from obsv.metrics.promql import Engine, Grid, ParseError, PromqlError, Query, parse
from obsv.metrics.promql.description import histogram, points, series
from obsv.metrics.promql.memory import MemoryStore
from obsv.metrics.rules.evaluate import RuleFailed, rows_of
from obsv.metrics.rules.files import read_groups
from obsv.metrics.rules.group import GroupRunner
from obsv.metrics.rules.model import RuleGroup
from obsv.metrics.rules.ports import Ports
from obsv.metrics.store.types import WriteBatch, WriteResult
from obsv.metrics.yaml_text import decode_yaml

ORG = 1
Labels = tuple[tuple[str, str], ...]


class InputSeries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Samples, an interval apart."""

    series: str
    values: str


class ExpectedAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert that fires."""

    exp_labels: dict[str, str] = {}
    exp_annotations: dict[str, str] = {}


class AlertTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts of a name fire at a time."""

    eval_time: str = "0s"
    alertname: str = ""
    exp_alerts: list[ExpectedAlert] = []


class ExpectedSample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a result."""

    labels: str
    value: float = 0.0
    histogram: str = ""


class ExpressionTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an expression gives at a time."""

    expr: str
    eval_time: str = "0s"
    exp_samples: list[ExpectedSample] = []


class RuleTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One test: series, and what becomes of them."""

    interval: str = ""
    input_series: list[InputSeries] = []
    name: str = ""
    alert_rule_test: list[AlertTest] = []
    promql_expr_test: list[ExpressionTest] = []
    external_labels: dict[str, str] = {}
    external_url: str = ""
    start_timestamp: str = ""


class TestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of tests."""

    rule_files: list[str] = []
    evaluation_interval: str = "1m"
    group_eval_order: list[str] = []
    fuzzy_compare: bool = False
    tests: list[RuleTest] = []


def run_file(path: Path) -> list[str]:
    """What failed, in words; nothing where all is as expected.  Raises OSError, and ValueError for what is no test."""
    file = decode_yaml(path.read_text(encoding="utf-8"), TestFile)
    interval_ms = parse_duration_ms(file.evaluation_interval)
    if interval_ms <= 0:
        raise ValueError("evaluation_interval: expected more than nothing")
    groups = _ordered(list(_groups(path.parent, file, interval_ms)), file.group_eval_order)
    return asyncio.run(_run(file, groups, interval_ms))


async def _run(file: TestFile, groups: Sequence[RuleGroup], interval_ms: int) -> list[str]:
    failures: list[str] = []
    for test in file.tests:
        failures += await _Trial(test, groups, interval_ms, is_fuzzy=file.fuzzy_compare).run()
    return failures


def _groups(folder: Path, file: TestFile, interval_ms: int) -> Iterator[RuleGroup]:
    for text in file.rule_files:
        pattern = Path(text) if Path(text).is_absolute() else folder / text
        found = sorted(pattern.parent.glob(pattern.name))
        if not found:
            raise ValueError(f"rule_files: there is no file {text}")
        for one in found:
            yield from read_groups(RuleFiles(org="test", interval=interval_ms), one)


def _ordered(groups: Sequence[RuleGroup], order: Sequence[str]) -> list[RuleGroup]:
    names = {group.name for group in groups}
    if missing := [name for name in order if name not in names]:
        raise ValueError(f"group_eval_order: there is no group {missing[0]}")
    places = {name: i for i, name in enumerate(order)}
    return sorted(groups, key=lambda group: (places.get(group.name, len(places)), group.file, group.name))


@dataclass
class _Trial:
    """One test at work."""

    test: RuleTest
    groups: Sequence[RuleGroup]
    interval_ms: int
    is_fuzzy: bool = False
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=lambda: ManualClock(0))
    engine: Engine = field(default_factory=Engine)

    async def run(self) -> list[str]:
        """What failed."""
        try:
            self._load()
            return await self._run()
        finally:
            self.engine.close()

    def _load(self) -> None:
        step_ms = parse_duration_ms(self.test.interval) if self.test.interval else self.interval_ms
        for one in self.test.input_series:
            try:
                labels, rest = series(one.series)
                values = points(one.values)
            except (ValueError, AssertionError, ParseError) as wrong:
                raise ValueError(f"input_series {one.series}: {wrong or one.values}") from None
            if rest.strip():
                raise ValueError(f"input_series {one.series}: expected a series alone")
            samples = [(i * step_ms, value) for i, value in enumerate(values) if value is not None]
            self.store.add({name: text for name, text in labels.items() if text}, samples)

    async def _run(self) -> list[str]:
        ports = Ports(
            self.clock,
            lambda: self.engine,
            lambda: self.store,
            self._write,
            self._organisation,
            external_url=self.test.external_url,
            external_labels=self.test.external_labels,
        )
        runners = [GroupRunner(group, ports, {rule.name for rule in group.rules}) for group in self.groups]
        alerts = [(parse_duration_ms(one.eval_time), one) for one in self.test.alert_rule_test]
        expressions = [(parse_duration_ms(one.eval_time), one) for one in self.test.promql_expr_test]
        failures: list[str] = []
        for at_ms in range(0, max([0, *(time for time, _ in (*alerts, *expressions))]) + 1, self.interval_ms):
            for runner in runners:
                await runner.evaluate(at_ms)
                failures += self._errors(runner, at_ms)
            due = [one for time, one in alerts if at_ms <= time < at_ms + self.interval_ms]
            failures += [problem for one in due if (problem := self._alerts(one, runners))]
        for _, one in expressions:
            failures += [problem] if (problem := await self._expression(one)) else []
        return failures

    def _errors(self, runner: GroupRunner, at_ms: int) -> Iterator[str]:
        for rule, run in zip(runner.group.rules, runner.status().rules, strict=True):
            if run.error:
                yield f"    rule: {rule.name}, time: {format_duration_ms(at_ms)}, err: {run.error}"

    async def _write(self, _: int, batch: WriteBatch) -> WriteResult:
        for i, labels in enumerate(batch.labels):
            begin, end = batch.offsets[i], batch.offsets[i + 1]
            pairs = zip(batch.t[begin:end].tolist(), batch.v[begin:end], strict=True)
            self.store.add(labels, [(time, _told(value, batch.histograms)) for time, value in pairs])
        return WriteResult(len(batch.t))

    async def _organisation(self, _: str) -> int:
        return ORG

    def _alerts(self, one: AlertTest, runners: Sequence[GroupRunner]) -> str:
        got = sorted(
            (alert.labels, tuple(sorted(alert.annotations.items())))
            for runner in runners
            for rule in runner.group.alerting
            if rule.name == one.alertname
            for alert in runner.status().alerts[rule.key]
            if alert.state == "firing"
        )
        wanted = sorted(
            (_pairs({**alert.exp_labels, "alertname": one.alertname}), _pairs(alert.exp_annotations))
            for alert in one.exp_alerts
        )
        if got == wanted:
            return ""
        return (
            f"{self._name}    alertname: {one.alertname}, time: {one.eval_time}, \n"
            f"        exp:{_shown(wanted)}, \n        got:{_shown(got)}"
        )

    @property
    def _name(self) -> str:
        return f"    name: {self.test.name},\n" if self.test.name else ""

    async def _expression(self, one: ExpressionTest) -> str:
        where = f"{self._name}    expr: {quoted(one.expr)}, time: {one.eval_time}"
        grid = Grid(parse_duration_ms(one.eval_time), 1, 1)
        try:
            result = await self.engine.run(self.store, Query(ORG, one.expr, grid, is_range=False))
            got = [(_pairs(labels), _told(value, result.histograms)) for labels, value in rows_of(result)]
            wanted = [(_sample_labels(sample.labels), _sample_value(sample)) for sample in one.exp_samples]
        except (PromqlError, RuleFailed, ValueError, AssertionError) as failed:
            return f"{where}, err: {failed}"
        got.sort(key=lambda row: row[0])
        wanted.sort(key=lambda row: row[0])
        is_same = len(got) == len(wanted) and all(
            a[0] == b[0] and _equal(a[1], b[1], is_fuzzy=self.is_fuzzy) for a, b in zip(got, wanted, strict=True)
        )
        if is_same:
            return ""
        return f"{where},\n        exp: {_rows(wanted)}\n        got: {_rows(got)}"


def _told(value: np.float64, histograms: Sequence[Histogram]) -> float | Histogram:
    return histograms[place_of(value)] if is_token(np.array([value]))[0] else float(value)


def _pairs(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, text) for name, text in labels.items() if text))


def _sample_labels(text: str) -> Labels:
    """The labels of an expected row, which is written as a selector."""
    labels, rest = series(text.replace("\n", " ").strip())
    if rest.strip():
        parse(text)
        raise ValueError(f"labels {quoted(text)}: expected a series")
    return _pairs(labels)


def _sample_value(sample: ExpectedSample) -> float | Histogram:
    return histogram(sample.histogram)[0] if sample.histogram else sample.value


def _equal(got: float | Histogram, wanted: float | Histogram, *, is_fuzzy: bool) -> bool:
    if isinstance(got, Histogram) or isinstance(wanted, Histogram):
        if not (isinstance(got, Histogram) and isinstance(wanted, Histogram)):
            return False
        return bool(compact(got.copy()) == compact(wanted.copy()))
    if math.isnan(got) or math.isnan(wanted):
        return math.isnan(got) and math.isnan(wanted)
    return got == wanted or (is_fuzzy and wanted in (math.nextafter(got, math.inf), math.nextafter(got, -math.inf)))


def _shown(alerts: Sequence[tuple[Labels, Labels]]) -> str:
    rows = [
        f"\n            {i}:\n              Labels:{_braces(labels)}\n              Annotations:{_braces(texts)}"
        for i, (labels, texts) in enumerate(alerts)
    ]
    return "[" + "".join(rows) + ("\n            ]" if rows else "]")


def _braces(labels: Labels) -> str:
    return "{" + ", ".join(f"{name}={quoted(text)}" for name, text in labels) + "}"


def _rows(rows: Sequence[tuple[Labels, Any]]) -> str:
    shown = [
        f"{_braces(labels)} {show_float(value, 'E') if isinstance(value, float) else value}" for labels, value in rows
    ]
    return ", ".join(shown) if shown else "nil"
