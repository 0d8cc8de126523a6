"""The modifiers `fill`, `fill_left`, `fill_right`: a row that has no match meets a given value instead.

Source: Prometheus documentation, "Querying: operators", on filling missing matches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from obsv.metrics.promql.ast import Matching
from obsv.metrics.promql.values import Mask, Vector
from obsv.metrics.store.types import Labels


def sides(matching: Matching, many: Vector, one: Vector, signature: Callable[[Labels], Any]) -> tuple[Vector, Vector]:
    """Both sides with rows of the given values where only the other one has a row of that signature."""
    # With group_right Prometheus takes the value for the left as that of the many side, which is the right one.
    for_many, for_one = matching.fill_left, matching.fill_right
    filled_many = many if for_many is None else _filled(matching, many, one, for_many, signature)
    filled_one = one if for_one is None else _filled(matching, one, many, for_one, signature)
    return filled_many, filled_one


def _filled(
    matching: Matching, side: Vector, other: Vector, value: float, signature: Callable[[Labels], Any]
) -> Vector:
    """One side, with a row for each signature that only the other side has, at the steps where it has it alone."""
    have, wanted = _presence(side, signature), _presence(other, signature)
    labels: list[Labels] = []
    rows: list[Mask] = []
    for key, (of, present) in wanted.items():
        alone = present & ~have[key][1] if key in have else present
        if alone.any():
            labels.append(_group_labels(matching, of))
            rows.append(alone)
    if not rows:
        return side
    shape = (len(rows), side.present.shape[1])
    unnamed = None if side.unnamed is None else np.concatenate([side.unnamed, np.zeros(len(rows), np.bool_)])
    return Vector(
        [*side.labels, *labels],
        np.vstack([side.values, np.full(shape, value)]),
        np.vstack([side.present, np.array(rows)]),
        unnamed=unnamed,
    )


def _presence(vector: Vector, signature: Callable[[Labels], Any]) -> dict[Any, tuple[Labels, Mask]]:
    found: dict[Any, tuple[Labels, Mask]] = {}
    for labels, row in zip(vector.labels, vector.present, strict=True):
        key = signature(labels)
        found[key] = (found[key][0], found[key][1] | row) if key in found else (labels, row)
    return found


def _group_labels(matching: Matching, labels: Labels) -> Labels:
    if matching.on:
        return {name: labels[name] for name in matching.labels if labels.get(name)}
    ignored = {*matching.labels, "__name__"}
    return {name: value for name, value in labels.items() if name not in ignored}
