"""Aggregations of groups that hold native histograms; floats go through the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Hint, Histogram
from obsv.metrics.histograms.arithmetic import IncompatibleError, compact
from obsv.metrics.histograms.total import average, total
from obsv.metrics.promql.ast import Aggregate, Node
from obsv.metrics.promql.groups import Groups
from obsv.metrics.promql.values import Mask, Vector

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

IGNORING = frozenset(("min", "max", "stddev", "stdvar", "quantile", "topk", "bottomk"))
SUMMING = frozenset(("sum", "avg"))


def only_floats(ev: Evaluator, node: Aggregate, vector: Vector) -> Vector:
    """What an aggregation that has no use for histograms looks at."""
    tokens = ev.tokens(vector)
    if tokens is None or node.op not in IGNORING:
        return vector
    ev.notes.ignored_in_aggregation(node.op, node.expr)
    return vector.like(vector.values, vector.present & ~tokens)


def sum_histograms(ev: Evaluator, node: Aggregate, vector: Vector, groups: Groups, result: Vector) -> None:
    """Put sums (or averages) of histograms into the cells of `result` whose group has any; mixed cells are emptied."""
    tokens = ev.tokens(vector)
    if tokens is None:
        return
    for place, members in enumerate(groups.members()):
        ev.check_time()
        inside, floats = tokens[members], vector.present[members] & ~tokens[members]
        for step in np.flatnonzero(inside.any(axis=0)):
            value = None
            if floats[:, step].any():
                ev.notes.mixed_aggregation(node.expr)
            else:
                names = [vector.labels[i].get("__name__", "") for i in members.tolist()]
                value = _summed(ev, node, vector.values[members, step][inside[:, step]], inside[:, step], names)
            result.present[place, step] = value is not None
            if value is not None:
                result.values[place, step] = ev.token(value)


def _summed(
    ev: Evaluator, node: Aggregate, values: np.ndarray[tuple[int], np.dtype[np.float64]], inside: Mask, names: list[str]
) -> Histogram | None:
    found = [ev.histogram(value) for value in values]
    name = names[int(np.flatnonzero(inside)[-1])]
    return combine(ev, node.expr, name, found, average if node.op == "avg" else total)


def combine(
    ev: Evaluator,
    node: Node,
    name: str,
    found: Sequence[Histogram],
    operation: Callable[[Sequence[Histogram]], tuple[Histogram, bool]],
) -> Histogram | None:
    """The sum or average of histograms, with its notes; None where their schemas do not go together."""
    try:
        result, is_reconciled = operation(found)
    except IncompatibleError:
        ev.notes.mixed_schemas(name, node)
        return None
    hints = {one.hint for one in found}
    if Hint.RESET in hints and Hint.NOT_RESET in hints:
        ev.notes.collision("aggregation", node)
    if is_reconciled:
        ev.notes.reconciled("aggregation", node)
    return compact(result)
