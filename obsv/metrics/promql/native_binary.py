"""Binary operators where one side or both are native histograms, cell by cell; floats never come here.

Source: Prometheus documentation, "Querying: operators".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.arithmetic import IncompatibleError, add, compact, divide, same, scale
from obsv.metrics.histograms.model import Hint
from obsv.metrics.histograms.trim import trim
from obsv.metrics.promql.ast import Binary
from obsv.metrics.promql.values import Mask
from obsv.metrics.store.types import Float64

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

TRIMS = ("</", ">/")
Value = float | Histogram


@dataclass(slots=True)
class Cells:
    """Arrays of one shape: both sides, where one of them is a histogram, and what comes out.

    `holds` is for comparisons alone.
    """

    left: Float64
    right: Float64
    native: Mask
    values: Float64
    holds: Mask | None


def apply(ev: Evaluator, node: Binary, cells: Cells) -> Mask:
    """Fill the native cells of `values` (and `holds`); gives those that have a result."""
    done = np.zeros_like(cells.native)
    for i in np.flatnonzero(cells.native).tolist():
        ev.check_time()
        sides = ev.value(cells.left.flat[i]), ev.value(cells.right.flat[i])
        if cells.holds is not None:
            equal = _compared(ev, node, *sides)
            if equal is not None:
                done.flat[i], cells.holds.flat[i], cells.values.flat[i] = True, equal, float(equal)
            continue
        result = _computed(ev, node, *sides)
        if result is not None:
            done.flat[i] = True
            cells.values.flat[i] = ev.token(result)
    return done


def _compared(ev: Evaluator, node: Binary, left: Value, right: Value) -> bool | None:
    if isinstance(left, Histogram) and isinstance(right, Histogram) and node.op in ("==", "!="):
        return same(left, right) == (node.op == "==")
    _incompatible(ev, node, left, right)
    return None


def _computed(ev: Evaluator, node: Binary, left: Value, right: Value) -> Histogram | None:
    match left, node.op, right:
        case Histogram(), "+" | "-", Histogram():
            return _added(ev, node, left, right)
        case Histogram(), "*", float():
            return compact(scale(left.copy(), right))
        case float(), "*", Histogram():
            return compact(scale(right.copy(), left))
        case Histogram(), "/", float():
            return compact(divide(left.copy(), right))
        case Histogram(), "</" | ">/", float():
            return compact(trim(left, right, below=node.op == "</"))
        case _:
            _incompatible(ev, node, left, right)
            return None


def _added(ev: Evaluator, node: Binary, left: Histogram, right: Histogram) -> Histogram | None:
    operation = "addition" if node.op == "+" else "subtraction"
    try:
        result, remarks = add(left, right, 1 if node.op == "+" else -1)
    except IncompatibleError:
        ev.notes.incompatible_layout(node.op, node)
        return None
    if remarks.collision:
        ev.notes.collision(operation, node)
    if remarks.reconciled:
        ev.notes.reconciled(operation, node)
    if node.op == "-":
        result.hint = Hint.GAUGE
    return compact(result)


def _incompatible(ev: Evaluator, node: Binary, left: Value, right: Value) -> None:
    kinds = ["histogram" if isinstance(side, Histogram) else "float" for side in (left, right)]
    ev.notes.incompatible_types(kinds[0], node.op, kinds[1], node)
