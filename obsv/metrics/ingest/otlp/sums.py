"""What the deltas of a series add up to, in the database: it outlives a restart, and every replica adds to the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from obsv.core.days import erase_on
from obsv.db import execute_many, fetch, fetch_value, hold_lock
from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.arithmetic import add, coarser
from obsv.metrics.ingest.otlp.reading import Amount, ClassicAmount

KEEP_DAYS = 1
"""A series without a point for so long begins anew with its next one."""
MOST_BUCKETS = 320
"""Of an exponential histogram; one that would have more gets coarser.  Twice what an SDK makes of either sign."""
AT_ONCE = 500
"""Rows that are asked for or written before others have a turn."""

_SAVE = (
    "INSERT INTO delta_sums (org, series_id, began_ns, at_ns, total, erase_on) VALUES ({}, {}, {}, {}, {}, {}) "
    "ON CONFLICT (org, series_id) DO UPDATE SET "
    "began_ns = excluded.began_ns, at_ns = excluded.at_ns, total = excluded.total, erase_on = excluded.erase_on"
)


@dataclass(frozen=True, slots=True)
class Sum:
    """What happened from `began` to `at` (Unix ns)."""

    began: int
    at: int
    total: Amount


class _Total(msgspec.Struct, array_like=True):
    """One of three, as it is kept."""

    number: float | None = None
    classic: ClassicAmount | None = None
    native: Histogram | None = None


_decoder = msgspec.msgpack.Decoder(_Total)


async def hold(org: int) -> None:
    """Keep others from an organisation's sums to the end of the current transaction."""
    await hold_lock(f"delta_sums:{org}")


async def load(org: int, ids: Collection[str]) -> dict[str, Sum]:
    """Those of some series, by their ids."""
    found: dict[str, Sum] = {}
    wanted = list(ids)
    for at in range(0, len(wanted), AT_ONCE):
        some = wanted[at : at + AT_ONCE]
        places = ", ".join(["{}"] * len(some))
        sql = f"SELECT series_id, began_ns, at_ns, total FROM delta_sums WHERE org = {{}} AND series_id IN ({places})"  # noqa: S608
        found |= {row["series_id"]: _sum(row) for row in await fetch(sql, org, *some)}
    return found


async def count(org: int) -> int:
    """How many there are of an organisation."""
    return int(await fetch_value("SELECT count(*) FROM delta_sums WHERE org = {}", org))


async def save(org: int, sums: Sequence[tuple[str, Sum]], now_ms: int) -> None:
    """Keep sums by their ids; needs a `write_tx`."""
    last = erase_on(now_ms, days=KEEP_DAYS)
    for at in range(0, len(sums), AT_ONCE):
        some = sums[at : at + AT_ONCE]
        await execute_many(_SAVE, [(org, key, one.began, one.at, _packed(one.total), last) for key, one in some])


def added(before: Amount, more: Amount) -> Amount | None:
    """Both together; None where they do not fit each other."""
    match before, more:
        case float(), float():
            return before + more
        case ClassicAmount(), ClassicAmount() if before.bounds == more.bounds:
            total = None if before.sum is None or more.sum is None else before.sum + more.sum
            buckets = [a + b for a, b in zip(before.buckets, more.buckets, strict=True)]
            return ClassicAmount(before.bounds, buckets, before.count + more.count, total)
        case Histogram(), Histogram():
            return _bounded(add(before, more)[0])
        case _:
            return None


def _bounded(one: Histogram) -> Histogram:
    while len(one.positive) + len(one.negative) > MOST_BUCKETS and one.schema > -4:
        one = coarser(one, one.schema - 1)
    return one


def _packed(total: Amount) -> bytes:
    match total:
        case ClassicAmount():
            kept = _Total(classic=total)
        case Histogram():
            kept = _Total(native=total)
        case _:
            kept = _Total(number=total)
    return msgspec.msgpack.encode(kept)


def _sum(row: dict[str, Any]) -> Sum:
    kept = _decoder.decode(row["total"])
    total = kept.classic or kept.native
    return Sum(row["began_ns"], row["at_ns"], (kept.number or 0.0) if total is None else total)
