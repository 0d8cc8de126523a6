"""From the samples of one target to encoded series: its labels, its known series, and the ends of those that vanish."""

from __future__ import annotations

from operator import itemgetter
from typing import Iterable

from .sample import Sample
from .wire import STALE_BITS, encode_batch, encode_labels, encode_value

__all__ = ["MAX_BATCH", "Batch", "SeriesTable"]

MAX_BATCH = 2000
"""Samples in one request: about 200 kB before compression, so that no server finds it too large."""


class Batch:
    """One request's body and how many samples it carries."""

    __slots__ = ("body", "samples")

    def __init__(self, body: bytes, samples: int) -> None:
        self.body = body
        self.samples = samples


class SeriesTable:
    """The series of one target.

    Encoded labels are kept from round to round, since they make up nearly all the work.  What was there in the last
    round and is not in this one gets a stale marker, as from Prometheus.
    """

    def __init__(self, target: dict[str, str]) -> None:
        self.target = target
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], bytes] = {}

    def encode(self, samples: Iterable[Sample], at_ms: int) -> list[Batch]:
        """Encode one round; series that did not come again are ended at its time."""
        known = self._known
        present: dict[tuple[str, tuple[tuple[str, str], ...]], bytes] = {}
        stamped: dict[tuple[str, tuple[tuple[str, str], ...]], bytes] = {}
        series: list[tuple[bytes, bytes, int]] = []
        for name, labels, value, own_ms in samples:
            key = (name, labels)
            if key in present or key in stamped:
                continue  # a target that repeats itself: the first one counts
            encoded = known.get(key)
            if encoded is None:
                encoded = encode_labels(self._full(name, labels))
            (stamped if own_ms else present)[key] = encoded
            series.append((encoded, encode_value(value), own_ms or at_ms))
        series += [(known[key], STALE_BITS, at_ms) for key in known if key not in present and key not in stamped]
        self._known = present
        series.sort(key=itemgetter(0))  # neighbours that look alike compress best
        return _split(series)

    def _full(self, name: str, labels: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """Join a sample's own labels with its target's; a clash keeps the sample's as `exported_…`."""
        full = {"__name__": name, **self.target}
        for label, value in labels:
            full[f"exported_{label}" if label in self.target else label] = value
        return sorted((label, value) for label, value in full.items() if value)


def _split(series: list[tuple[bytes, bytes, int]]) -> list[Batch]:
    """Cut a round into requests."""
    parts = [series[at : at + MAX_BATCH] for at in range(0, len(series), MAX_BATCH)]
    return [Batch(encode_batch(part), len(part)) for part in parts]
