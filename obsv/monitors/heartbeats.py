"""Jobs that report in: what they say, and when they are late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

import structlog

from obsv.core.days import erase_on
from obsv.core.errors import NotFound, ObsvError
from obsv.db import execute, insert
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.monitors import store, tables
from obsv.monitors.machine import Standing, State, Step, Verdict, away, settle, step
from obsv.monitors.model import Heartbeat, Monitor
from obsv.monitors.ports import BEAT_KNOWN_MS, Ports, rules_of
from obsv.monitors.record import Found, moved, record, recording
from obsv.monitors.samples import add_result, add_state
from obsv.monitors.secrets import ping_hash
from obsv.monitors.store import Kept
from obsv.monitors.times import next_run
from obsv.monitors.types import Result

BODY_BYTES: Final = 10_000
KEEP: Final = 100
KEEP_DAYS: Final = 30

_log = structlog.get_logger("obsv.monitors")

Signal = Literal["start", "success", "fail"]


@dataclass(frozen=True, slots=True)
class Ping:
    """What a job says: `exit_code` where it told one, and what it sent along."""

    signal: Signal
    exit_code: int | None = None
    body: bytes = b""


class Heartbeats:
    """Takes reports, in whichever process they arrive."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def take(self, ping_id: str, ping: Ping) -> None:
        """Note a report.  Raises `NotFound`."""
        kept = await store.find_by_ping(ping_hash(ping_id))
        if kept is None:
            raise NotFound("No heartbeat reports in here.", code="no_heartbeat")
        monitor = kept.monitor
        is_maintenance = kept.id in await self._ports.maintenance(kept.org)
        now_ms = self._ports.clock.now_ms()
        async with recording():
            stood = await store.standing_of(kept.id)
            if stood is None:
                raise NotFound("No heartbeat reports in here.", code="no_heartbeat")
            before = stood.standing
            duration_ms = now_ms - before.started_at_ms if before.started_at_ms and ping.signal != "start" else None
            result = None if ping.signal == "start" else _result(ping, now_ms, duration_ms)
            found = moved(_reported(before, monitor, ping, now_ms, is_maintenance=is_maintenance), before)
            await record([Found(kept.org, kept.id, before.seq, found, result)])
            await _keep(kept, ping, now_ms, duration_ms)
        if result is not None and found.standing.state is not State.PAUSED:
            await self._write(kept.org, monitor, result, found.standing)

    async def _write(self, org: int, monitor: Monitor, result: Result, standing: Standing) -> None:
        builder = BatchBuilder()
        add_result(builder, monitor, result, standing)
        add_state(builder, monitor, None, standing, result.at_ms)
        try:
            await self._ports.write(org, builder.build())
        except ObsvError as error:  # the report itself is kept, and said again within a minute
            _log.warning("monitors.not_stored", org=org, why=str(error))


def _result(ping: Ping, at_ms: int, duration_ms: int | None) -> Result:
    reason = ""
    if ping.signal == "fail":
        reason = "it said that it failed" if ping.exit_code is None else f"it ended with exit code {ping.exit_code}"
    return Result(
        at_ms=at_ms,
        outcome="failed" if reason else "ok",
        reason=reason,
        duration_s=(duration_ms or 0) / 1000,
        bytes=len(ping.body),
        exit_code=ping.exit_code,
    )


def _reported(before: Standing, monitor: Monitor, ping: Ping, now_ms: int, *, is_maintenance: bool) -> Step:
    """What a report makes of how a heartbeat stood."""
    assert isinstance(monitor.check, Heartbeat)
    grace_ms = monitor.check.grace_s * 1000
    if ping.signal == "start":
        found = settle(before, now_ms, BEAT_KNOWN_MS)
        due_at_ms = min(before.due_at_ms or now_ms + grace_ms, now_ms + grace_ms)
        if before.state is State.PENDING:
            due_at_ms = now_ms + grace_ms
        return replace(found, standing=replace(found.standing, started_at_ms=now_ms, due_at_ms=due_at_ms))
    if before.state is State.PAUSED:
        found = settle(before, now_ms, BEAT_KNOWN_MS)
    else:
        verdict = Verdict(now_ms, "failed", _result(ping, now_ms, None).reason)
        if ping.signal == "success":
            verdict = Verdict(now_ms, "ok")
        found = step(before, verdict, rules_of(monitor, is_maintenance=is_maintenance))
    standing = replace(found.standing, started_at_ms=0, due_at_ms=expected(monitor.check, now_ms) + grace_ms)
    if ping.signal == "success":
        standing = replace(standing, pinged_at_ms=now_ms)
    return replace(found, standing=standing)


def expected(check: Heartbeat, after_ms: int) -> int:
    """When a job reports next, in Unix ms."""
    if check.cron:
        return next_run(check.cron, check.time_zone, after_ms)
    return after_ms + check.period_s * 1000


def due_anew(before: Standing, check: Heartbeat, now_ms: int) -> int:
    """When it is down by a schedule that it has only now, or again; where that is over already, it gets its grace."""
    if before.started_at_ms:
        return now_ms + check.grace_s * 1000
    if before.pinged_at_ms:
        return max(expected(check, before.pinged_at_ms), now_ms) + check.grace_s * 1000
    return before.due_at_ms


def late(before: Standing, monitor: Monitor, now_ms: int, *, is_maintenance: bool) -> Step:
    """What becomes of a heartbeat that was not heard of until it was due.

    Where obsv was away meanwhile, nobody knows whether the job reported: it gets its grace once more.
    """
    assert isinstance(monitor.check, Heartbeat)
    found = away(before, now_ms, BEAT_KNOWN_MS)
    if found.changes:
        due_at_ms = now_ms + monitor.check.grace_s * 1000
        return replace(found, standing=replace(found.standing, checked_at_ms=now_ms, due_at_ms=due_at_ms))
    at_ms = max(before.due_at_ms, before.accounted_at_ms)
    if before.started_at_ms:
        reason = f"it began at {_time(before.started_at_ms)} and did not end"
    else:
        reason = f"it was due at {_time(before.due_at_ms - monitor.check.grace_s * 1000)} and did not report"
    return step(before, Verdict(at_ms, "failed", reason), rules_of(monitor, is_maintenance=is_maintenance))


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


async def _keep(kept: Kept, ping: Ping, now_ms: int, duration_ms: int | None) -> None:
    row = {
        "org": kept.org,
        "monitor_id": kept.id,
        "at_ms": now_ms,
        "signal": ping.signal,
        "exit_code": ping.exit_code,
        "duration_ms": duration_ms,
        "body": ping.body[-BODY_BYTES:].decode(errors="replace").replace("\x00", ""),
        "erase_on": erase_on(now_ms, days=KEEP_DAYS),
    }
    await insert(tables.MonitorPing, row)
    await execute(
        "DELETE FROM monitor_pings WHERE monitor_id = {} AND id <= "
        "(SELECT id FROM monitor_pings WHERE monitor_id = {} ORDER BY id DESC LIMIT 1 OFFSET {})",
        *(kept.id, kept.id, KEEP),
    )
