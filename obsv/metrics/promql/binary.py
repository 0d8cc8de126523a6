"""Binary operators: arithmetic, comparison and set operators, with vector matching."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from obsv.metrics.histograms import is_token
from obsv.metrics.promql import fill, native_binary
from obsv.metrics.promql.ast import Binary, Matching
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.values import Grid, Mask, Scalar, Vector, label_key, unique, without_name
from obsv.metrics.store.types import Float64, Labels

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

Operation = Callable[[Float64, Float64], Float64]
Comparison = Callable[[Float64, Float64], Mask]
Key = tuple[str, ...] | tuple[tuple[str, str], ...]

ARITHMETIC: Mapping[str, Operation] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
COMPARISONS: Mapping[str, Comparison] = {
    "==": cast("Comparison", np.equal),
    "!=": cast("Comparison", np.not_equal),
    ">": cast("Comparison", np.greater),
    "<": cast("Comparison", np.less),
    ">=": cast("Comparison", np.greater_equal),
    "<=": cast("Comparison", np.less_equal),
}


def evaluate(ev: Evaluator, node: Binary, grid: Grid) -> Scalar | Vector:
    """The value of a binary expression over a grid."""
    left, right = ev.evaluate(node.left, grid), ev.evaluate(node.right, grid)
    with np.errstate(all="ignore"):
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return Scalar(_floats(node.op, left.values, right.values)[0])
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return _with_scalar(ev, node, left, right.values, swapped=False)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return _with_scalar(ev, node, right, left.values, swapped=True)
        assert isinstance(left, Vector)
        assert isinstance(right, Vector)
        if node.op in ("and", "or", "unless"):
            return _set(node, left, right)
        return _matched(ev, node, left, right, grid)


def _floats(op: str, left: Float64, right: Float64) -> tuple[Float64, Mask | None]:
    """(values, where a comparison holds; None for arithmetic).  A comparison's values are 0 and 1."""
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right), None
    holds = COMPARISONS[op](left, right)
    return holds.astype(np.float64), holds


def _apply(
    ev: Evaluator, node: Binary, left: Float64, right: Float64, present: Mask
) -> tuple[Float64, Mask | None, Mask]:
    """The same for floats and histograms, and which of the cells that are `present` have a result."""
    if node.op in native_binary.TRIMS:
        values, holds = np.zeros(present.shape), None
        native, present = present, np.zeros_like(present)
    else:
        values, holds = _floats(node.op, left, right)
        if not ev.histograms:
            return values, holds, present
        native = present & (is_token(left) | is_token(right))
    if native.any():
        sides = np.broadcast_to(left, present.shape), np.broadcast_to(right, present.shape)
        present = (present & ~native) | native_binary.apply(
            ev, node, native_binary.Cells(*sides, native, values, holds)
        )
    return values, holds, present


def _with_scalar(ev: Evaluator, node: Binary, vector: Vector, scalar: Float64, *, swapped: bool) -> Vector:
    left, right = (scalar, vector.values) if swapped else (vector.values, scalar)
    values, holds, present = _apply(ev, node, left, right, vector.present)
    if holds is not None and not node.returns_bool:
        return _seen(vector.like(vector.values, present & holds))
    result = _seen(vector.like(values, present))
    return result if node.op in native_binary.TRIMS else ev.computed(result)


def _seen(vector: Vector) -> Vector:
    rows = np.flatnonzero(vector.present.any(axis=1))
    return vector if len(rows) == len(vector.labels) else vector.take(rows)


def _signature(matching: Matching) -> Callable[[Labels], Key]:
    if matching.on:
        names = matching.labels
        return lambda labels: tuple(labels.get(name, "") for name in names)
    ignored = {*matching.labels, "__name__"}
    return lambda labels: tuple(sorted((name, value) for name, value in labels.items() if name not in ignored))


def _set(node: Binary, left: Vector, right: Vector) -> Vector:
    """and, or, unless: by the presence of a match at each step."""
    signature = _signature(node.matching)
    steps = left.present.shape[1]

    def presence(vector: Vector) -> dict[Key, Mask]:
        found: dict[Key, Mask] = {}
        for labels, row in zip(vector.labels, vector.present, strict=True):
            key = signature(labels)
            found[key] = found[key] | row if key in found else row
        return found

    nowhere = np.zeros(steps, np.bool_)
    if node.op == "or":
        there = presence(left)
        extra = [
            row & ~there.get(signature(labels), nowhere)
            for labels, row in zip(right.labels, right.present, strict=True)
        ]
        present = np.vstack([left.present, *extra]) if extra else left.present
        joined = Vector(
            [*left.labels, *right.labels], np.vstack([left.values, right.values]), present, unnamed=_marks(left, right)
        )
        return unique(_seen(joined))
    there = presence(right)
    masks = [there.get(signature(labels), nowhere) for labels in left.labels]
    mask = np.array(masks, np.bool_).reshape(len(masks), steps)
    return _seen(left.like(left.values, left.present & (mask if node.op == "and" else ~mask)))


def _marks(left: Vector, right: Vector) -> Mask | None:
    """The rows of both that lose their name at the end."""
    if left.unnamed is None and right.unnamed is None:
        return None
    sides = (left, right)
    return np.concatenate([np.zeros(len(s.labels), np.bool_) if s.unnamed is None else s.unnamed for s in sides])


class _One:
    """The "one" side: a row a signature; several rows may share one as long as they never meet at a step."""

    def __init__(self, vector: Vector, signature: Callable[[Labels], Key], side: str) -> None:
        self.labels: dict[Key, list[int]] = {}
        self.vector, self.side = vector, side
        for row, labels in enumerate(vector.labels):
            self.labels.setdefault(signature(labels), []).append(row)

    def check(self, matching: Matching, active: Mask) -> None:
        """Two rows of one signature at a step where the other side has any row at all are an error."""
        for rows in self.labels.values():
            if len(rows) > 1 and ((self.vector.present[rows].sum(axis=0) > 1) & active).any():
                one, other = (self.vector.labels[row] for row in rows[:2])
                names = matching.labels if matching.on else [n for n in one if n not in (*matching.labels, "__name__")]
                group = "{" + ", ".join(f'{n}="{one[n]}"' for n in sorted(names) if n in one) + "}"
                raise ExecutionError(
                    f"found duplicate series for the match group {group} on the {self.side} hand-side of the "
                    f"operation: [{_show(other)}, {_show(one)}];many-to-many matching not allowed: matching labels "
                    "must be unique on one side"
                )


def _show(labels: Labels) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _matched(ev: Evaluator, node: Binary, left: Vector, right: Vector, grid: Grid) -> Vector:
    """Arithmetic and comparison between vectors."""
    matching = node.matching
    many, one = (right, left) if matching.side == "right" else (left, right)
    signature = _signature(matching)
    ones = _One(one, signature, "left" if matching.side == "right" else "right")
    ones.check(matching, np.logical_or.reduce(many.present, axis=0))
    many, one = fill.sides(matching, many, one, signature)
    ones = _One(one, signature, "")
    pairs = [(i, j) for i, labels in enumerate(many.labels) for j in ones.labels.get(signature(labels), ())]
    if not pairs:
        return Vector.empty(grid.count)
    many_rows, one_rows = np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
    present = many.present[many_rows] & one.present[one_rows]
    sides = (many.values[many_rows], one.values[one_rows])
    swapped = matching.side == "right"
    left_side, right_side = reversed(sides) if swapped else sides
    values, holds, there = _apply(ev, node, left_side, right_side, present)
    filters = (holds is not None and not node.returns_bool) or node.op in native_binary.TRIMS
    keeps_name = filters or ev.options.late_names
    labels = [_labels(many.labels[i], one.labels[j], matching, keeps_name=keeps_name) for i, j in pairs]
    unnamed = None
    if ev.options.late_names:
        unnamed = np.ones(len(pairs), np.bool_)
        if filters:
            unnamed = np.zeros(len(pairs), np.bool_) if many.unnamed is None else many.unnamed[many_rows]
    if holds is not None and not node.returns_bool:
        # A comparison that filters keeps the left side's values.
        values = sides[1] if swapped else sides[0]
        there = there & holds
    keys = [label_key(one) for one in labels] if matching.side else [signature(many.labels[i]) for i, _ in pairs]
    _check_ambiguous(keys, there, matching)
    return _seen(unique(Vector(labels, values, there, unnamed=unnamed)))


def _check_ambiguous(keys: Sequence[Key], present: Mask, matching: Matching) -> None:
    """Rows that are left of one match group, or with one set of labels where they are grouped, at a step."""
    first: dict[Key, Mask] = {}
    for row, key in enumerate(keys):
        if key in first and (first[key] & present[row]).any():
            what = (
                "grouping labels must ensure unique matches"
                if matching.side
                else "many-to-one matching must be explicit (group_left/group_right)"
            )
            raise ExecutionError(f"multiple matches for labels: {what}")
        first[key] = first[key] | present[row] if key in first else present[row]


def _labels(many: Labels, one: Labels, matching: Matching, *, keeps_name: bool) -> Labels:
    base = many if keeps_name else without_name(many)
    if matching.side:
        result = dict(base)
        for name in matching.include:
            if one.get(name):
                result[name] = one[name]
            else:
                result.pop(name, None)
        return result
    if matching.on:
        return {name: base[name] for name in matching.labels if name in base}
    return {name: value for name, value in base.items() if name not in matching.labels}
