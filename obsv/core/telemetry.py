"""obsv's own metrics: a small registry that every package adds to, written out at GET /metrics.

Format: Prometheus text exposition 0.0.4.  Counters only rise; a gauge may be a function that is asked when it is read.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from obsv.core.errors import ObsvError

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _labels(names: Sequence[str], values: Sequence[str], extra: str = "") -> str:
    pairs = [f'{name}="{_escape(value)}"' for name, value in zip(names, values, strict=True)]
    pairs += [extra] if extra else []
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)


class Metric(Protocol):
    """One family."""

    name: str
    help: str
    type: str

    def lines(self) -> Iterator[str]: ...


class Value:
    """A counter or a gauge with any number of label sets."""

    def __init__(self, name: str, help: str, type: str, labels: Sequence[str]) -> None:
        self.name, self.help, self.type, self.labels = name, help, type, tuple(labels)
        self._values: dict[tuple[str, ...], float] = {} if labels else {(): 0.0}

    def add(self, amount: float = 1, *values: str) -> None:
        """Add to the label set `values` (in the order of the label names)."""
        self._values[values] = self._values.get(values, 0.0) + amount

    def set(self, value: float, *values: str) -> None:
        """Set a gauge."""
        self._values[values] = value

    def get(self, *values: str) -> float:
        """The present value."""
        return self._values.get(values, 0.0)

    def lines(self) -> Iterator[str]:
        for values, value in list(self._values.items()):
            yield f"{self.name}{_labels(self.labels, values)} {_number(value)}"


class Asked:
    """A counter or gauge whose value is looked up when it is read."""

    def __init__(self, name: str, help: str, type: str, ask: Callable[[], float]) -> None:
        self.name, self.help, self.type, self.ask = name, help, type, ask

    def lines(self) -> Iterator[str]:
        yield f"{self.name} {_number(self.ask())}"


class AskedBy:
    """The same for a family of one label: the answer is a value for each of the label's."""

    def __init__(self, name: str, help: str, type: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        self.name, self.help, self.type, self.label, self.ask = name, help, type, label, ask

    def lines(self) -> Iterator[str]:
        for value, number in self.ask().items():
            yield f"{self.name}{_labels((self.label,), (value,))} {_number(number)}"


class Histogram:
    """A classic histogram."""

    type = "histogram"

    def __init__(self, name: str, help: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        self.name, self.help, self.labels, self.bounds = name, help, tuple(labels), tuple(bounds)
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}

    def observe(self, value: float, *values: str) -> None:
        """Count one observation."""
        counts = self._counts.setdefault(values, [0] * (len(self.bounds) + 1))
        counts[bisect_left(self.bounds, value)] += 1
        self._sums[values] = self._sums.get(values, 0.0) + value

    def lines(self) -> Iterator[str]:
        for values, counts in list(self._counts.items()):
            total = 0
            for bound, count in zip((*map(_number, self.bounds), "+Inf"), counts, strict=True):
                total += count
                le = f'le="{bound}"'
                yield f"{self.name}_bucket{_labels(self.labels, values, le)} {total}"
            yield f"{self.name}_sum{_labels(self.labels, values)} {self._sums[values]!r}"
            yield f"{self.name}_count{_labels(self.labels, values)} {total}"


class Registry:
    """All families by name; asking for one that exists with the same shape returns it."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Value:
        """A counter; its name ends in _total."""
        return self._add(Value(name, help, "counter", labels))

    def gauge(self, name: str, help: str, labels: Sequence[str] = ()) -> Value:
        """A gauge that is set."""
        return self._add(Value(name, help, "gauge", labels))

    def asked(self, name: str, help: str, ask: Callable[[], float], type: str = "gauge") -> None:
        """A gauge (or counter) that is asked; a second registration replaces the first."""
        self._metrics[name] = Asked(name, help, type, ask)

    def asked_by(
        self, name: str, help: str, label: str, ask: Callable[[], Mapping[str, float]], type: str = "gauge"
    ) -> None:
        """The same with a label."""
        self._metrics[name] = AskedBy(name, help, type, label, ask)

    def histogram(
        self, name: str, help: str, labels: Sequence[str] = (), bounds: Sequence[float] = SECONDS
    ) -> Histogram:
        """A histogram of seconds, unless `bounds` says otherwise."""
        known = self._metrics.get(name)
        return known if isinstance(known, Histogram) else self._put(Histogram(name, help, labels, bounds))

    def _add(self, metric: Value) -> Value:
        known = self._metrics.get(metric.name)
        return known if isinstance(known, Value) else self._put_value(metric)

    def _put_value(self, metric: Value) -> Value:
        self._metrics[metric.name] = metric
        return metric

    def _put(self, metric: Histogram) -> Histogram:
        self._metrics[metric.name] = metric
        return metric

    def expose(self) -> str:
        """Everything, as text; a part that is not up tells nothing, and does not silence the others."""
        out: list[str] = []
        for metric in sorted(self._metrics.values(), key=lambda metric: metric.name):
            with suppress(ObsvError):
                out += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.type}", *metric.lines())
        return "\n".join(out) + "\n"


REGISTRY = Registry()
"""The process' own."""
