"""Functions of each value by itself, and those between scalars and vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Scalar, Vector
from obsv.metrics.store.types import Float64

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def _each(function: Callable[[Float64], Float64]) -> Function:
    def apply(ev: Evaluator, node: Call, grid: Grid) -> Vector:
        vector = ev.floats(ev.vector(node.args[0], grid))
        with np.errstate(all="ignore"):
            return ev.computed(vector.like(function(vector.values)))

    return apply


def _sign(values: Float64) -> Float64:
    return np.where(values == 0, values, np.sign(values))


# numpy multiplies by a rounded quotient; this order of operations gives Prometheus' last digit.
def _degrees(values: Float64) -> Float64:
    return values * 180.0 / np.pi


def _radians(values: Float64) -> Float64:
    return values * np.pi / 180.0


def _clamp(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.floats(ev.vector(node.args[0], grid))
    low, high = np.full(grid.count, -np.inf), np.full(grid.count, np.inf)
    if node.name in ("clamp", "clamp_min"):
        low = ev.scalar(node.args[1], grid).values
    if node.name in ("clamp", "clamp_max"):
        high = ev.scalar(node.args[-1], grid).values
    # A NaN bound makes every value NaN, but the infinite bound at the far end wins over a NaN, as in Go's math.Max and
    # math.Min; a minimum above the maximum leaves nothing.
    values = np.where(high == -np.inf, high, np.minimum(high, vector.values))
    values = np.where(low == np.inf, low, np.maximum(low, values))
    return ev.computed(vector.like(values, vector.present & ~(low > high)))


def _round(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.floats(ev.vector(node.args[0], grid))
    to = ev.scalar(node.args[1], grid).values if len(node.args) > 1 else np.ones(grid.count)
    with np.errstate(all="ignore"):
        inverse = 1.0 / to
        return ev.computed(vector.like(np.floor(vector.values * inverse + 0.5) / inverse))


def _scalar(ev: Evaluator, node: Call, grid: Grid) -> Scalar:
    """The one value of a vector; NaN where there is not exactly one."""
    vector = ev.floats(ev.vector(node.args[0], grid))
    single = vector.present.sum(axis=0) == 1
    total = np.where(vector.present, vector.values, 0.0).sum(axis=0) if len(vector.labels) else np.zeros(grid.count)
    return Scalar(np.where(single, total, np.nan))


def _vector(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    values = ev.scalar(node.args[0], grid).values
    return Vector([{}], values[np.newaxis, :], np.ones((1, grid.count), np.bool_))


def _constant(value: Callable[[Evaluator], float]) -> Function:
    return lambda ev, node, grid: Scalar(np.full(grid.count, value(ev)))


def _of_two(ev: Evaluator, node: Call, grid: Grid) -> Scalar:
    """The smaller or larger of two scalars."""
    choose = np.minimum if node.name == "min_of" else np.maximum
    return Scalar(choose(ev.scalar(node.args[0], grid).values, ev.scalar(node.args[1], grid).values))


_EACH: dict[str, Callable[[Float64], Float64]] = {
    "abs": np.abs, "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin, "asinh": np.arcsinh, "atan": np.arctan,
    "atanh": np.arctanh, "ceil": np.ceil, "cos": np.cos, "cosh": np.cosh, "deg": _degrees, "exp": np.exp,
    "floor": np.floor, "ln": np.log, "log10": np.log10, "log2": np.log2, "rad": _radians, "sgn": _sign,
    "sin": np.sin, "sinh": np.sinh, "sqrt": np.sqrt, "tan": np.tan, "tanh": np.tanh,
}  # fmt: skip

FUNCTIONS: dict[str, Function] = {
    **{name: _each(function) for name, function in _EACH.items()},
    "clamp": _clamp,
    "clamp_max": _clamp,
    "clamp_min": _clamp,
    "end": _constant(lambda ev: ev.top.until / 1000),
    "max_of": _of_two,
    "min_of": _of_two,
    "pi": _constant(lambda ev: np.pi),
    "range": _constant(lambda ev: (ev.top.until - ev.top.start) / 1000),
    "start": _constant(lambda ev: ev.top.start / 1000),
    "step": _constant(lambda ev: ev.top.step / 1000 if ev.top.count > 1 else 0.0),
    "round": _round,
    "scalar": _scalar,
    "time": lambda ev, node, grid: Scalar(grid.times / 1000),
    "vector": _vector,
}
