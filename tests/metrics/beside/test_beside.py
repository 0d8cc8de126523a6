"""Exemplars and metadata: kept once, found by matchers, forgotten in time; each organisation's for itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obsv.metrics.beside import Exemplars, Families, exemplars, families
from obsv.metrics.store.types import Exemplar, Matcher, Metadata, WriteBatch

pytestmark = pytest.mark.usefixtures("database")

HIT = {"__name__": "hits_total", "path": "/"}
MISS = {"__name__": "misses_total", "path": "/"}
HITS, ALL = [Matcher("__name__", "=", "hits_total")], [Matcher("__name__", "!=", "")]
NOTHING = np.zeros(0)


def batch(*found: Exemplar) -> WriteBatch:
    return WriteBatch([HIT, MISS], np.zeros(3, np.int64), NOTHING.astype(np.int64), NOTHING, exemplars=list(found))


def hit(t: int, trace: str = "abc", value: float = 0.5) -> Exemplar:
    return Exemplar(0, {"trace_id": trace}, value, t)


async def found(kept: Exemplars, org: int = 1, matchers: list[Matcher] = ALL) -> list[tuple[str, int, str, float]]:
    rows = await kept.find(org, [matchers], 0, 10**6)
    return [(one.series["__name__"], one.t, one.labels["trace_id"], one.value) for one in rows]


async def test_what_is_kept_is_found_by_matchers_and_organisation() -> None:
    kept = Exemplars()
    miss = Exemplar(1, {"trace_id": "x"}, math.inf, 5)
    assert await kept.keep(1, batch(hit(7), hit(6, "é\ud800"), miss)) == 3
    assert await kept.keep(2, batch(hit(9))) == 1
    rows = [("hits_total", 6, "é?", 0.5), ("hits_total", 7, "abc", 0.5)]
    assert await found(kept, matchers=HITS) == rows
    assert await found(kept) == [*rows, ("misses_total", 5, "x", math.inf)]
    assert [one.t for one in await kept.find(1, [HITS], 7, 7)] == [7]
    assert await kept.keep(1, batch(hit(7, "another"))) == 1
    assert (await found(kept, matchers=HITS))[-1] == rows[-1]  # the first one at a time stays


async def test_one_that_openmetrics_does_not_allow_is_left_out() -> None:
    kept = Exemplars()
    assert await kept.keep(1, batch(hit(1, "x" * 200), hit(2, value=math.nan), hit(1 << 60))) == 0
    assert await found(kept) == []


async def test_old_ones_and_those_that_are_too_many_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exemplars, "MOST", 4)
    kept = Exemplars()
    for t in range(1, 11):
        await kept.keep(1, batch(hit(t)))
    await kept.keep(2, batch(hit(1)))
    assert await kept.trim(1, 0) == 4
    assert [t for _, t, _, _ in await found(kept)] == [7, 8, 9, 10]
    assert await kept.trim(1, 9) == 2
    assert len(await found(kept, org=2)) == 1


async def test_deletion_takes_those_of_the_series() -> None:
    kept = Exemplars()
    await kept.keep(1, batch(hit(1), hit(2), Exemplar(1, {"trace_id": "x"}, 1.0, 1)))
    await kept.keep(2, batch(hit(1)))
    await kept.delete(1, HITS, 2, 100)
    assert await found(kept) == [("hits_total", 1, "abc", 0.5), ("misses_total", 1, "x", 1.0)]
    await kept.delete(1, HITS, 0, 100)
    assert await found(kept) == [("misses_total", 1, "x", 1.0)]
    assert len(await found(kept, org=2)) == 1


async def test_the_last_word_on_a_family_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "MOST", 2)
    known = Families()
    await known.keep(1, [Metadata("up", "gauge", "Is it up?"), Metadata("x\0", "counter", "h\0" * 2000, "s" * 200)])
    await known.keep(1, [Metadata("third"), Metadata("up", "gauge", "It is.", "bool"), Metadata("n" * 300)])
    assert await known.of(1) == [
        Metadata("up", "gauge", "It is.", "bool"),
        Metadata("x", "counter", "h" * 1000, "s" * 100),
    ]
    assert await Families().of(1, "up") == [Metadata("up", "gauge", "It is.", "bool")]
    assert await known.of(2) == []
