# ruff: noqa: S608  # statements are put together from this module's constants alone
"""How available monitors were: by days, and of the last 24 hours to the second.

Time that nobody watched is unknown, and counts neither as up nor as down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from obsv.db import fetch
from obsv.monitors.machine import Standing, State
from obsv.monitors.store import chunks
from obsv.monitors.types import Availability, Day, Share

DAY_MS: Final = 86_400_000
WINDOWS: Final = (7, 30, 90)

Sums = tuple[int, int, int]
"""Milliseconds up, down, in maintenance."""


async def by_day(org: int, monitor_ids: Sequence[str], days_back: int, now_ms: int) -> dict[str, list[Day]]:
    """The last `days_back` days of each, oldest first."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    listed = [today - timedelta(days=back) for back in range(days_back - 1, -1, -1)]
    known: dict[str, dict[date, Sums]] = defaultdict(dict)
    for part in chunks(list(monitor_ids)):
        places = ", ".join(["{}"] * len(part))
        rows = await fetch(
            "SELECT monitor_id, day, up_ms, down_ms, maintenance_ms FROM monitor_days "
            f"WHERE org = {{}} AND day >= {{}} AND monitor_id IN ({places})",
            *(org, listed[0], *part),
        )
        for row in rows:
            known[row["monitor_id"]][_date(row["day"])] = (row["up_ms"], row["down_ms"], row["maintenance_ms"])
    return {
        monitor_id: [_day(day, known[monitor_id].get(day, (0, 0, 0)), now_ms) for day in listed]
        for monitor_id in monitor_ids
    }


def _day(day: date, sums: Sums, now_ms: int) -> Day:
    begun_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    share = _share(sums, min(now_ms - begun_ms, DAY_MS))
    return Day(day, share.up_s, share.down_s, share.maintenance_s, share.unknown_s)


async def windows(org: int, monitor_id: str, standing: Standing, created_at_ms: int, now_ms: int) -> Availability:
    """Of the usual windows; what was before the monitor was made is not part of them."""
    counted = {days_back: (await sums(org, days_back, now_ms, monitor_id)).get(monitor_id) for days_back in WINDOWS}
    day = (await last_day(org, {monitor_id: (standing, created_at_ms)}, now_ms))[monitor_id]
    week, month, quarter = (
        _share(counted[days_back] or (0, 0, 0), now_ms - max(_begin(days_back, now_ms), created_at_ms))
        for days_back in WINDOWS
    )
    return Availability(day, week, month, quarter)


async def sums(org: int, days_back: int, now_ms: int, monitor_id: str = "") -> dict[str, Sums]:
    """What was counted in the last days with today, by monitor."""
    since = datetime.fromtimestamp(_begin(days_back, now_ms) / 1000, UTC).date()
    only = " AND monitor_id = {}" if monitor_id else ""
    rows = await fetch(
        "SELECT monitor_id, sum(up_ms) AS up_ms, sum(down_ms) AS down_ms, sum(maintenance_ms) AS maintenance_ms "
        f"FROM monitor_days WHERE org = {{}} AND day >= {{}}{only} GROUP BY monitor_id",
        *(org, since, *([monitor_id] if monitor_id else [])),
    )
    return {row["monitor_id"]: (int(row["up_ms"]), int(row["down_ms"]), int(row["maintenance_ms"])) for row in rows}


async def last_day(org: int, standings: Mapping[str, tuple[Standing, int]], now_ms: int) -> dict[str, Share]:
    """The last 24 hours of each, from its changes; the value is (how it stands, when it was made)."""
    since_ms = now_ms - DAY_MS
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    only = next(iter(standings)) if len(standings) == 1 else ""
    rows = await fetch(
        "SELECT monitor_id, at_ms, before, state FROM monitor_events WHERE org = {} AND at_ms > {}"
        + (" AND monitor_id = {}" if only else "")
        + " ORDER BY at_ms DESC, id DESC",
        *(org, since_ms, *([only] if only else [])),
    )
    for row in rows:
        changes[row["monitor_id"]].append(row)
    return {
        monitor_id: _walked_back(standing, changes[monitor_id], max(since_ms, made_at_ms), now_ms)
        for monitor_id, (standing, made_at_ms) in standings.items()
    }


def _walked_back(standing: Standing, changes: Sequence[Mapping[str, Any]], since_ms: int, now_ms: int) -> Share:
    """From now back through the changes, newest first."""
    sums = {State.UP: 0, State.DOWN: 0, State.MAINTENANCE: 0}
    state, until_ms = standing.state, min(now_ms, max(standing.accounted_at_ms, standing.since_at_ms))
    for change in changes:
        if state in sums:
            sums[state] += max(0, until_ms - change["at_ms"])
        state, until_ms = State(change["before"]), min(until_ms, change["at_ms"])
    if state in sums:
        sums[state] += max(0, until_ms - since_ms)
    return _share((sums[State.UP], sums[State.DOWN], sums[State.MAINTENANCE]), now_ms - since_ms)


def ratio_of(sums: Sums) -> float | None:
    """Up of up and down."""
    up_ms, down_ms, _ = sums
    return up_ms / (up_ms + down_ms) if up_ms + down_ms else None


def _share(sums: Sums, whole_ms: int) -> Share:
    up_ms, down_ms, maintenance_ms = sums
    unknown_ms = max(0, whole_ms - up_ms - down_ms - maintenance_ms)
    return Share(up_ms / 1000, down_ms / 1000, maintenance_ms / 1000, unknown_ms / 1000, ratio_of(sums))


def _begin(days_back: int, now_ms: int) -> int:
    return now_ms // DAY_MS * DAY_MS - (days_back - 1) * DAY_MS


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
