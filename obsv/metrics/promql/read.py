"""Reads what a query needs of a store: samples, and roll-ups where the store has them and they will do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from obsv.metrics.promql.ast import Node
from obsv.metrics.promql.buckets import Part, Parts
from obsv.metrics.promql.budget import Budget, buckets_size, samples_size
from obsv.metrics.promql.errors import TooManySamples, TooManySeries, TooMuchMemory
from obsv.metrics.promql.fetch import Need
from obsv.metrics.promql.layers import RAW, Asked, Piece, guess_note, moved, remarks, split
from obsv.metrics.promql.notes import Notes
from obsv.metrics.promql.options import EngineOptions
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.rolled import Buckets, Kept, RolledSet, RolledStore
from obsv.metrics.store.types import Matcher, SeriesSet

Found = TypeVar("Found", SeriesSet, RolledSet)


class Source(Protocol):
    """Where samples come from: the reading half of a metric store.  Raises `obsv.core.errors` of its own."""

    async def select(
        self,
        org: int,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        *,
        limit: int,
        newest: bool = False,
    ) -> SeriesSet: ...


@dataclass(slots=True)
class Data:
    """What was read, by the id of its selector: samples, or parts; and what there is to say about it.

    `size` counts samples and buckets, `series` those that they are of, `cells` the most values that a selector gives.
    """

    samples: dict[int, SeriesSet] = field(default_factory=dict[int, SeriesSet])
    parts: dict[int, Parts] = field(default_factory=dict[int, Parts])
    warnings: list[tuple[Node, str]] = field(default_factory=list[tuple[Node, str]])
    infos: list[tuple[Node, str]] = field(default_factory=list[tuple[Node, str]])
    size: int = 0
    series: int = 0
    cells: int = 0

    def tell(self, notes: Notes) -> None:
        """Say what there is to say."""
        for node, words in self.warnings:
            notes.warn(words, node)
        for node, words in self.infos:
            notes.inform(words, node)


async def read(
    source: Source, org: int, needs: Sequence[Need], *, lookback_ms: int, options: EngineOptions, budget: Budget
) -> Data:
    """What the selectors of a query need.

    Raises TooManySamples, TooManySeries, TooMuchMemory, and what the source raises.
    """
    data = Data()
    if needs:
        kept = await source.kept(org) if isinstance(source, RolledStore) else Kept()
        reading = _Reading(source, org, kept, lookback_ms, options, budget, data)
        for need in needs:
            await reading.read(need)
    return data


@dataclass(frozen=True, slots=True)
class _Reading:
    source: Source
    org: int
    kept: Kept
    lookback_ms: int
    options: EngineOptions
    budget: Budget
    into: Data

    async def read(self, need: Need) -> None:
        node, into = need.node, self.into
        asked = Asked.of(need, self.lookback_ms)
        pieces = split(asked, self.kept, use_all=True)
        warnings, infos = remarks(asked, self.kept, pieces)
        if all(piece.resolution == RAW for piece in pieces):
            into.samples[id(node)] = await self._samples(need, need.start_ms, need.end_ms, newest=need.newest)
        else:
            before = into.size, into.series, self.budget.held
            parts = await self._parts(need, asked, pieces)
            if parts.has_histograms and (only := split(asked, self.kept, use_all=False)) != pieces:
                into.size, into.series, self.budget.held = before
                parts = await self._parts(need, asked, only)
            if parts.is_guess:
                infos.append(guess_note(asked))
            if (direct := parts.as_samples) is not None:
                into.samples[id(node)] = direct
            else:
                into.parts[id(node)] = parts
        into.warnings += [(node, words) for words in warnings]
        into.infos += [(node, words) for words in infos]

    async def _parts(self, need: Need, asked: Asked, pieces: Sequence[Piece]) -> Parts:
        return Parts(asked, [Part(piece, await self._piece(need, asked, piece)) for piece in pieces])

    async def _piece(self, need: Need, asked: Asked, piece: Piece) -> SeriesSet | RolledSet:
        if piece.resolution == RAW:
            end = asked.windows.start + (piece.stop - 1) * asked.windows.step
            return await self._samples(need, asked.begins(piece.first) + 1, end)
        source = self.source
        assert isinstance(source, RolledStore)
        windows, width = moved(asked, piece), piece.resolution
        start = (windows.start_ms - 1) // width * width + 1
        buckets = Buckets(width, start, windows.windows.end, asked.columns)
        return await self._within(
            need, lambda limit: source.select_rolled(self.org, need.node.matchers, buckets, limit=limit)
        )

    async def _samples(self, need: Need, start: int, end: int, *, newest: bool = False) -> SeriesSet:
        return await self._within(
            need,
            lambda limit: self.source.select(self.org, need.node.matchers, start, end, limit=limit, newest=newest),
        )

    async def _within(self, need: Need, select: Callable[[int], Awaitable[Found]]) -> Found:
        """What `select` gives, whose argument is how many samples it may be, counted with all that came before."""
        into, options, budget = self.into, self.options, self.budget
        samples_left = options.max_samples - into.size
        limit = min(samples_left, budget.samples_left)
        try:
            found = await select(limit)
        except StoreLimitExceeded:
            raise TooManySamples if limit == samples_left else TooMuchMemory(budget.most) from None
        rows = len(found.labels)
        into.size, into.series = into.size + len(found.t), into.series + rows
        into.cells = max(into.cells, rows * need.steps)
        if into.size >= options.max_samples:
            raise TooManySamples
        if into.series > options.max_series:
            raise TooManySeries(options.max_series)
        budget.hold(samples_size(found) if isinstance(found, SeriesSet) else buckets_size(found))
        budget.check_cells(rows, need.steps)
        return found
