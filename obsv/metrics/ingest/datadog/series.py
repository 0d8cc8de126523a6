"""Datadog's series as Prometheus' ones.

Counts and rates are kept as they come, for the interval that they are about: they do not rise as counters do here.
"""

from __future__ import annotations

from collections.abc import Iterable

from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.datadog.payload import decode_protobuf, decode_v1, decode_v2
from obsv.metrics.ingest.names import label_name, metric_name
from obsv.metrics.store.types import Metadata, WriteBatch

NO_VALUE = "no_label_value"
"""Value of the label that a tag without one becomes."""


def batch_v1(body: bytes) -> WriteBatch:
    """A request of version 1.  Raises BadRequest."""
    batch = BatchBuilder()
    for one in decode_v1(body).series:
        about = (("host", one.host or ""), ("device", one.device or ""))
        _add(batch, one.metric, labels_of(about, one.tags or ()), one.points)
    return batch.build()


def batch_v2(body: bytes, *, is_protobuf: bool) -> WriteBatch:
    """A request of version 2.  Raises BadRequest."""
    batch = BatchBuilder()
    for one in (decode_protobuf if is_protobuf else decode_v2)(body).series:
        about = ((about.type, about.name) for about in one.resources)
        points = ((point.timestamp, point.value) for point in one.points)
        _add(batch, one.metric, labels_of(about, one.tags or ()), points, unit=one.unit)
    return batch.build()


def labels_of(about: Iterable[tuple[str, str]], tags: Iterable[str]) -> dict[str, str]:
    """What a series is about, as (kind, name), and its tags; a tag of a kind that is known becomes `exported_…`.

    A tag may come several times with other values: they are joined by commas.
    """
    fixed = {label_name(kind): name for kind, name in about if kind and name}
    labels: dict[str, str] = {}
    for tag in tags:
        key, colon, value = tag.partition(":")
        if not key:
            continue
        name = label_name(key)
        name = f"exported_{name}" if name in fixed else name
        value = value if colon else NO_VALUE
        labels[name] = f"{labels[name]},{value}" if name in labels else value
    return labels | fixed


def _add(
    batch: BatchBuilder,
    metric: str,
    labels: dict[str, str],
    points: Iterable[tuple[float, float]],
    *,
    unit: str = "",
) -> None:
    name = metric_name(metric)
    row = batch.series(labels | {"__name__": name})
    for seconds, value in points:
        batch.add(row, round(seconds * 1000), value)
    batch.describe(Metadata(name, "gauge", unit=unit))
