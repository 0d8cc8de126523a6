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
from obsv.metrics.promql.errors import ExecutionError, QueryTimeout, TooManySamples, WrongType
from obsv.metrics.promql.evaluate import Evaluator, Value
from obsv.metrics.promql.fetch import wanted
from obsv.metrics.promql.options import EngineOptions
from obsv.metrics.promql.parser import parse
from obsv.metrics.promql.read import Source, read
from obsv.metrics.promql.stop import Stop
from obsv.metrics.promql.values import Grid, Matrix, Scalar, Vector
from obsv.metrics.store.types import Float64, Labels

INLINE = 2000
"""Fewer samples and results than this are evaluated on the event loop: a thread would take longer."""


@dataclass(frozen=True, slots=True)
class Query:
    """One evaluation.  An instant query is a grid of one step."""

    org: int
    text: str
    grid: Grid
    is_range: bool
    lookback_ms: int = 0
    timeout_s: float = 0.0


@dataclass(slots=True)
class Result:
    """What came out: the value, and what Prometheus would tell beside it."""

    value: Value
    grid: Grid
    warnings: list[str] = field(default_factory=list[str])
    infos: list[str] = field(default_factory=list[str])
    samples: int = 0
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    """What tokens among the values stand for."""


@lru_cache(maxsize=500)
def _settled_tree(text: str) -> Node | None:
    """The tree of an expression, which evaluation does not change; None where durations depend on the query."""
    node = parse(text)
    return node if durations.is_settled(node) else None


def _tree(text: str) -> Node:
    """Dashboards and rules ask the same again and again."""
    return _settled_tree(text) or parse(text)


class Engine:
    """Evaluates queries on a bounded pool of threads; what waits beyond the queue is refused."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self._pool = ThreadPoolExecutor(self.options.threads, thread_name_prefix="promql")
        self._gate = asyncio.Semaphore(self.options.threads)
        self._waiting = 0

    def close(self) -> None:
        """End the threads; queries in progress finish."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether as many queries wait as may."""
        return self._waiting >= self.options.queue

    async def run(self, source: Source, query: Query) -> Result:
        """Evaluate.  Raises ParseError, ExecutionError, TooManySamples, QueryTimeout, or the store's own errors."""
        node = _tree(query.text)
        if query.is_range and node.type not in ("vector", "scalar"):
            kind = "range vector" if node.type == "matrix" else node.type
            raise WrongType(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
        limit_s = min(query.timeout_s or self.options.timeout_s, self.options.timeout_s)
        stop = Stop(time.monotonic() + limit_s)
        self._waiting += 1
        try:
            async with asyncio.timeout(limit_s):
                async with self._gate:
                    return await self._evaluate(source, query, node, stop)
        except TimeoutError:
            raise QueryTimeout from None
        except asyncio.CancelledError:
            stop.cancel()
            raise
        finally:
            self._waiting -= 1

    async def _evaluate(self, source: Source, query: Query, node: Node, stop: Stop) -> Result:
        durations.resolve(node, query.grid, query.text)
        lookback = query.lookback_ms or self.options.lookback_ms
        needs, steps = wanted(node, query.grid, lookback, self.options.subquery_step_ms)
        if steps > self.options.max_samples:
            raise TooManySamples
        data = await read(source, query.org, needs, lookback_ms=lookback, limit=self.options.max_samples)
        evaluator = Evaluator(
            node,
            data.samples,
            query.grid,
            parts=data.parts,
            lookback_ms=lookback,
            options=self.options,
            stop=stop,
            text=query.text,
        )
        data.tell(evaluator.notes)
        cells = max(steps, data.cells)
        if cells > self.options.max_samples:
            raise TooManySamples
        if data.size + cells <= INLINE:
            value = evaluator.finish()
        else:
            loop = asyncio.get_running_loop()
            value = await loop.run_in_executor(self._pool, evaluator.finish)
        notes = evaluator.notes
        return Result(value, query.grid, notes.warnings, notes.infos, data.size, evaluator.histograms)

    async def range_matrix(self, source: Source, org: int, text: str, grid: Grid) -> tuple[list[Labels], Float64]:
        """A range query's rows as (labels, float64[k, steps]), NaN where a row has no value."""
        value = (await self.run(source, Query(org, text, grid, is_range=True))).value
        if isinstance(value, Scalar):
            return [{}], value.values[np.newaxis, :]
        if isinstance(value, Vector):
            return list(value.labels), np.where(value.present, value.values, np.nan)
        raise ExecutionError(f"not a vector: {'a range vector' if isinstance(value, Matrix) else 'a string'}")
