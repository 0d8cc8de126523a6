"""The door of PromQL: parse, fetch what the selectors need, evaluate in a worker thread, within limits."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.promql import durations
from obsv.metrics.promql.ast import Node
from obsv.metrics.promql.budget import Budget
from obsv.metrics.promql.counts import Counts
from obsv.metrics.promql.errors import ExecutionError, QueryTimeout, TooManySamples, WrongType
from obsv.metrics.promql.evaluate import Evaluator, Value
from obsv.metrics.promql.fetch import wanted
from obsv.metrics.promql.options import EngineOptions
from obsv.metrics.promql.parser import parse
from obsv.metrics.promql.read import Source, read
from obsv.metrics.promql.running import Running
from obsv.metrics.promql.stop import Stop
from obsv.metrics.promql.values import Grid, Matrix, Scalar, Vector
from obsv.metrics.store.types import Float64, Labels

INLINE = 2000
"""Fewer samples and results than this are evaluated on the event loop: a thread would take longer."""


@dataclass(frozen=True, slots=True)
class Query:
    """One evaluation.  An instant query is a grid of one step; `counted` asks for `Result.stats`.

    `tree` is the text's `settled_tree`, for whoever asks the same again and again and keeps it.
    """

    org: int
    text: str
    grid: Grid
    is_range: bool
    lookback_ms: int = 0
    timeout_s: float = 0.0
    counted: bool = False
    tree: Node | None = None


@dataclass(slots=True)
class Stats:
    """What a query cost: seconds, bytes at the most, samples read, and samples looked at a step."""

    queued_s: float = 0.0
    prepared_s: float = 0.0
    evaluated_s: float = 0.0
    total_s: float = 0.0
    memory: int = 0
    samples: int = 0
    counts: Counts | None = None


@dataclass(slots=True)
class Result:
    """What came out: the value, and what Prometheus would tell beside it."""

    value: Value
    grid: Grid
    warnings: list[str] = field(default_factory=list[str])
    infos: list[str] = field(default_factory=list[str])
    stats: Stats = field(default_factory=Stats)
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    """What tokens among the values stand for."""


def settled_tree(text: str) -> Node | None:
    """The tree of an expression, which evaluation does not change; None where durations depend on the query.

    Raises ParseError.
    """
    node = parse(text)
    return node if durations.is_settled(node) else None


_recent_tree = lru_cache(maxsize=500)(settled_tree)


def _tree(query: Query) -> Node:
    """Dashboards ask the same again and again."""
    if query.tree is not None:
        return query.tree
    if (settled := _recent_tree(query.text)) is not None:
        return settled
    node = parse(query.text)
    durations.resolve(node, query.grid, query.text)
    return node


class Engine:
    """Evaluates queries on a bounded pool of threads; what waits beyond the queue is refused."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self.running = Running()
        self._pool = ThreadPoolExecutor(self.options.threads, thread_name_prefix="promql")
        self._gate = asyncio.Semaphore(self.options.threads)

    def close(self) -> None:
        """End the threads; queries in progress finish."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether as many queries wait as may."""
        return self.running.asked >= self.options.queue

    async def run(self, source: Source, query: Query) -> Result:
        """Evaluate.  Raises ParseError, ExecutionError, QueryTimeout, or the store's own errors.

        A caller that is cancelled ends the evaluation, whose thread stops at its next look.
        """
        begun = self.running.begin()
        try:
            node = _tree(query)
            if query.is_range and node.type not in ("vector", "scalar"):
                kind = "range vector" if node.type == "matrix" else node.type
                raise WrongType(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
            result = await self._within(source, query, node)
        except BaseException as error:
            self.running.end(begun, error)
            raise
        self.running.end(begun)
        return result

    async def _within(self, source: Source, query: Query, node: Node) -> Result:
        """Evaluate within the time that there is, waiting included."""
        limit_s = min(query.timeout_s or self.options.timeout_s, self.options.timeout_s)
        begun, stats, where = time.monotonic(), Stats(), "query queue"
        stop = Stop(begun + limit_s)
        try:
            async with asyncio.timeout(limit_s), self._gate:
                where = "expression evaluation"
                stats.queued_s = time.monotonic() - begun
                result = await self._evaluate(source, query, node, stop, stats)
                stats.total_s = time.monotonic() - begun
                return result
        except TimeoutError:
            raise QueryTimeout(where) from None
        finally:
            stop.cancel()

    async def _evaluate(self, source: Source, query: Query, node: Node, stop: Stop, stats: Stats) -> Result:
        lookback, options = query.lookback_ms or self.options.lookback_ms, self.options
        needs, steps = wanted(node, query.grid, lookback, options.subquery_step_ms)
        if steps > options.max_samples:
            raise TooManySamples
        budget, begun = Budget(options.max_memory), time.monotonic()
        data = await read(source, query.org, needs, lookback_ms=lookback, options=options, budget=budget)
        cells = max(steps, data.cells)
        if cells > options.max_samples:
            raise TooManySamples
        if query.counted:
            stats.counts = Counts(query.grid.count)
        stats.samples = data.size
        evaluator = Evaluator(
            node,
            data.samples,
            query.grid,
            parts=data.parts,
            lookback_ms=lookback,
            options=options,
            stop=stop,
            text=query.text,
            budget=budget,
            counts=stats.counts,
        )
        data.tell(evaluator.notes)
        stats.prepared_s = time.monotonic() - begun
        if data.size + cells <= INLINE:
            value = evaluator.finish()
        else:
            loop = asyncio.get_running_loop()
            value = await loop.run_in_executor(self._pool, self.running.evaluated(evaluator.finish))
        stats.evaluated_s, stats.memory = time.monotonic() - begun - stats.prepared_s, budget.peak
        notes = evaluator.notes
        return Result(value, query.grid, notes.warnings, notes.infos, stats, evaluator.histograms)

    async def range_matrix(self, source: Source, org: int, text: str, grid: Grid) -> tuple[list[Labels], Float64]:
        """A range query's rows as (labels, float64[k, steps]), NaN where a row has no value."""
        value = (await self.run(source, Query(org, text, grid, is_range=True))).value
        if isinstance(value, Scalar):
            return [{}], value.values[np.newaxis, :]
        if isinstance(value, Vector):
            return list(value.labels), np.where(value.present, value.values, np.nan)
        raise ExecutionError(f"not a vector: {'a range vector' if isinstance(value, Matrix) else 'a string'}")
