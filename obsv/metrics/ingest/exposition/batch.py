"""Families of a page into a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.exposition.model import Family
from obsv.metrics.store.types import Metadata


def add_families(batch: BatchBuilder, families: Iterable[Family], at_ms: int, extra: Mapping[str, str]) -> None:
    """Add every sample, and what is told of the families.

    `at_ms` is the time of samples without one, in Unix ms; `extra` are labels that all get, whatever they say.
    """
    for family in families:
        if family.type != "unknown" or family.help or family.unit:
            batch.describe(Metadata(family.name, family.type, family.help, family.unit))
        for labels, value, t_ms, exemplar in family.samples:
            row = batch.series({**labels, **extra})
            t = at_ms if t_ms is None else t_ms
            batch.add(row, t, value)
            if exemplar is not None:
                batch.exemplar(row, exemplar.labels, exemplar.value, t if exemplar.t_ms is None else exemplar.t_ms)
