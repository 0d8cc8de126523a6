"""Reads what the API shows of monitors; writes nothing."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from obsv.db import fetch
from obsv.metrics.store.types import Float64
from obsv.monitors import availability, store
from obsv.monitors.machine import Standing, State
from obsv.monitors.model import Monitor
from obsv.monitors.samples import JOB
from obsv.monitors.store import Kept
from obsv.monitors.types import (
    Certificate,
    EventList,
    EventView,
    MonitorCounts,
    MonitorList,
    MonitorSummary,
    MonitorView,
    PingList,
    PingView,
    Points,
)

_LISTED: Final = (
    "SELECT m.id, m.key, m.name, m.kind, m.target, m.tags, m.created_at_ms, s.state, s.since_at_ms, s.checked_at_ms, "
    "s.accounted_at_ms, s.result FROM monitors m JOIN monitor_standings s ON s.monitor_id = m.id WHERE m.org = {}"
)


class Rows(Protocol):
    """A range query's answer: a row of `values` a label set, NaN where absent."""

    @property
    def values(self) -> Float64: ...


RangeQuery = Callable[[int, str, int, int, int], Awaitable[Rows]]
"""(organisation, expression, start ms, end ms, step ms) -> rows."""


class _Brief(msgspec.Struct):
    """What a list needs of a result."""

    outcome: str = ""
    reason: str = ""
    duration_s: float = 0.0
    certificate: Certificate | None = None


_brief = msgspec.json.Decoder(_Brief).decode


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for."""

    query: str = ""
    tag: str = ""
    kind: str = ""
    state: str = ""

    def fits(self, row: dict[str, Any]) -> bool:
        """Whether a row is wanted."""
        if self.kind not in ("", row["kind"]) or self.state not in ("", row["state"]):
            return False
        if self.tag and self.tag not in row["tags"].split("\n"):
            return False
        text = f"{row['name']}\n{row['target']}\n{row['tags']}".casefold()
        return all(word in text for word in self.query.casefold().split())


async def listed(org: int, wanted: Wanted, now_ms: int, *, offset: int, limit: int) -> MonitorList:
    """A page of those that fit, by name, without what the plan allows."""
    rows = await fetch(_LISTED, org)
    fitting = sorted((row for row in rows if wanted.fits(row)), key=lambda row: (row["name"].casefold(), row["id"]))
    page = fitting[offset : offset + limit]
    month = await availability.sums(org, 30, now_ms)
    standings = {row["id"]: (_standing(row), row["created_at_ms"]) for row in page}
    day = await availability.last_day(org, standings, now_ms) if page else {}
    shown = [
        _summary(row, day[row["id"]].ratio, availability.ratio_of(month.get(row["id"], (0, 0, 0)))) for row in page
    ]
    return MonitorList(shown, len(fitting), len(rows), 0, now_ms)


async def counts(org: int) -> MonitorCounts:
    """How many are in each state."""
    rows = await fetch(
        "SELECT s.state, COUNT(*) AS n FROM monitors m JOIN monitor_standings s ON s.monitor_id = m.id "
        "WHERE m.org = {} GROUP BY s.state",
        org,
    )
    return MonitorCounts(**{row["state"]: row["n"] for row in rows})


def _standing(row: dict[str, Any]) -> Standing:
    return Standing(state=State(row["state"]), since_at_ms=row["since_at_ms"], accounted_at_ms=row["accounted_at_ms"])


def _summary(row: dict[str, Any], day: float | None, month: float | None) -> MonitorSummary:
    result = _brief(row["result"]) if row["result"] else _Brief()
    certificate = result.certificate
    return MonitorSummary(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        kind=row["kind"],
        target=row["target"],
        tags=row["tags"].split("\n") if row["tags"] else [],
        state=State(row["state"]),
        since_at_ms=row["since_at_ms"],
        checked_at_ms=row["checked_at_ms"],
        response_s=result.duration_s if result.outcome else None,
        error=result.reason,
        certificate_ends_at_ms=certificate.ends_at_ms if certificate else 0,
        ratio_24h=day,
        ratio_30d=month,
    )


async def view(kept: Kept, ping_url: str, now_ms: int) -> MonitorView:
    """All that is known of one."""
    stood = await store.standing_of(kept.id)
    standing = stood.standing if stood else Standing()
    return MonitorView(
        id=kept.id,
        monitor=kept.monitor,
        state=standing.state,
        since_at_ms=standing.since_at_ms,
        checked_at_ms=standing.checked_at_ms,
        due_at_ms=standing.due_at_ms,
        started_at_ms=standing.started_at_ms,
        pinged_at_ms=standing.pinged_at_ms,
        result=stood.result if stood else None,
        availability=await availability.windows(kept.org, kept.id, standing, kept.created_at_ms, now_ms),
        ping_url=ping_url,
        version=kept.version,
        is_applied=kept.is_applied,
        created_at_ms=kept.created_at_ms,
        updated_at_ms=kept.updated_at_ms,
    )


async def events(org: int, monitor_id: str, before_ms: int, limit: int) -> EventList:
    """Changes of state, newest first."""
    rows = await fetch(
        "SELECT at_ms, before, state, reason FROM monitor_events WHERE org = {} AND monitor_id = {} AND at_ms < {} "
        "ORDER BY at_ms DESC, id DESC LIMIT {}",
        *(org, monitor_id, before_ms, limit + 1),
    )
    shown: list[EventView] = []
    until_ms: int | None = None
    for row in rows[:limit]:
        shown.append(EventView(row["at_ms"], until_ms, State(row["before"]), State(row["state"]), row["reason"]))
        until_ms = row["at_ms"]
    return EventList(shown, len(rows) <= limit)


async def pings(org: int, monitor_id: str) -> PingList:
    """What a job reported, newest first."""
    rows = await fetch(
        "SELECT at_ms, signal, exit_code, duration_ms, body FROM monitor_pings WHERE org = {} AND monitor_id = {} "
        "ORDER BY id DESC",
        *(org, monitor_id),
    )
    return PingList([_ping(row) for row in rows])


def _ping(row: dict[str, Any]) -> PingView:
    seconds = None if row["duration_ms"] is None else row["duration_ms"] / 1000
    return PingView(row["at_ms"], row["signal"], row["exit_code"], seconds, row["body"])


async def response_times(query: RangeQuery, org: int, monitor: Monitor, times: Sequence[int], step_ms: int) -> Points:
    """How long checks took, on average and at most, in the step before each time."""
    name = monitor.name.replace("\\", "\\\\").replace('"', '\\"')
    series = f'probe_duration_seconds{{job="{JOB}", monitor="{name}"}}[{step_ms}ms]'
    found = [
        await query(org, f"max({function}({series}))", times[0], times[-1], step_ms)
        for function in ("avg_over_time", "max_over_time")
    ]
    average, highest = (_values(rows, len(times)) for rows in found)
    return Points(list(times), average, highest)


def _values(rows: Rows, count: int) -> list[float | None]:
    if not len(rows.values):
        return [None] * count
    return [None if math.isnan(value) else round(float(value), 6) for value in rows.values[0]]
