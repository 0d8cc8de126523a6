"""PromQL's functions, a module a topic; each adds its own to `FUNCTIONS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obsv.metrics.promql.functions import absent, dates, histogram, info, labels, maths, native, sorting, windows
from obsv.metrics.promql.functions.base import Function

if TYPE_CHECKING:
    from obsv.metrics.promql.ast import Call
    from obsv.metrics.promql.evaluate import Evaluator
    from obsv.metrics.promql.values import Grid, Scalar, Vector

FUNCTIONS: dict[str, Function] = {
    **maths.FUNCTIONS,
    **windows.FUNCTIONS,
    **labels.FUNCTIONS,
    **dates.FUNCTIONS,
    **absent.FUNCTIONS,
    **sorting.FUNCTIONS,
    **histogram.FUNCTIONS,
    **native.FUNCTIONS,
    **info.FUNCTIONS,
}


def call(ev: Evaluator, node: Call, grid: Grid) -> Scalar | Vector:
    """The value of a call over a grid."""
    return FUNCTIONS[node.name](ev, node, grid)
