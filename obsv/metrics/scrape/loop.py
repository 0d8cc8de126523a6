"""One target, read again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from obsv.core.errors import ObsvError
from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest.batch import BatchBuilder, Key
from obsv.metrics.scrape.errors import ScrapeFailed
from obsv.metrics.scrape.fetch import Page, fetch
from obsv.metrics.scrape.ports import Ports
from obsv.metrics.scrape.relabel import Labels
from obsv.metrics.scrape.series import Counts, TargetSeries
from obsv.metrics.scrape.status import Health, TargetStatus
from obsv.metrics.scrape.target import Entry, Target
from obsv.metrics.store.types import STALE
from obsv.metrics.ticks import spread, ticks

_log = structlog.get_logger("obsv.scrape")

SCRAPES = REGISTRY.counter("obsv_scrapes_total", "Scrapes of targets, by outcome.", ("outcome",))
TOLERANCE_MS = 20
"""A scrape this late at most (or a hundredth of its interval) gets the tick's own time, which packs well."""
THREAD_BYTES = 1 << 18
"""Longer pages are read in a thread, so that requests are answered meanwhile."""
REPORTS = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)


class Loop:
    """Scrapes a target at its ticks."""

    def __init__(self, entry: Entry, target: Target, org: int, ports: Ports) -> None:
        self.target, self.org = target, org
        self._entry, self._job, self._ports = entry, entry.scrape.job, ports
        self._series = TargetSeries(entry, target.labels)
        self._health: Health = "unknown"
        self._error, self._told, self._refusal = "", "", ""
        self._last_ms, self._last_s = 0, 0.0

    async def run(self) -> None:
        """Scrape until cancelled."""
        interval = self.target.interval_ms
        tolerance = min(interval // 100, TOLERANCE_MS)
        clock = self._ports.clock
        async for tick in ticks(clock, interval, spread(self.target.key, interval)):
            async with self._ports.gate:
                now = clock.now_ms()
                try:
                    await self.scrape(tick if now - tick <= tolerance else now)
                except ObsvError as error:
                    self._tell("scrape.not_stored", str(error))
                except Exception:  # noqa: BLE001  # a mistake of ours in one scrape must not end the target's
                    _log.exception("scrape.failed", job=self._job, url=self.target.url)

    async def scrape(self, at_ms: int) -> None:
        """Scrape once and store what came, or that nothing did.  Raises Unavailable (the store is away)."""
        begun, error, counts = self._ports.clock.monotonic(), "", Counts()
        builder = BatchBuilder()
        try:
            page = await fetch(self.target, self._entry, self.org)
            builder = await self._read(page, at_ms, counts)
        except ScrapeFailed as failed:
            error = str(failed)
            builder = BatchBuilder()
            self._series.end(at_ms, builder)
        self._last_ms, self._last_s = at_ms, self._ports.clock.monotonic() - begun
        self._health, self._error = ("down" if error else "up"), error
        self._tell("scrape.target_down", error)
        SCRAPES.add(1, "failed" if error else "done")
        values = (0.0 if error else 1.0, self._last_s, counts.scraped, counts.kept, counts.added)
        self._report(builder, at_ms, values)
        result = await self._ports.write(self.org, builder.build())
        if result.refused and result.detail != self._refusal:
            _log.warning("scrape.samples_refused", job=self._job, url=self.target.url, detail=result.detail)
        self._refusal = result.detail

    async def end(self, at_ms: int, but: Iterable[Key]) -> None:
        """Mark that every series of the target ended, but those that another one has now."""
        others = set(but)
        builder = BatchBuilder()
        self._series.end(at_ms, builder, others)
        reports = (self._report_labels(name) for name in REPORTS if self._last_ms)
        for labels in reports:
            if tuple(sorted(labels.items())) not in others:
                builder.add(builder.series(labels), at_ms, STALE)
        await self._ports.write(self.org, builder.build())

    def held(self) -> set[Key]:
        """The series that the target has now."""
        reports = (tuple(sorted(self._report_labels(name).items())) for name in REPORTS if self._last_ms)
        return {*self._series.live, *reports}

    def status(self) -> TargetStatus:
        """How the target is."""
        target = self.target
        return TargetStatus(
            self.org,
            self._job,
            target.discovered,
            labels=target.labels,
            url=target.url,
            health=self._health,
            last_error=self._error,
            last_scrape_ms=self._last_ms,
            last_duration_s=self._last_s,
            interval_ms=target.interval_ms,
            timeout_ms=target.timeout_ms,
            metadata=tuple(self._series.metadata.values()),
        )

    async def _read(self, page: Page, at_ms: int, counts: Counts) -> BatchBuilder:
        def read() -> BatchBuilder:
            return self._series.page(self._ports.parse(page.body, page.content_type), at_ms, counts)

        try:
            return await asyncio.to_thread(read) if len(page.body) > THREAD_BYTES else read()
        except (ObsvError, ValueError) as wrong:
            raise ScrapeFailed(str(wrong)) from None

    def _report(self, builder: BatchBuilder, at_ms: int, values: Iterable[float]) -> None:
        for name, value in zip(REPORTS, values, strict=True):
            builder.add(builder.series(self._report_labels(name)), at_ms, float(value))

    def _report_labels(self, name: str) -> Labels:
        return {**self.target.labels, "__name__": name}

    def _tell(self, event: str, why: str) -> None:
        """Log a change of what is wrong with the target, not every failure."""
        if why and why != self._told:
            _log.warning(event, job=self._job, url=self.target.url, why=why)
        elif not why and self._told:
            _log.info("scrape.target_up", job=self._job, url=self.target.url)
        self._told = why
