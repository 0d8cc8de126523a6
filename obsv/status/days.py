"""The bars: how a component did on each of the last days, from its monitors or from what was told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from obsv.status.periods import Span
from obsv.status.ports import MonitorDay
from obsv.status.states import OUTAGES, RANK, State, worst

DAYS: Final = 90
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One UTC day; `up_s` and `down_s` are seconds, both 0 where nothing is known."""

    day: date
    state: State | None
    up_s: float
    down_s: float

    @property
    def uptime(self) -> float | None:
        """Share of the known time that it was up."""
        known = self.up_s + self.down_s
        return self.up_s / known if known else None

    @property
    def is_trouble(self) -> bool:
        """Whether there is something to tell of it."""
        return self.state is not None and RANK[self.state] > RANK[State.MAINTENANCE]


def bars(since_ms: int, spans: Sequence[Span], now_ms: int, monitors: Iterable[Sequence[MonitorDay]] = ()) -> list[Bar]:
    """The last `DAYS` days, today last, of a component that there is `since_ms`.

    Its monitors measure what they can; where there are none, all time without an outage counts as up.
    """
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    told = _worst_by_day(spans, now_ms)
    listed = list(monitors)
    measured = _measured(listed) if listed else _told(since_ms, spans, now_ms, days)
    made: list[Bar] = []
    for day in days:
        up_s, down_s = measured.get(day, (0.0, 0.0))
        seen = [*told.get(day, ()), *([_seen(up_s, down_s)] if up_s + down_s else [])]
        made.append(Bar(day, worst(seen) if seen else None, up_s, down_s))
    return made


def uptime(made: Iterable[Bar]) -> float | None:
    """Of all the days together; None if nothing is known."""
    listed = list(made)
    known = sum(bar.up_s + bar.down_s for bar in listed)
    return sum(bar.up_s for bar in listed) / known if known else None


def percent(share: float | None) -> str:
    """`99.98 %`; never 100 when it is not."""
    if share is None:
        return "no data"
    hundredths = int(share * 10_000) if share < 1 else 10_000
    return f"{hundredths / 100:.2f} %" if hundredths < 10_000 else "100 %"


def _seen(up_s: float, down_s: float) -> State:
    share = down_s / (up_s + down_s)
    if not down_s:
        return State.OPERATIONAL
    return State.DEGRADED if share < 0.01 else State.PARTIAL_OUTAGE if share < 0.5 else State.MAJOR_OUTAGE


def _measured(monitors: Sequence[Sequence[MonitorDay]]) -> dict[date, tuple[float, float]]:
    """The mean of several monitors."""
    sums: dict[date, tuple[float, float]] = {}
    for days in monitors:
        for one in days:
            up_s, down_s = sums.get(one.day, (0.0, 0.0))
            sums[one.day] = (up_s + one.up_s, down_s + one.down_s)
    return {day: (up_s / len(monitors), down_s / len(monitors)) for day, (up_s, down_s) in sums.items()}


def _told(since_ms: int, spans: Sequence[Span], now_ms: int, days: Sequence[date]) -> dict[date, tuple[float, float]]:
    outages = _merged(
        (one.began_at_ms, min(one.ended_at_ms or now_ms, now_ms)) for one in spans if one.state in OUTAGES
    )
    since_ms = min([since_ms, *(one.began_at_ms for one in spans)])
    down: dict[date, float] = {}
    for start, end in outages:
        for day, begun, ended in _days(start, end):
            down[day] = down.get(day, 0.0) + (ended - begun) / 1000
    found: dict[date, tuple[float, float]] = {}
    for day in days:
        begun = _start(day)
        known = (min(begun + DAY_MS, now_ms) - max(begun, since_ms)) / 1000
        if known > 0:
            found[day] = (max(known - down.get(day, 0.0), 0.0), down.get(day, 0.0))
    return found


def _worst_by_day(spans: Sequence[Span], now_ms: int) -> dict[date, list[State]]:
    found: dict[date, list[State]] = {}
    for one in spans:
        for day, _, _ in _days(one.began_at_ms, one.ended_at_ms or now_ms):
            found.setdefault(day, []).append(one.state)
    return found


def _merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged


def _days(start_ms: int, end_ms: int) -> Iterable[tuple[date, int, int]]:
    """The days that an interval touches, and its part in each; no more of them than there are bars."""
    start_ms = max(start_ms, end_ms - (DAYS + 1) * DAY_MS)
    while start_ms < end_ms:
        day = datetime.fromtimestamp(start_ms / 1000, UTC).date()
        until = min(_start(day) + DAY_MS, end_ms)
        yield day, start_ms, until
        start_ms = until


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
