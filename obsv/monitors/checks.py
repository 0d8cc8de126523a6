"""All checks of an instance: the node that leads carries them out, each at its place in its interval.

What is due next stands in the database, so that a restart neither leaves a check out nor does one twice. Results are
gathered and written once a second, whatever their number.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Final

import structlog

from obsv.core.errors import ObsvError
from obsv.core.telemetry import REGISTRY
from obsv.db import spawn
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.monitors import store
from obsv.monitors.machine import State, Verdict, step
from obsv.monitors.ports import Ports, rules_of
from obsv.monitors.probe import Asking, call_of, carry_out
from obsv.monitors.record import Found, moved, record
from obsv.monitors.samples import add_ends, add_result, up_key
from obsv.monitors.secrets import Safe, joined
from obsv.monitors.tend import Tending
from obsv.monitors.types import Result
from obsv.monitors.watched import Watched, due_after, resumed

FOLLOW_S: Final = 5.0
FLUSH_S: Final = 1.0
LATE_S: Final = 5.0
TEND_S: Final = 60.0
LONGEST_SLEEP_S: Final = 0.5
AT_ONCE: Final = 100
AT_ONCE_OF_ONE: Final = 60
"""Checks under way, of all and of one organisation, so that slow ones of one do not hold up the others."""
MOST_WAITING: Final = 50_000
"""Results that wait for a database that is away; the oldest beyond it are lost."""
MAINTENANCE_S: Final = 10.0

CHECKS = REGISTRY.counter("obsv_monitor_checks_total", "Checks of monitors, by outcome.", ("outcome",))
LAG = REGISTRY.histogram("obsv_monitor_check_lag_seconds", "How late checks begin.", ())

_log = structlog.get_logger("obsv.monitors")


class Checks:
    """The duty; `told` makes it look for what was changed."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._tending = Tending(ports, self.is_maintained)
        self._changed = asyncio.Event()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._watched: dict[str, Watched] = {}
        self._due: list[tuple[int, str]] = []
        self._found: list[tuple[Watched, Found]] = []
        self._stale: set[str] = set()
        self._ends: dict[int, set[tuple[tuple[str, str], ...]]] = defaultdict(set)
        self._running: set[asyncio.Task[None]] = set()
        self._maintained: dict[int, tuple[float, Collection[str]]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._gates: dict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_OF_ONE))
        self._seen_ms = 0

    def told(self) -> None:
        """Something was changed in this process."""
        self._changed.set()

    async def run(self) -> None:
        """Check until cancelled; for the node that leads alone."""
        self._begin_anew()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow())
                tasks.create_task(self._dispatch())
                tasks.create_task(self._every(FLUSH_S, self.flush))
                tasks.create_task(self._every(LATE_S, self.find_late))
                tasks.create_task(self._every(TEND_S, self.tend))
        finally:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._quietly(self.flush)

    # Following what people change

    async def refresh(self) -> None:
        """Read what was changed; mark the series that ended with it."""
        versions, now_ms = await store.versions(), self._ports.clock.now_ms()
        for gone in self._watched.keys() - versions.keys():
            self._forget(self._watched.pop(gone))
        changed = [
            monitor_id
            for monitor_id, version in versions.items()
            if monitor_id in self._stale
            or monitor_id not in self._watched
            or self._watched[monitor_id].version != version
        ]
        self._stale.difference_update(changed)
        kept, stood = await store.of_ids(changed), await store.standings(changed)
        safe = Safe(self._ports.keys())
        for one in kept:
            if one.id not in stood:
                continue
            monitor = joined(one.monitor, safe.open(one.org, one.id, one.secrets_enc))
            self._replace(Watched(one.id, one.org, one.version, monitor, stood[one.id].standing), now_ms)

    def _replace(self, watched: Watched, now_ms: int) -> None:
        before = self._watched.get(watched.id)
        if before is not None:
            if before.monitor.name == watched.monitor.name and before.monitor.target == watched.monitor.target:
                watched.series, before.series = before.series, set()
            self._forget(before)
        self._watched[watched.id] = watched
        if watched.monitor.is_paused:
            self._end(watched, watched.series)
        if watched.is_asked:
            watched.standing = resumed(watched, now_ms)
            heapq.heappush(self._due, (watched.standing.due_at_ms, watched.id))

    def _forget(self, watched: Watched) -> None:
        watched.is_gone = True
        self._end(watched, watched.series)

    def _end(self, watched: Watched, series: Collection[tuple[tuple[str, str], ...]]) -> None:
        self._ends[watched.org].update(series)
        watched.series = watched.series - set(series)

    # Checking

    def take_due(self) -> list[Watched]:
        """What is to be checked now."""
        now_ms = self._ports.clock.now_ms()
        if now_ms < self._seen_ms - 1000:
            self._put_back(now_ms)
        self._seen_ms = now_ms
        taken: list[Watched] = []
        while self._due and self._due[0][0] <= now_ms:
            due_at_ms, monitor_id = heapq.heappop(self._due)
            watched = self._watched.get(monitor_id)
            # Entries of what was changed since are found here, and left out.
            if watched is None or watched.standing.due_at_ms != due_at_ms or watched.is_checked:
                continue
            watched.is_checked = True
            taken.append(watched)
        return taken

    def _put_back(self, now_ms: int) -> None:
        """The clock was: what would wait too long is due earlier."""
        self._due = []
        for watched in self._watched.values():
            if watched.is_asked:
                watched.standing = resumed(watched, now_ms)
                self._due.append((watched.standing.due_at_ms, watched.id))
        heapq.heapify(self._due)

    async def check(self, watched: Watched) -> None:
        """Check it once and keep what comes of it for the next `flush`."""
        try:
            async with self._gates[watched.org], self._gate:
                at_ms = self._ports.clock.now_ms()
                LAG.observe(max(0.0, (at_ms - watched.standing.due_at_ms) / 1000))
                monitor = watched.monitor
                call = call_of(watched.org, watched.id)
                result = await carry_out(Asking(self._ports.egress(), call, at_ms, monitor.timeout_s), monitor.check)
            is_maintenance = await self.is_maintained(watched.org, watched.id)
            if not watched.is_gone:
                self._take(watched, result, is_maintenance=is_maintenance)
        finally:
            watched.is_checked = False
            if not watched.is_gone and watched.standing.due_at_ms <= self._ports.clock.now_ms():
                # Whatever went wrong, it is checked again.
                now_ms = self._ports.clock.now_ms()
                watched.standing = replace(watched.standing, due_at_ms=due_after(watched, watched.standing, now_ms))
            if not watched.is_gone:
                heapq.heappush(self._due, (watched.standing.due_at_ms, watched.id))

    def _take(self, watched: Watched, result: Result, *, is_maintenance: bool) -> None:
        before = watched.standing
        rules = rules_of(watched.monitor, is_maintenance=is_maintenance)
        found = moved(step(before, Verdict(result.at_ms, result.outcome, result.reason), rules), before)
        due_at_ms = due_after(watched, found.standing, self._ports.clock.now_ms())
        found = replace(found, standing=replace(found.standing, due_at_ms=due_at_ms))
        watched.standing = found.standing
        CHECKS.add(1, result.outcome)
        self._found.append((watched, Found(watched.org, watched.id, before.seq, found, result)))
        if len(self._found) > MOST_WAITING:
            del self._found[: MOST_WAITING // 10]

    async def is_maintained(self, org: int, monitor_id: str) -> bool:
        """Whether a monitor is in maintenance; asked for every few seconds."""
        now_s = self._ports.clock.monotonic()
        known = self._maintained.get(org)
        if known is None or now_s - known[0] >= MAINTENANCE_S:
            known = self._maintained[org] = now_s, await self._ports.maintenance(org)
        return monitor_id in known[1]

    # Writing

    async def flush(self) -> None:
        """Write what was found, then its samples."""
        found, self._found = self._found, []
        try:
            stale = await record([one for _, one in found]) if found else set[str]()
        except BaseException:
            self._found = found + self._found
            raise
        self._stale |= stale
        if stale:
            self._changed.set()
        batches: dict[int, BatchBuilder] = defaultdict(BatchBuilder)
        for watched, one in found:
            if one.monitor_id not in stale and one.result is not None:
                self._add(batches[one.org], watched, one, one.result)
        ends, self._ends = self._ends, defaultdict(set)
        for org, series in ends.items():
            add_ends(batches[org], series, self._ports.clock.now_ms())
        for org, batch in batches.items():
            await self._write(org, batch)

    def _add(self, builder: BatchBuilder, watched: Watched, one: Found, result: Result) -> None:
        series = add_result(builder, watched.monitor, result, one.step.standing)
        if watched.is_gone:
            add_ends(builder, series, self._ports.clock.now_ms())
            return
        watched.series |= series
        if one.step.standing.state not in (State.UP, State.DOWN):
            self._end(watched, watched.series & {up_key(watched.monitor)})

    async def _write(self, org: int, batch: BatchBuilder) -> None:
        try:
            result = await self._ports.write(org, batch.build())
        except ObsvError as error:
            _log.warning("monitors.not_stored", org=org, why=str(error))
            return
        if result.refused:
            _log.warning("monitors.samples_refused", org=org, detail=result.detail)

    async def find_late(self) -> None:
        """Heartbeats that were not heard of."""
        await self._tending.find_late(self._watched)

    async def tend(self) -> None:
        """Account the time of heartbeats, and say again what is checked rarely."""
        for org, batch in (await self._tending.tend(self._watched)).items():
            await self._write(org, batch)

    # Loops

    async def _follow(self) -> None:
        while True:
            self._changed.clear()
            await self._quietly(self.refresh)
            try:
                async with asyncio.timeout(FOLLOW_S):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _dispatch(self) -> None:
        while True:
            for watched in self.take_due():
                task = spawn(self.check(watched), name=f"monitor {watched.id}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            wait_s = (self._due[0][0] - self._ports.clock.now_ms()) / 1000 if self._due else LONGEST_SLEEP_S
            await asyncio.sleep(min(max(wait_s, 0.01), LONGEST_SLEEP_S))

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._quietly(work)

    async def _quietly(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:  # noqa: BLE001  # the database is away, say: the next round does it
            _log.exception("monitors.round_failed")
