"""One [[scrape]] entry: its targets as they come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from obsv.config.model import Scrape
from obsv.core.errors import ObsvError
from obsv.db import spawn
from obsv.metrics.ingest.batch import Key
from obsv.metrics.scrape.errors import BadTarget
from obsv.metrics.scrape.file_sd import FileTargets
from obsv.metrics.scrape.loop import Loop
from obsv.metrics.scrape.ports import Ports
from obsv.metrics.scrape.relabel import Labels
from obsv.metrics.scrape.status import TargetStatus
from obsv.metrics.scrape.target import Entry, Target, make_target, static_group, with_defaults

_log = structlog.get_logger("obsv.scrape")

Task = asyncio.Task[None]


class Pool:
    """Keeps a loop for every target.  `held` gives the series that an organisation's targets have now."""

    def __init__(self, scrape: Scrape, ports: Ports, held: Callable[[int], set[Key]]) -> None:
        self._scrape, self._ports, self._held = scrape, ports, held
        self._entry = Entry.of(scrape)
        self._files = FileTargets(scrape.file_sd)
        self._loops: dict[str, tuple[Loop, Task]] = {}
        self._dropped: list[Labels] = []
        self._bad: set[str] = set()
        self._org: int | None = None
        self._is_missing = False
        self._endings: set[Task] = set()

    async def run(self) -> None:
        """Follow the files and scrape, until cancelled."""
        try:
            while True:
                try:
                    await self.refresh()
                except Exception:  # noqa: BLE001  # the database is away, say: the targets stay as they are
                    _log.exception("scrape.refresh_failed", job=self._scrape.job)
                await asyncio.sleep(self._scrape.file_sd_refresh / 1000)
        finally:
            await self._stop()

    async def refresh(self) -> None:
        """Start the loops of new targets and end those of targets that are gone."""
        org = await self._ports.organisation(self._scrape.org)
        if org is None and not self._is_missing:
            _log.warning("scrape.no_such_organisation", job=self._scrape.job, org=self._scrape.org)
        self._is_missing = org is None
        found = [*static_group(self._scrape), *await asyncio.to_thread(self._files.read)]
        targets = self._targets(found) if org is not None else {}
        gone = [key for key in self._loops if key not in targets or org != self._org]
        for key in gone:
            self._end(key)
        self._org = org
        for key, target in targets.items():
            if org is not None and key not in self._loops:
                self._loops[key] = self._begin(target, org)

    def statuses(self) -> list[TargetStatus]:
        """Every target, then the dropped ones."""
        if self._org is None:
            return []
        dropped = [TargetStatus(self._org, self._scrape.job, labels, is_dropped=True) for labels in self._dropped]
        return [loop.status() for loop in self.loops()] + dropped

    def loops(self) -> list[Loop]:
        """Those that run."""
        return [loop for loop, _ in self._loops.values()]

    def _targets(self, found: Iterable[Labels]) -> dict[str, Target]:
        """The targets by key; two that come to the same are one."""
        targets: dict[str, Target] = {}
        self._dropped, bad = [], set[str]()
        for labels in found:
            discovered = with_defaults(self._scrape, labels)
            try:
                target = make_target(self._entry, discovered)
            except BadTarget as wrong:
                bad.add(str(wrong))
                continue
            if target is None:
                self._dropped.append(discovered)
            else:
                targets[target.key] = target
        for reason in bad - self._bad:
            _log.warning("scrape.bad_target", job=self._scrape.job, why=reason)
        self._bad = bad
        return targets

    def _begin(self, target: Target, org: int) -> tuple[Loop, Task]:
        loop = Loop(self._entry, target, org, self._ports)
        return loop, spawn(loop.run(), name=f"scrape {target.url}")

    def _end(self, key: str) -> None:
        """Stop a loop; its series are marked as ended a while later, if no other target has them by then."""
        loop, task = self._loops.pop(key)
        task.cancel()
        ending = spawn(self._mark(loop, self._ports.clock.now_ms()), name=f"end {loop.target.url}")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _mark(self, loop: Loop, at_ms: int) -> None:
        # A target that only changed its parameters, say, has the same series again: it gets time to show them.
        await asyncio.sleep(loop.target.interval_ms * 1.1 / 1000)
        try:
            await loop.end(at_ms, self._held(loop.org))
        except ObsvError as error:
            _log.warning("scrape.not_stored", job=self._scrape.job, url=loop.target.url, why=str(error))

    async def _stop(self) -> None:
        """End all work and mark nothing: another node goes on, or this one after its restart."""
        tasks = [task for _, task in self._loops.values()] + list(self._endings)
        self._loops, self._org = {}, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
