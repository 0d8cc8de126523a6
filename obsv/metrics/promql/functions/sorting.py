"""Functions that order an instant query's rows; a range query's answer has its own order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Vector, label_key
from obsv.metrics.store.types import Labels

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

_PIECE = re.compile(r"(\d+)|(\D+)")


def _ordered(vector: Vector, rows: list[int]) -> Vector:
    picked = vector.take(rows)
    picked.ordered = True
    return picked


def _by_value(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.floats(ev.vector(node.args[0], grid))
    if grid.count != 1:
        return vector
    column = vector.values[:, 0]
    key = -column if node.name == "sort_desc" else column
    return _ordered(vector, np.lexsort((key, np.isnan(column))).tolist())


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts `a2` before `a10`."""
    return [(0, int(number), number) if number else (1, 0, word) for number, word in _PIECE.findall(text)]


def _by_label(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.vector(node.args[0], grid)
    names = [ev.string(arg, grid) for arg in node.args[1:]]

    def key(labels: Labels) -> tuple[object, ...]:
        return *(natural(labels.get(name, "")) for name in names), label_key(labels)

    rows = sorted(
        range(len(vector.labels)), key=lambda row: key(vector.labels[row]), reverse=node.name.endswith("_desc")
    )
    return _ordered(vector, rows)


FUNCTIONS: dict[str, Function] = {
    "sort": _by_value,
    "sort_desc": _by_value,
    "sort_by_label": _by_label,
    "sort_by_label_desc": _by_label,
}
