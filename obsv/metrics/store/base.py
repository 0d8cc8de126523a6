"""The door to a metric store: what a backend must do, and the errors it may raise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from obsv.core.errors import Invalid, Unavailable
from obsv.metrics.cardinality import Cardinality
from obsv.metrics.explore import By, Exploration
from obsv.metrics.store.types import Matcher, SeriesSet, StoreStats, WriteBatch, WriteResult
from obsv.metrics.unread import Unread


class StoreUnavailable(Unavailable):
    """The store cannot keep or read samples now (disk full, database away); nothing was acknowledged."""


class StoreLimitExceeded(Invalid):
    """A read would pass its sample or series limit; the text names the limit."""


class MetricStore(Protocol):
    """Keeps samples.  Every call names its organisation, and can only ever touch that one's series.

    `write` is durable on return as far as `[metrics] sync` says.  Reads see what was written before them.
    Time ranges are inclusive on both ends, unix ms.  Several matcher sets are a union.
    """

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, org: int, batch: WriteBatch, *, imported: bool = False) -> WriteResult: ...

    async def select(
        self,
        org: int,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        *,
        limit: int,
        newest: bool = False,
    ) -> SeriesSet:
        """Samples of the series that pass every matcher; with `newest` a series needs to have its newest one alone."""
        ...

    async def series(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> Sequence[dict[str, str]]: ...

    async def label_names(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[str]: ...

    async def label_values(
        self, org: int, name: str, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[str]: ...

    async def delete(self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> int: ...

    async def drop_before(self, org: int, cutoff_ms: int) -> int: ...

    async def settle(self) -> None: ...

    async def stats(self, org: int | None = None) -> StoreStats: ...


@runtime_checkable
class Countable(Protocol):
    """A store that can tell where series come from."""

    async def cardinality(self, org: int, *, limit: int) -> Cardinality: ...


@runtime_checkable
class Explorable(Protocol):
    """A store that knows which series are new, and can count some of them by metric, label and value."""

    async def explore(self, org: int, matchers: Sequence[Matcher], *, by: By, limit: int) -> Exploration: ...

    async def unread(self, org: int, selectors: Sequence[Sequence[Matcher]], *, limit: int) -> Unread: ...

    def active_series(self, org: int) -> int: ...


@runtime_checkable
class Copyable(Protocol):
    """A store that can copy all that it keeps to where an admin can fetch it; gives the copy's name."""

    async def snapshot(self, *, skip_head: bool = False) -> str: ...


@runtime_checkable
class RemoteWriter(Protocol):
    """A store that also takes a remote_write 1.0 body as it came, without decoding it into Python objects first."""

    async def write(self, org: int, batch: WriteBatch, *, imported: bool = False) -> WriteResult: ...

    async def write_remote(self, org: int, body: bytes, encoding: str) -> WriteResult: ...
