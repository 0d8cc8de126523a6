"""absent and absent_over_time: one where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels.promql import RangeFunction
from obsv.metrics.promql.ast import Call, Node, Selector, unwrap
from obsv.metrics.promql.compute import compute
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.functions.windows import count_windows
from obsv.metrics.promql.values import Grid, Vector
from obsv.metrics.store.types import Labels

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def _labels(node: Node) -> Labels:
    """What the selector's equality matchers tell; a label that is matched twice tells nothing."""
    inner = unwrap(node)
    if not isinstance(inner, Selector):
        return {}
    names = [matcher.name for matcher in inner.matchers if matcher.name != "__name__"]
    return {
        matcher.name: matcher.value
        for matcher in inner.matchers
        if matcher.op == "=" and matcher.value and names.count(matcher.name) == 1
    }


def _absent(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    if node.name == "absent":
        vector = ev.vector(node.args[0], grid)
    else:
        matrix = ev.matrix(node.args[0], grid)
        count_windows(ev, matrix)
        vector = ev.spread(compute(ev, RangeFunction.PRESENT, matrix), matrix.grid, grid)
    missing = np.logical_not(np.logical_or.reduce(vector.present, axis=0))
    if not missing.any():
        return Vector.empty(grid.count)
    return Vector([_labels(node.args[0])], np.ones((1, grid.count)), missing[np.newaxis, :])


FUNCTIONS: dict[str, Function] = {"absent": _absent, "absent_over_time": _absent}
