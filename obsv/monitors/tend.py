"""What happens to monitors without a check: heartbeats get late, their time passes, and what is known is said again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from obsv.metrics.ingest.batch import BatchBuilder
from obsv.monitors import store
from obsv.monitors.heartbeats import late
from obsv.monitors.machine import State, settle, turn
from obsv.monitors.model import Heartbeat
from obsv.monitors.ports import BEAT_KNOWN_MS, Ports
from obsv.monitors.record import Found, moved, record, recording
from obsv.monitors.samples import add_state
from obsv.monitors.store import Stood
from obsv.monitors.types import Result
from obsv.monitors.watched import Watched

IsMaintained = Callable[[int, str], Awaitable[bool]]
_WAITED_FOR = (State.PENDING, State.UP, State.UNKNOWN)


class Tending:
    """Looks after heartbeats and rare monitors, for the node that leads."""

    def __init__(self, ports: Ports, is_maintained: IsMaintained) -> None:
        self._ports, self._is_maintained = ports, is_maintained

    async def find_late(self, watched: Mapping[str, Watched]) -> None:
        """Heartbeats that are due and were not heard of are down."""
        for monitor_id in await store.overdue("heartbeat", _WAITED_FOR, self._ports.clock.now_ms()):
            one = watched.get(monitor_id)
            if one is not None:
                await self._turn_late(one, is_maintenance=await self._is_maintained(one.org, one.id))

    def _is_due(self, stood: Stood) -> bool:
        standing = stood.standing
        return standing.state in _WAITED_FOR and 0 < standing.due_at_ms <= self._ports.clock.now_ms()

    async def _turn_late(self, one: Watched, *, is_maintenance: bool) -> None:
        now_ms = self._ports.clock.now_ms()
        async with recording():
            stood = await store.standing_of(one.id)  # it may have reported meanwhile
            if stood is None or not self._is_due(stood):
                return
            found = moved(late(stood.standing, one.monitor, now_ms, is_maintenance=is_maintenance), stood.standing)
            result = None
            if found.changes and found.standing.state is State.DOWN:
                result = Result(at_ms=now_ms, outcome="failed", reason=found.changes[-1].reason)
            await record([Found(one.org, one.id, stood.standing.seq, found, result)])

    async def tend(self, watched: Mapping[str, Watched]) -> dict[int, BatchBuilder]:
        """Account the time of heartbeats; samples of what is known of them and of rare monitors, by organisation."""
        now_ms = self._ports.clock.now_ms()
        beats = [one for one in await store.of_kind("heartbeat") if one.monitor_id in watched]
        found = [await self._passed(watched[one.monitor_id], one, now_ms) for one in beats]
        await record(found)
        batches: dict[int, BatchBuilder] = defaultdict(BatchBuilder)
        for stood, after in zip(beats, found, strict=True):
            monitor = watched[stood.monitor_id].monitor
            add_state(batches[stood.org], monitor, stood.result, after.step.standing, now_ms)
        rare = [one for one in watched.values() if one.is_asked and one.is_rare and one.standing.checked_at_ms]
        results = await store.standings([one.id for one in rare])
        for one in rare:
            if one.id in results:
                add_state(batches[one.org], one.monitor, results[one.id].result, results[one.id].standing, now_ms)
        return {org: batch for org, batch in batches.items() if batch.samples}

    async def _passed(self, one: Watched, stood: Stood, now_ms: int) -> Found:
        before, check = stood.standing, one.monitor.check
        assert isinstance(check, Heartbeat)
        found = settle(before, now_ms, BEAT_KNOWN_MS)
        is_away = bool(found.changes)
        if before.state is State.MAINTENANCE and not await self._is_maintained(one.org, one.id):
            found = turn(before, State.PENDING, now_ms, BEAT_KNOWN_MS, "maintenance is over")
            is_away = True
        if is_away and before.due_at_ms:
            # Nobody was there to hear it.
            due_at_ms = max(before.due_at_ms, now_ms + check.grace_s * 1000)
            found = replace(found, standing=replace(found.standing, due_at_ms=due_at_ms))
        return Found(one.org, one.id, before.seq, moved(found, before))
