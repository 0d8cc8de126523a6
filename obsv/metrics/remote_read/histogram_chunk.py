"""Native histograms as chunks: those with one layout of buckets and no counter reset between them go into one.

Source: the format of Prometheus' chunks of float histograms.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from obsv.metrics.histograms import Hint, Histogram
from obsv.metrics.histograms.arithmetic import is_reset
from obsv.metrics.histograms.wire import spans
from obsv.metrics.kernels.bits_plain import BitWriter, XorWindow, fits

FLOAT_HISTOGRAM = 3
MOST_SAMPLES = 120
_WIDTHS = (3, 6, 9, 12, 18, 25, 56, 64)
_HEADS = {Hint.GAUGE: 0xC0, Hint.RESET: 0x80}
_SMALL_THRESHOLDS = range(-242, 12)
_MOST_BOUND = 33_554_430
"""Thousandths up to which a bound is written as a whole number of them."""

Sample = tuple[int, Histogram]
"""Time in Unix ms, histogram."""


@dataclass(slots=True)
class _Run:
    """Histograms that go into one chunk, and all the buckets that any of them has."""

    samples: list[Sample] = field(default_factory=list[Sample])
    positive: set[int] = field(default_factory=set[int])
    negative: set[int] = field(default_factory=set[int])

    def takes(self, one: Histogram) -> bool:
        """Whether a histogram can follow in the same chunk."""
        before = self.samples[-1][1]
        layouts = ((h.schema, h.zero_threshold, h.bounds, h.hint is Hint.GAUGE) for h in (one, before))
        if next(layouts) != next(layouts) or len(self.samples) >= MOST_SAMPLES:
            return False
        return one.hint is Hint.GAUGE or (one.hint is not Hint.RESET and not is_reset(one, before))

    def add(self, at: int, one: Histogram) -> None:
        self.samples.append((at, one))
        self.positive |= one.positive.keys()
        self.negative |= one.negative.keys()


def histogram_chunks(samples: Sequence[Sample]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """((first ms, last ms), data) of each chunk."""
    run = _Run()
    for at, one in samples:
        if run.samples and not run.takes(one):
            yield _chunk(run)
            run = _Run()
        run.add(at, one)
    if run.samples:
        yield _chunk(run)


def _chunk(run: _Run) -> tuple[tuple[int, int], bytes]:
    out, first = BitWriter(), run.samples[0][1]
    out.bits(len(run.samples), 16)
    out.bits(_HEADS.get(first.hint, 0), 8)
    positive, negative = sorted(run.positive), sorted(run.negative)
    _put_layout(out, first, positive, negative)
    windows = [XorWindow() for _ in range(3 + len(positive) + len(negative))]
    before_t = distance = 0
    before: list[int] = []
    for i, (at, one) in enumerate(run.samples):
        now = at - before_t
        _put_int(out, at if i == 0 else now if i == 1 else now - distance)
        values = _values(one, positive, negative)
        for j, value in enumerate(values):
            if i == 0:
                out.bits(value, 64)
            else:
                windows[j].put(out, value ^ before[j])
        before_t, distance, before = at, now, values
    return (run.samples[0][0], run.samples[-1][0]), out.finish()


def _values(one: Histogram, positive: list[int], negative: list[int]) -> list[int]:
    """The bits of all its numbers, in the order of a chunk."""
    buckets = [one.positive.get(index, 0.0) for index in positive]
    buckets += [one.negative.get(index, 0.0) for index in negative]
    numbers = (one.count, one.zero_count, one.sum, *buckets)
    return list(struct.unpack(f"<{len(numbers)}Q", struct.pack(f"<{len(numbers)}d", *numbers)))


def _put_layout(out: BitWriter, one: Histogram, positive: list[int], negative: list[int]) -> None:
    _put_threshold(out, one.zero_threshold)
    _put_int(out, one.schema)
    for indexes in (positive, negative):
        found = list(spans(indexes))
        _put_uint(out, len(found))
        for offset, length in found:
            _put_uint(out, length)
            _put_int(out, offset)
    if one.is_custom:
        _put_uint(out, len(one.bounds))
        for bound in one.bounds:
            _put_bound(out, bound)


def _put_threshold(out: BitWriter, threshold: float) -> None:
    """A power of two in a byte; others after a byte that says so."""
    fraction, exponent = math.frexp(threshold)
    if threshold == 0:
        out.bits(0, 8)
    elif fraction == 0.5 and exponent in _SMALL_THRESHOLDS:
        out.bits(exponent + 243, 8)
    else:
        out.bits(255, 8)
        out.bits(_bits(threshold), 64)


def _put_bound(out: BitWriter, bound: float) -> None:
    """A whole number of thousandths; others in full after a 0."""
    thousandths = round(bound * 1000) if 0 <= bound * 1000 <= _MOST_BOUND else -1
    if thousandths >= 0 and thousandths / 1000 == bound:
        _put_uint(out, thousandths + 1)
    else:
        _put_uint(out, 0)
        out.bits(_bits(bound), 64)


def _bits(value: float) -> int:
    found: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return found


def _put_int(out: BitWriter, value: int) -> None:
    _put(out, value, next(i for i, width in enumerate(_WIDTHS) if width == 64 or fits(value, width)))


def _put_uint(out: BitWriter, value: int) -> None:
    _put(out, value, next(i for i, width in enumerate(_WIDTHS) if width == 64 or value >> width == 0))


def _put(out: BitWriter, value: int, size: int) -> None:
    """A number in one of eight widths, which ones before it tell: a 0 after all but the last."""
    if value == 0:
        out.bits(0, 1)
        return
    ones = size + 1
    if size == len(_WIDTHS) - 1:
        out.bits((1 << ones) - 1, ones)
    else:
        out.bits((1 << ones) - 1 << 1, ones + 1)
    out.bits(value, _WIDTHS[size])
