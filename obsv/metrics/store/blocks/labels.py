"""Stored label segments: read, joined when there are many small ones, and rid of series that are to be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import numpy as np
import structlog

from obsv.metrics.store.blocks.envelope import DamagedError
from obsv.metrics.store.blocks.repository import BlockRepository, Change, NewSegment, Piece, StoredSegment
from obsv.metrics.store.blocks.segment import Segment, decode_keys, decode_places, join_segments, without
from obsv.metrics.store.blocks.series_map import SEGMENT_SERIES
from obsv.metrics.store.blocks.types import SeriesKeys, UInt32

_log = structlog.get_logger("obsv.metrics.blocks")

T = TypeVar("T")

SMALL_SERIES = SEGMENT_SERIES // 2
SMALL_SEGMENTS = 32
"""So many segments of fewer than `SMALL_SERIES` series are made one."""


class Labels:
    """The segments of a repository.  A damaged one is set aside when it is met, and gives nothing."""

    def __init__(self, repository: BlockRepository) -> None:
        self._repository = repository

    async def places(self, after_id: int) -> AsyncIterator[tuple[StoredSegment, Segment]]:
        """Segments written after one, without their labels."""
        async for row in self._repository.segments(after_id):
            segment = await self._decode(row, decode_places)
            if segment is not None:
                yield row, segment

    async def series(self) -> AsyncIterator[SeriesKeys]:
        """All series, some thousands at a time, sids ascending within each."""
        async for row in self._repository.segments():
            found = await self._decode(row, decode_keys)
            if found is not None:
                sids, keys = found
                yield SeriesKeys(np.full(len(sids), row.org, dtype=np.int64), sids, keys)

    async def _decode(self, row: StoredSegment, how: Callable[[bytes], T]) -> T | None:
        try:
            return await asyncio.to_thread(how, row.data)
        except DamagedError:
            _log.error("metrics.segment_quarantined", row=row.id, org=row.org, series=row.series)
            await self._repository.quarantine(Piece.SEGMENT, row.id)
            return None

    async def join(self) -> bool:
        """Make one segment of an organisation's many small ones; whether there were some."""
        org = await self._repository.crowded(SMALL_SEGMENTS, SMALL_SERIES)
        if org is None:
            return False
        small = [row async for row in self._repository.segments(org=org) if row.series < SMALL_SERIES][:SMALL_SEGMENTS]
        try:
            data = await asyncio.to_thread(join_segments, [row.data for row in small])
        except DamagedError:
            for row in small:
                await self._decode(row, decode_keys)
            return True
        joined = NewSegment(org, sum(row.series for row in small), data)
        return await self._repository.apply(Change(remove_segments=[row.id for row in small], segments=[joined]))

    async def forget(self, org: int, sids: UInt32) -> None:
        """Remove series and their labels."""
        async for row in self._repository.segments(org=org):
            left = await self._decode(row, lambda data: without(data, sids))
            if left is not None:
                series, data = left
                kept = [NewSegment(org, series, data)] if series else []
                if not await self._repository.apply(Change(remove_segments=[row.id], segments=kept)):
                    await self.forget(org, sids)  # joined with others meanwhile: begin again
                    return
