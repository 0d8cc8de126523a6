"""What a rule would have done over the past days: evaluated by the day, from the newest back, within a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from obsv.alerts.documents import GroupDocument, check
from obsv.alerts.grouping import Fired, GroupTimes, messages
from obsv.alerts.ports import AlertPorts
from obsv.alerts.types import Backtest, BacktestResult, Firing, SeriesFirings
from obsv.core.duration import format_duration_ms, parse_duration_ms
from obsv.core.errors import FieldError, Invalid
from obsv.metrics.promql import Grid, PromqlError, Query, Scalar, Vector, parse
from obsv.metrics.promql.values import Mask
from obsv.metrics.rules import AlertingRule, made_rule
from obsv.metrics.rules.template import Expander, Rows, Sample, Surroundings
from obsv.metrics.store.types import Labels

DAY_MS: Final = 86_400_000
MOST_STEPS: Final = 43_200
"""Evaluations: 30 days once a minute."""
CHUNK_STEPS: Final = 1440
MOST_RUNS: Final = 200_000
MOST_SERIES: Final = 5000
SHOWN_SERIES: Final = 200
SHOWN_FIRINGS: Final = 500
TIME_S: Final = 20.0
AT_ONCE: Final = 2

Key = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Presence:
    """When each series was in the result: steps (first, last), both included, newest first."""

    runs: dict[Key, list[tuple[int, int]]] = field(default_factory=dict[Key, list[tuple[int, int]]])
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    start_ms: int
    step_ms: int
    steps: int

    def at(self, step: int) -> int:
        return self.start_ms + step * self.step_ms


@dataclass(frozen=True, slots=True)
class _Trial:
    wish: Backtest
    rule: AlertingRule
    frame: _Frame
    times: GroupTimes


class Backtests:
    """Tries rules; a few at a time."""

    def __init__(self, ports: AlertPorts, time_s: float = TIME_S) -> None:
        self._ports, self._time_s = ports, time_s
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def run(self, org: int, wish: Backtest) -> BacktestResult:
        """Try one.  Raises Invalid, and errors of PromQL as Invalid."""
        rule, (wait, between, repeat) = _checked(wish)
        step_ms = max(_span("/interval", wish.interval or "1m", 1000), -(-wish.days * DAY_MS // MOST_STEPS))
        end_ms = self._ports.clock.now_ms() // step_ms * step_ms
        steps = wish.days * DAY_MS // step_ms
        frame = _Frame(end_ms - (steps - 1) * step_ms, step_ms, steps)
        times = GroupTimes(wait, between, repeat, end_ms, wish.send_resolved)
        async with self._gate:
            presence, first = await self._presence(org, rule.query, frame)
            return await _result(_Trial(wish, rule, frame, times), presence, first)

    async def _presence(self, org: int, query: str, frame: _Frame) -> tuple[_Presence, int]:
        """(where what was present, the first step that was looked at)."""
        found, first = _Presence(), frame.steps
        begun = self._ports.clock.monotonic()
        while first > 0 and found.count < MOST_RUNS and len(found.runs) <= MOST_SERIES:
            if self._ports.clock.monotonic() - begun > self._time_s:
                break
            begin = max(0, first - CHUNK_STEPS)
            grid = Grid(frame.at(begin), frame.step_ms, first - begin)
            try:
                result = await self._ports.engine().run(self._ports.store(), Query(org, query, grid, is_range=True))
            except PromqlError as failed:
                raise Invalid(f"The expression cannot be evaluated: {failed}", code="bad_rules") from None
            match result.value:
                case Vector(labels=labels, present=present):
                    _add(found, labels, np.asarray(present), begin)
                case Scalar():
                    _add(found, [{}], np.ones((1, grid.count), np.bool_), begin)
                case _:
                    raise Invalid("The expression gives no vector.", code="bad_rules")
            first = begin
        return found, first


async def _result(trial: _Trial, presence: _Presence, first: int) -> BacktestResult:
    wish, rule, frame, times = trial.wish, trial.rule, trial.frame, trial.times
    lines: list[SeriesFirings] = []
    groups: dict[Key, list[Fired]] = {}
    expander = Expander(rule.name)
    for number, (key, runs) in enumerate(presence.runs.items()):
        labels = await _named(rule, expander, dict(key))
        firings = _firings(sorted(runs), rule, frame)
        fired = [one for one in firings if one.fired_at_ms]
        lines.append(SeriesFirings(labels, firings[-SHOWN_FIRINGS:], len(fired), _seconds(fired)))
        group = tuple((name, labels.get(name, "")) for name in wish.group_by)
        groups.setdefault(tuple(sorted(labels.items())) if "..." in wish.group_by else group, []).extend(
            Fired(number, one.fired_at_ms, one.ended_at_ms if one.is_over else times.until_ms + 1) for one in fired
        )
    lines.sort(key=lambda line: (-line.firing_s, -line.fired, sorted(line.labels.items())))
    return BacktestResult(
        start_ms=frame.start_ms,
        end_ms=frame.at(frame.steps - 1),
        since_ms=frame.at(first),
        step_ms=frame.step_ms,
        is_complete=first == 0,
        series=len(lines),
        fired=sum(line.fired for line in lines),
        firing_s=sum(line.firing_s for line in lines),
        notifications=sum(messages(fired, times) for fired in groups.values()),
        lines=lines[:SHOWN_SERIES],
    )


def _checked(wish: Backtest) -> tuple[AlertingRule, tuple[int, int, int]]:
    check(GroupDocument(name="backtest", interval=wish.interval, rules=(wish.rule,)))
    rule = made_rule(wish.rule.text, {}, "")
    if not isinstance(rule, AlertingRule):
        raise Invalid(
            "Only a rule that alerts can be tried.", code="bad_rules", errors=[FieldError("/rule", "has no alert")]
        )
    if parse(rule.query).type not in ("vector", "scalar"):
        raise Invalid("The expression gives no vector.", code="bad_rules")
    wait, interval, repeat = (
        _span(f"/{name}", getattr(wish, name), least)
        for name, least in (("group_wait", 0), ("group_interval", 1000), ("repeat_interval", 60_000))
    )
    return rule, (wait, interval, max(repeat, interval))


def _span(pointer: str, text: str, least: int) -> int:
    try:
        ms = parse_duration_ms(text) if text else least
    except ValueError as wrong:
        raise Invalid(str(wrong), code="bad_duration", errors=[FieldError(pointer, str(wrong))]) from None
    if ms < least:
        said = f"is less than {format_duration_ms(least)}"
        raise Invalid(f"{pointer[1:]} {said}.", code="bad_duration", errors=[FieldError(pointer, said)])
    return ms


def _add(found: _Presence, labels: Sequence[Labels], present: Mask, begin: int) -> None:
    """Put a piece before those that are known; a run that goes on over the border stays one."""
    padded = np.zeros((present.shape[0], present.shape[1] + 2), np.int8)
    padded[:, 1:-1] = present
    edges = np.diff(padded, axis=1)
    for i, one in enumerate(labels):
        starts, ends = np.flatnonzero(edges[i] == 1), np.flatnonzero(edges[i] == -1)
        if not len(starts):
            continue
        key = tuple(sorted((name, text) for name, text in one.items() if name != "__name__"))
        runs = found.runs.setdefault(key, [])
        for start, end in zip(starts[::-1].tolist(), ends[::-1].tolist(), strict=True):
            first, last = begin + start, begin + end - 1
            if runs and runs[-1][0] == last + 1:
                runs[-1] = (first, runs[-1][1])
            else:
                runs.append((first, last))
                found.count += 1


def _firings(runs: list[tuple[int, int]], rule: AlertingRule, frame: _Frame) -> list[Firing]:
    """What becomes of one series that is in the result in these runs of steps, by time."""
    wait, keep = (-(-ms // frame.step_ms) for ms in (rule.for_ms, rule.keep_firing_ms))
    out: list[Firing] = []
    i = 0
    while i < len(runs):
        begin, last = runs[i]
        i += 1
        fired = begin + wait if begin + wait <= last else -1
        # While it fires, an absence that is shorter than keep_firing_for changes nothing.
        while fired >= 0 and i < len(runs) and runs[i][0] <= last + 1 + keep:
            last = runs[i][1]
            i += 1
        end = last + 1 + (keep if fired >= 0 else 0)
        is_over = end < frame.steps
        out.append(
            Firing(
                active_at_ms=frame.at(begin),
                fired_at_ms=frame.at(fired) if fired >= 0 else 0,
                ended_at_ms=frame.at(min(end, frame.steps - 1)),
                is_over=is_over,
            )
        )
    return out


def _seconds(fired: list[Firing]) -> float:
    return sum(one.ended_at_ms - one.fired_at_ms for one in fired) / 1000


async def _named(rule: AlertingRule, expander: Expander, source: dict[str, str]) -> dict[str, str]:
    """The alert's labels; of a value templates know nothing here."""

    async def ask(_: str) -> Rows:
        return []

    sample = Sample(source, float("nan"))
    own = {name: await expander.expand(text, sample, Surroundings(), ask) for name, text in rule.labels.items()}
    return {name: text for name, text in {**source, **own, "alertname": rule.name}.items() if text}
