"""The newest samples, in memory: takes requests in, sets samples aside for a flush, and is read until they are kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import structlog

from obsv.core.errors import BadRequest, ObsvError
from obsv.metrics.kernels.ingest import Head as Kernel
from obsv.metrics.kernels.ingest import Rules
from obsv.metrics.kernels.ingest_plain import Outcome
from obsv.metrics.store.births import Births
from obsv.metrics.store.blocks.types import Flush, Ragged, SeriesKeys, UInt32
from obsv.metrics.store.body import Unpacker
from obsv.metrics.store.context import HOUR_MS, StoreContext
from obsv.metrics.store.index import SeriesIndex
from obsv.metrics.store.records import Record

logger = structlog.stdlib.get_logger(__name__)

FLUSH_SAMPLES = 400_000
"""A flush begins at this many samples in memory, or 12 for each series if that is more."""
FLUSH_DEPTH = 120
"""Or as soon as series have this many on average..."""
FLUSH_LEAST = 20_000
"""...and there are this many at all."""
OVERLOAD = 4
"""At this multiple of what begins a flush, writes are turned away until one is through."""


@dataclass(frozen=True)
class Frozen:
    """A flush in the making: all up to log record `seq`, when there were `series` series."""

    seq: int
    series: int
    births: dict[str, int]


class StoreHead:
    """The kernel's head with its rules, its label index, and what of it is in blocks already."""

    def __init__(self, context: StoreContext, raw_since: Callable[[int], int]) -> None:
        self._context, self._raw_since = context, raw_since
        self._unpacker = Unpacker(context.max_request_bytes)
        self._replayed = Unpacker(1 << 30)  # what was once taken is taken again, whatever the limit is now
        self._kernel = Kernel(secrets.token_bytes(16))
        self._persisted = 0
        self._judged_ms = 0
        self.births = Births()
        self.index = SeriesIndex(self._kernel)
        self.frozen: Frozen | None = None

    # -- in -----------------------------------------------------------------------------------------------------

    def prepare(self, org: int, body: bytes, encoding: str, *, bounded: bool) -> tuple[Record, Outcome]:
        """Judge a request; nothing is kept before `apply`.

        `bounded` False lifts the late window (imports).  Raises BadRequest and TooLarge.
        """
        now = self._judged_ms = self._context.clock.now_ms()
        message = self._unpacker.unpack(body, encoding)
        if not self._kernel.prepare(org, message, self._rules(org, now, bounded=bounded)):
            raise BadRequest("protobuf: the message is not a remote_write 1.0 request")
        outcome = self._kernel.outcome()
        *_, skips, _ = outcome
        return Record(org, encoding, now, skips, body), outcome

    def _rules(self, org: int, now: int, *, bounded: bool) -> Rules:
        context = self._context
        return Rules(
            oldest=max(now - context.retention_ms(org), self._raw_since(org)),
            newest=now + context.future_window_ms,
            late_window=context.late_window_ms if bounded else 1 << 62,
            series_limit=min(context.series_limit(org), 1 << 31),
            hour=now // HOUR_MS,
            labels=context.max_labels,
            name_bytes=context.max_label_name_bytes,
            value_bytes=context.max_label_value_bytes,
        )

    def apply(self) -> None:
        """Keep what the prepared request brought."""
        before = self._kernel.series
        self._kernel.apply()
        self._note_births(self._judged_ms, before)

    def abort(self) -> None:
        """Forget the prepared request."""
        self._kernel.abort()

    def replay(self, record: Record) -> None:
        """Take a logged request again, with the verdicts of the first time."""
        before = self._kernel.series
        try:
            message = self._replayed.unpack(record.body, record.encoding)
            fine = self._kernel.replay(record.org, message, record.received_ms // HOUR_MS, record.skips)
        except ObsvError:
            fine = False
        if not fine:  # its checksum was right, so this was never acknowledged by this version
            logger.error("metrics_store.record_unreadable", seq=record.seq, org=record.org)
        self._note_births(record.received_ms, before)

    def _note_births(self, at_ms: int, before: int) -> None:
        if self._kernel.series > before:
            self.births.note(at_ms, before)

    def load(self, stored: list[SeriesKeys]) -> None:
        """Take in the series of the blocks.  Ids are dense; where one is missing nothing will ever be found."""
        if not stored:
            return
        self._persisted = max(int(part.sids.max()) + 1 for part in stored)
        known = self._kernel.series
        owners = np.zeros(max(self._persisted - known, 0), np.int64)
        keys = [b""] * len(owners)
        for part in stored:
            for org, sid, key in zip(part.orgs.tolist(), part.sids.tolist(), part.keys, strict=True):
                if sid >= known:
                    owners[sid - known], keys[sid - known] = org, key
        self._kernel.load(owners, keys)

    def restart(self, stored: list[SeriesKeys]) -> None:
        """Another server has flushed: forget all samples, and learn its new series.  The log brings the rest again."""
        self._kernel.clear()
        self.frozen = None
        self.load(stored)

    # -- out ----------------------------------------------------------------------------------------------------

    def freeze(self, seq: int) -> bool:
        """Set aside all samples so far, up to log record `seq`, if nothing is set aside yet and there are any."""
        if self.frozen is None and self._kernel.freeze():
            self.frozen = Frozen(seq, self._kernel.series, self.births.marks())
        return self.frozen is not None

    def flush_of(self, frozen: Frozen) -> Flush:
        """What was set aside.  May run in another thread."""
        kernel, sids = self._kernel, self._kernel.frozen_series()
        owners, keys = kernel.keys(self._persisted, frozen.series)
        fresh = SeriesKeys(owners, np.arange(self._persisted, self._persisted + len(keys), dtype=np.uint32), keys)
        return Flush(
            frozen.seq, fresh, kernel.owners(sids), sids, lambda rows: kernel.columns(sids[rows]), frozen.births
        )

    def release(self) -> None:
        """What was set aside is in blocks."""
        if self.frozen:
            self._persisted = max(self._persisted, self.frozen.series)
            self._kernel.release()
            self.frozen = None

    def read(self, sids: UInt32, start_ms: int, end_ms: int, *, limit: int, newest: bool = False) -> Ragged | None:
        """Samples of these series that are in memory, or the `newest` of each; None when they are more than `limit`."""
        found = self._kernel.gather(sids, start_ms, end_ms, limit, newest)
        return None if found is None else Ragged(sids, *found)

    # -- how full it is -----------------------------------------------------------------------------------------

    @property
    def series(self) -> int:
        """How many series there are, over all organisations."""
        return self._kernel.series

    @property
    def samples(self) -> int:
        """How many samples are in memory."""
        return self._kernel.samples + self._kernel.frozen_samples

    @property
    def memory(self) -> int:
        """Bytes of the kernel's own memory."""
        return self._kernel.memory

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to flush."""
        return not self.samples

    def active(self, org: int) -> int:
        """Active series of an organisation, as they count towards its limit."""
        return self._kernel.active(org)

    def _enough(self) -> int:
        return max(FLUSH_SAMPLES, 12 * self._kernel.touched)

    @property
    def is_due(self) -> bool:
        """Whether a flush is worth while by the number of samples."""
        samples = self._kernel.samples
        deep = samples >= FLUSH_LEAST and samples >= FLUSH_DEPTH * self._kernel.touched
        return deep or samples >= self._enough()

    @property
    def is_overloaded(self) -> bool:
        """Whether samples come in faster than they can be kept."""
        return self._kernel.samples >= OVERLOAD * self._enough()
