"""Deltas into sums: PromQL knows counters that rise, so what happened since the last point is added to all before.

A request is added in one transaction before its samples are stored.  One that comes again, since its answer was lost
or the store was away, finds its times in the sums: nothing is added twice, and the samples are stored again as they
were.  Source: "Sums: Delta-to-Cumulative" in the OpenTelemetry metrics data model.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from obsv.core.clock import Clock
from obsv.db import write_tx
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.otlp import sums
from obsv.metrics.ingest.otlp.histograms import classic_values
from obsv.metrics.ingest.otlp.reading import NS_PER_MS, Begun, ClassicAmount, Delta, Reading
from obsv.metrics.ingest.otlp.sums import AT_ONCE, Sum

T = TypeVar("T")


@dataclass(frozen=True)
class Deltas:
    """Adds up; points further ahead of the clock than `future_ms` are refused, as by the store."""

    clock: Clock
    future_ms: int

    async def add(self, org: int, reading: Reading, most: int) -> None:
        """Turn a reading's deltas into samples; an organisation has sums of at most so many series."""
        now_ms = self.clock.now_ms()
        newest = (now_ms + self.future_ms) * NS_PER_MS
        sound = [delta for delta in reading.deltas if _is_sound(delta, newest, reading)]
        keyed = [(_series_id(delta), delta) for delta in sorted(sound, key=lambda delta: delta.t)]
        if not keyed:
            return
        async with write_tx():
            await sums.hold(org)
            known = await sums.load(org, {key for key, _ in keyed})
            is_new = any(key not in known for key, _ in keyed)
            adding = _Adding(known, most - await sums.count(org) if is_new else 0)
            async for key, delta in _in_turns(keyed):
                adding.take(key, delta, reading)
            await sums.save(org, [(key, known[key]) for key in adding.changed], now_ms)
        async for delta, total in _in_turns(adding.made.values()):
            _tell(delta, total, reading)


async def _in_turns(items: Iterable[T]) -> AsyncGenerator[T]:
    """All of them, with a turn for others after every so many."""
    for number, item in enumerate(items, 1):
        yield item
        if not number % AT_ONCE:
            await asyncio.sleep(0)


@dataclass
class _Adding:
    """One request's way through the sums that are `known`; there is room for so many more."""

    known: dict[str, Sum]
    room: int
    changed: set[str] = field(default_factory=set[str])
    made: dict[tuple[str, int], tuple[Delta, Sum]] = field(default_factory=dict[tuple[str, int], tuple[Delta, Sum]])

    def take(self, key: str, delta: Delta, reading: Reading) -> None:
        """One point, in the order of their times."""
        before = self.known.get(key)
        if before is None:
            if self.room <= 0:
                reading.refuse(1, f"{delta.family.name}: the limit of series with delta temporality is reached")
                return
            self.room -= 1
            self._put(key, Sum(delta.start, delta.t, delta.amount))
        elif delta.t > before.at or (delta.t == before.at and key in self.changed):
            total = sums.added(before.total, delta.amount)
            fresh = Sum(delta.start, delta.t, delta.amount)
            self._put(key, fresh if total is None else Sum(before.began, delta.t, total))
        elif delta.t < before.at:
            reading.refuse(1, f"{delta.family.name}: a later point of the same series was added up already")
            return
        self.made[key, delta.t] = delta, self.known[key]

    def _put(self, key: str, one: Sum) -> None:
        self.known[key] = one
        self.changed.add(key)


def _is_sound(delta: Delta, newest: int, reading: Reading) -> bool:
    fault = ""
    if delta.t > newest:
        fault = "its time is too far in the future"
    elif not 0 <= delta.start <= delta.t or not delta.t:
        fault = "its time is not after its start"
    elif isinstance(delta.amount, float) and not math.isfinite(delta.amount):
        fault = f"{delta.amount} cannot be added up"
    if fault:
        reading.refuse(1, f"{delta.family.name}: {fault}")
    return not fault


def _series_id(delta: Delta) -> str:
    if isinstance(delta.amount, ClassicAmount):
        # The series with the count, whose labels are the same whatever the bounds are.
        kind, key = b"classic ", delta.series.keys[-2]
    else:
        kind, key = (b"native " if isinstance(delta.amount, Histogram) else b"number "), delta.series.key
    return hashlib.blake2b(kind + key, digest_size=16).hexdigest()


def _tell(delta: Delta, one: Sum, reading: Reading) -> None:
    """Add the samples of a sum."""
    is_native = isinstance(one.total, Histogram)
    columns = reading.natives if is_native else reading.floats
    row = len(columns)
    match one.total:
        case Histogram():
            columns.add(delta.series.key, delta.t, one.total)
        case ClassicAmount() if one.total.bounds == delta.series.bounds:
            reading.add(delta.series, delta.t, classic_values(one.total))
        case ClassicAmount():
            return  # came again, with other bounds
        case _:
            reading.add(delta.series, delta.t, [one.total])
    columns.exemplars += (replace(exemplar, row=row + exemplar.row) for exemplar in delta.exemplars)
    if delta.family.kind != "gauge" and 0 < one.began < delta.t and one.began != delta.series.began:
        reading.begun.append(Begun(delta.series, one.began, row, len(columns), is_native=is_native))
