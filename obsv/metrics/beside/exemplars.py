"""Exemplars: the newest of each organisation, for as long as its metrics."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from obsv.db import execute, execute_many, fetch, fetch_value, write_tx
from obsv.metrics.store.types import Exemplar, Matcher, WriteBatch

MOST = 100_000
"""Exemplars kept of an organisation (as Prometheus does by default); older ones make room."""
MOST_LABELS = 128
"""Characters of an exemplar's label names and values together.  Source: OpenMetrics 1.0."""

_KEEP = (
    "INSERT INTO exemplars (org, series_id, at_ms, series, labels, value) VALUES ({}, {}, {}, {}, {}, {}) "
    "ON CONFLICT (org, series_id, at_ms) DO NOTHING"
)
_BETWEEN = "FROM exemplars WHERE org = {} AND at_ms >= {} AND at_ms <= {}"


@dataclass(frozen=True, slots=True)
class Found:
    """An exemplar with the labels of its series."""

    series: dict[str, str]
    labels: dict[str, str]
    value: float
    t: int


class Exemplars:
    """Keeps and finds them."""

    def __init__(self) -> None:
        self._since_trim: Counter[int] = Counter()

    async def keep(self, org: int, batch: WriteBatch) -> int:
        """Remember those of a batch; gives how many.  One that OpenMetrics would not allow is left out."""
        rows: list[tuple[object, ...]] = []
        for one in batch.exemplars:
            if _is_sound(one):
                series = _packed(batch.labels[one.row])
                digest = hashlib.blake2b(series.encode(errors="replace"), digest_size=16).hexdigest()
                rows.append((org, digest, one.t, series, _packed(one.labels), one.value))
        if not rows:
            return 0
        async with write_tx():
            await execute_many(_KEEP, rows)
        self._since_trim[org] += len(rows)
        if self._since_trim[org] > MOST // 4:
            await self.trim(org, 0)
        return len(rows)

    async def trim(self, org: int, cutoff_ms: int) -> int:
        """Forget those older than this, and what is beyond `MOST`; gives how many there are."""
        self._since_trim[org] = 0
        async with write_tx():
            await execute("DELETE FROM exemplars WHERE org = {} AND at_ms < {}", org, cutoff_ms)
            newest = "SELECT at_ms FROM exemplars WHERE org = {} ORDER BY at_ms DESC LIMIT 1 OFFSET {}"
            oldest_kept = await fetch_value(newest, org, MOST)
            if oldest_kept is not None:
                await execute("DELETE FROM exemplars WHERE org = {} AND at_ms <= {}", org, oldest_kept)
        return int(await fetch_value("SELECT count(*) FROM exemplars WHERE org = {}", org))

    async def find(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int
    ) -> list[Found]:
        """Those of series that pass one of the sets, by series and time; times inclusive, Unix ms."""
        rows = await fetch(
            f"SELECT series, labels, value, at_ms {_BETWEEN} ORDER BY series, at_ms", org, start_ms, end_ms
        )
        passing = {text for text in {row["series"] for row in rows} if _passes(json.loads(text), matcher_sets)}
        return [
            Found(json.loads(row["series"]), json.loads(row["labels"]), float(row["value"]), int(row["at_ms"]))
            for row in rows
            if row["series"] in passing
        ]

    async def delete(self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> None:
        """Forget those of the series that pass every matcher."""
        rows = await fetch(f"SELECT DISTINCT series_id, series {_BETWEEN}", org, start_ms, end_ms)
        gone = [row["series_id"] for row in rows if _passes(json.loads(row["series"]), [matchers])]
        sql = f"DELETE {_BETWEEN} AND series_id = {{}}"
        async with write_tx():
            await execute_many(sql, [(org, start_ms, end_ms, series_id) for series_id in gone])


def _passes(labels: dict[str, str], matcher_sets: Sequence[Sequence[Matcher]]) -> bool:
    return any(all(one.matches(labels.get(one.name, "")) for one in matchers) for matchers in matcher_sets)


def _is_sound(one: Exemplar) -> bool:
    size = sum(len(name) + len(value) for name, value in one.labels.items())
    return size <= MOST_LABELS and abs(one.t) < 1 << 53 and not math.isnan(one.value)


def _packed(labels: dict[str, str]) -> str:
    text = json.dumps(dict(sorted(labels.items())), ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()
