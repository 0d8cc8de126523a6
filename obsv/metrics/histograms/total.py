"""Sums and averages of many histograms with compensated summation, as Prometheus sums floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

from obsv.metrics.histograms.arithmetic import Counts, add, divide
from obsv.metrics.histograms.model import Histogram


class _Compensated(float):
    """A number that remembers what additions to it rounded away (Neumaier)."""

    lost: float

    def __new__(cls, value: float, lost: float = 0.0) -> Self:
        made = super().__new__(cls, value)
        made.lost = lost
        return made

    def __add__(self, other: float) -> _Compensated:
        left, right = float(self), float(other)
        total = left + right
        lost = self.lost + (other.lost if isinstance(other, _Compensated) else 0.0)
        if math.isinf(total):
            return _Compensated(total)
        lost += (left - total) + right if abs(left) >= abs(right) else (right - total) + left
        return _Compensated(total, lost)

    __radd__ = __add__

    def __mul__(self, other: float) -> _Compensated:
        return _Compensated(float(self) * other, self.lost * other)

    __rmul__ = __mul__

    def whole(self) -> float:
        """The sum with what was lost."""
        return float(self) if math.isinf(self) else float(self) + self.lost


def _careful(histogram: Histogram) -> Histogram:
    """A copy whose numbers remember what they lose."""

    def counts(given: Counts) -> Counts:
        return {index: _Compensated(count) for index, count in given.items()}

    out = histogram.copy()
    out.count, out.sum = _Compensated(out.count), _Compensated(out.sum)
    out.zero_count = _Compensated(out.zero_count)
    out.positive, out.negative = counts(out.positive), counts(out.negative)
    return out


def _plain(histogram: Histogram) -> Histogram:
    """The same with plain numbers (in place)."""

    def whole(value: float) -> float:
        return value.whole() if isinstance(value, _Compensated) else value

    histogram.count, histogram.sum = whole(histogram.count), whole(histogram.sum)
    histogram.zero_count = whole(histogram.zero_count)
    histogram.positive = {index: whole(count) for index, count in histogram.positive.items()}
    histogram.negative = {index: whole(count) for index, count in histogram.negative.items()}
    return histogram


def total(found: Sequence[Histogram]) -> tuple[Histogram, bool]:
    """(the sum, whether custom bounds differed).  Raises IncompatibleError."""
    result, is_reconciled = _careful(found[0]), False
    for one in found[1:]:
        result, remarks = add(result, one)
        is_reconciled |= remarks.reconciled
    return _plain(result), is_reconciled


def average(found: Sequence[Histogram]) -> tuple[Histogram, bool]:
    """(the mean, whether custom bounds differed).  Raises IncompatibleError."""
    result, is_reconciled = total(found)
    if _is_finite(result) or not all(_is_finite(one) for one in found):
        return divide(result, len(found)), is_reconciled
    # The sum is too large for a float, the mean is not.
    return total([divide(one.copy(), len(found)) for one in found])


def _is_finite(one: Histogram) -> bool:
    counts = (*one.positive.values(), *one.negative.values())
    return not any(math.isinf(value) for value in (one.count, one.sum, one.zero_count, *counts))
