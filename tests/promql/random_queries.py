"""Random but valid PromQL, of what Prometheus 3.5 and obsv both have, and odd data to ask it of."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from tests.metrics.ingest.wire import series

STALE = 0x7FF0000000000002
NAN = 0x7FF8000000000001
STEP_MS = 15_000
METRICS = {"odd_total": True, "odd_gauge": False, "odd_bucket": True}
"""Name -> whether it is a counter."""
LABELS = {"a": ("x", "y", "z"), "b": ("1", "2"), "c": ("p", "q", "r", "s")}
RANGES = ("30s", "1m", "90s", "4m")
OVER_TIME = ("sum", "avg", "min", "max", "count", "last", "stddev", "stdvar", "present")
OF_RANGE = ("rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv")
OF_EACH = ("abs", "ceil", "floor", "sqrt", "sgn", "deg", "rad", "timestamp", "round")
# The last digit of these is the C library's or Go's own. Inside of another function it would grow to a difference.
ROUNDED = ("exp", "ln", "log2", "log10", "sin", "cos", "tan", "atan", "asinh", "acosh", "sinh", "cosh", "tanh")
# Not stddev: of equal numbers it is 0 or a rounding error, by the order of the series.
AGGREGATES = ("sum", "avg", "min", "max", "count", "group")
ARITHMETIC = ("+", "-", "*", "/", "%")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SETS = ("and", "or", "unless")


def bodies(begin_ms: int, steps: int, dice: random.Random) -> Iterator[bytes]:
    """One remote_write message a metric: series with gaps, resets, NaN, stale markers, negative and huge values."""
    for name, is_counter in METRICS.items():
        parts = []
        for a in LABELS["a"]:
            for b in LABELS["b"]:
                for c in LABELS["c"]:
                    labels = {"__name__": name, "a": a, "b": b, "c": c} | ({"le": c} if name == "odd_bucket" else {})
                    if name == "odd_bucket":
                        labels["le"] = {"p": "0.1", "q": "1", "r": "10", "s": "+Inf"}[c]
                        del labels["c"]
                    points = list(_points(begin_ms, steps, dice, is_counter=is_counter))
                    if points and dice.random() > 0.1:
                        parts.append(series(labels, points))
        yield b"".join(parts)


def _points(begin_ms: int, steps: int, dice: random.Random, *, is_counter: bool) -> Iterator[tuple[int, float]]:
    value = dice.choice((0.0, 5.0, 1e9)) if is_counter else dice.choice((0.0, -3.5, 1e12, 0.25))
    offset = dice.randrange(0, STEP_MS, 250)
    in_gap = 0
    for i in range(steps):
        if in_gap:
            in_gap -= 1
            continue
        if dice.random() < 0.03:
            in_gap = dice.randrange(1, 12)
        if is_counter:
            value = 0.0 if dice.random() < 0.03 else value + dice.choice((0, 1, 2.5, 100))
        else:
            value += dice.choice((-2, -0.5, 0, 1, 3.25))
        at = begin_ms + i * STEP_MS + offset
        chance = dice.random()
        if chance < 0.01:
            yield at, STALE
        elif chance < 0.02 and not is_counter:
            yield at, NAN
        elif chance < 0.03 and not is_counter:
            yield at, dice.choice((math.inf, -math.inf))
        else:
            yield at, float(value)


class Maker:
    """Makes expressions of a bounded depth."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def _one(self, choices: tuple[str, ...]) -> str:
        return self._dice.choice(choices)

    def _labels(self) -> str:
        return ", ".join(self._dice.sample(sorted(LABELS), self._dice.randrange(0, 3)))

    def selector(self) -> str:
        """An instant vector selector, perhaps moved in time."""
        text = self._one(tuple(METRICS))
        if self._dice.random() < 0.4:
            name = self._one(tuple(LABELS))
            value = self._one(LABELS[name])
            text += (
                "{"
                + self._one((f'{name}="{value}"', f'{name}!="{value}"', f'{name}=~"{value}|x"', f'{name}!~"[{value}]"'))
                + "}"
            )
        return text

    def _moved(self) -> str:
        return self._one(("",) * 6 + (" offset 45s", " offset -20s", " @ end()", " @ start() offset 1m"))

    def scalar(self) -> str:
        """A scalar expression."""
        return self._one(("2", "0", "-1.5", "1e3", "Inf", "time() % 60", "scalar(sum(odd_total))", "pi()"))

    def range(self, depth: int) -> str:
        """A range vector: of a selector, or a subquery."""
        if depth > 0 and self._dice.random() < 0.25:
            return f"({self.vector(depth - 1)})[{self._one(RANGES)}:{self._one(('', '20s', '45s'))}]{self._moved()}"
        return f"{self.selector()}[{self._one(RANGES)}]{self._moved()}"

    def query(self, depth: int) -> str:
        """An instant vector expression that may be rounded at its very end."""
        inner, chance = self.vector(depth), self._dice.random()
        if chance < 0.1:
            return f"{self._one(ROUNDED)}({inner})"
        return f"({inner}) {self._one(('^', 'atan2'))} ({self.scalar()})" if chance < 0.15 else inner

    def vector(self, depth: int) -> str:
        """An instant vector expression."""
        if depth <= 0:
            return self.selector() + self._moved()
        kinds = (self._range_function, self._each, self._aggregate, self._with_scalar, self._matched, self._set)
        return self._dice.choice((*kinds, self._range_function, self._aggregate, self._rest))(depth - 1)

    def _range_function(self, depth: int) -> str:
        kind = self._dice.random()
        if kind < 0.45:
            return f"{self._one(OF_RANGE)}({self.range(depth)})"
        if kind < 0.9:
            return f"{self._one(OVER_TIME)}_over_time({self.range(depth)})"
        return self._one((f"quantile_over_time(0.7, {self.range(depth)})", f"predict_linear({self.range(depth)}, 60)"))

    def _each(self, depth: int) -> str:
        return f"{self._one(OF_EACH)}({self.vector(depth)})"

    def _aggregate(self, depth: int) -> str:
        clause = self._one((f" by ({self._labels()}) ", f" without ({self._labels()}) ", ""))
        if self._dice.random() < 0.15:
            return f"quantile{clause}(0.3, {self.vector(depth)})"
        return f"{self._one(AGGREGATES)}{clause}({self.vector(depth)})"

    def _with_scalar(self, depth: int) -> str:
        op = self._one((*ARITHMETIC, *COMPARISONS, *(f"{one} bool" for one in COMPARISONS)))
        sides = [f"({self.vector(depth)})", f"({self.scalar()})"]
        self._dice.shuffle(sides)
        return f"{sides[0]} {op} {sides[1]}"

    def _matched(self, depth: int) -> str:
        op = self._one((*ARITHMETIC, *COMPARISONS, *(f"{one} bool" for one in COMPARISONS)))
        how = self._one(
            ("", " on (a, b, c)", " ignoring (le)", " on (a) group_left ()", " ignoring (c, le) group_left ()")
        )
        right = self.vector(depth)
        if "group_left" in how:
            right = f"sum by (a) ({right})" if "on (a)" in how else f"max by (a, b) ({right})"
        return f"({self.vector(depth)}) {op}{how} ({right})"

    def _set(self, depth: int) -> str:
        how = self._one(("", " on (a, b)", " ignoring (c)"))
        return f"({self.vector(depth)}) {self._one(SETS)}{how} ({self.vector(depth)})"

    def _rest(self, depth: int) -> str:
        inner = self.vector(depth)
        return self._one(
            (
                f"-({inner})",
                f"clamp({inner}, -5, 50)",
                f"clamp_min({inner}, {self.scalar()})",
                f"absent({inner})",
                f"vector({self.scalar()})",
                f'label_replace({inner}, "n", "$1-", "a", "(.*)")',
                f'label_join({inner}, "n", "/", "a", "b")',
                "histogram_quantile(0.8, sum by (a, le) (rate(odd_bucket[2m])))",
                f"histogram_quantile(0.4, {self._one(('odd_bucket', 'increase(odd_bucket[90s])'))})",
                f'sum by (a) (count_values by (a, b) ("v", round({inner}, 10)))',
                f"topk by (a, b, c, le) (1, {inner})",
            )
        )
