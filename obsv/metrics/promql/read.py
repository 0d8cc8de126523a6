"""Reads what a query needs of a store: samples, and roll-ups where the store has them and they will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from obsv.metrics.promql.ast import Node, Selector
from obsv.metrics.promql.buckets import Part, Parts
from obsv.metrics.promql.errors import TooManySamples
from obsv.metrics.promql.fetch import Need
from obsv.metrics.promql.layers import RAW, Asked, Piece, guess_note, moved, remarks, split
from obsv.metrics.promql.notes import Notes
from obsv.metrics.store.rolled import Buckets, Kept, RolledSet, RolledStore
from obsv.metrics.store.types import Matcher, SeriesSet


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

    `size` counts samples and buckets, `cells` the most values that a selector gives.
    """

    samples: dict[int, SeriesSet] = field(default_factory=dict[int, SeriesSet])
    parts: dict[int, Parts] = field(default_factory=dict[int, Parts])
    warnings: list[tuple[Node, str]] = field(default_factory=list[tuple[Node, str]])
    infos: list[tuple[Node, str]] = field(default_factory=list[tuple[Node, str]])
    size: int = 0
    cells: int = 0

    def tell(self, notes: Notes) -> None:
        """Say what there is to say."""
        for node, words in self.warnings:
            notes.warn(words, node)
        for node, words in self.infos:
            notes.inform(words, node)


async def read(source: Source, org: int, needs: Sequence[Need], *, lookback_ms: int, limit: int) -> Data:
    """What the selectors of a query need.  Raises TooManySamples, and what the source raises."""
    kept = await source.kept(org) if isinstance(source, RolledStore) else Kept()
    reading = _Reading(source, org, kept, lookback_ms)
    data = Data()
    for need in needs:
        await reading.read(need, limit - data.size, data)
        if data.size >= limit:
            raise TooManySamples
    return data


@dataclass(frozen=True, slots=True)
class _Reading:
    source: Source
    org: int
    kept: Kept
    lookback_ms: int

    async def read(self, need: Need, limit: int, into: Data) -> None:
        node = need.node
        asked = Asked.of(need, self.lookback_ms)
        pieces = split(asked, self.kept, use_all=True)
        warnings, infos = remarks(asked, self.kept, pieces)
        if all(piece.resolution == RAW for piece in pieces):
            samples = await self.source.select(
                self.org, node.matchers, need.start_ms, need.end_ms, limit=limit, newest=need.newest
            )
            into.samples[id(node)] = samples
            size, series = len(samples.t), len(samples.labels)
        else:
            parts = await self._parts(node, asked, pieces, limit)
            if parts.has_histograms and (only := split(asked, self.kept, use_all=False)) != pieces:
                parts = await self._parts(node, asked, only, limit)
            if parts.is_guess:
                infos.append(guess_note(asked))
            size, series = parts.samples, parts.series
            if (direct := parts.as_samples) is not None:
                into.samples[id(node)] = direct
            else:
                into.parts[id(node)] = parts
        into.size += size
        into.cells = max(into.cells, need.steps * series)
        into.warnings += [(node, words) for words in warnings]
        into.infos += [(node, words) for words in infos]

    async def _parts(self, node: Selector, asked: Asked, pieces: Sequence[Piece], limit: int) -> Parts:
        parts = Parts(asked)
        for piece in pieces:
            data = await self._piece(node, asked, piece, limit - parts.samples)
            parts.parts.append(Part(piece, data))
        return parts

    async def _piece(self, node: Selector, asked: Asked, piece: Piece, limit: int) -> SeriesSet | RolledSet:
        if piece.resolution == RAW:
            end = asked.windows.start + (piece.stop - 1) * asked.windows.step
            return await self.source.select(self.org, node.matchers, asked.begins(piece.first) + 1, end, limit=limit)
        assert isinstance(self.source, RolledStore)
        windows, width = moved(asked, piece), piece.resolution
        start = (windows.start_ms - 1) // width * width + 1
        buckets = Buckets(width, start, windows.windows.end, asked.columns)
        return await self.source.select_rolled(self.org, node.matchers, buckets, limit=limit)
