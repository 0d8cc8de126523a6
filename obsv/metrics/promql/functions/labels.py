"""Functions that rewrite labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.text import has_bad_bytes
from obsv.metrics.promql.values import Grid, Mask, Vector, unique
from obsv.metrics.store.types import BadPattern, Labels, compile_pattern

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


def _checked(name: str, function: str) -> str:
    if not name or has_bad_bytes(name):
        raise ExecutionError(f'invalid destination label name in {function}(): "{name}"')
    return name


def _set(labels: Labels, name: str, value: str) -> Labels:
    changed = {key: old for key, old in labels.items() if key != name}
    if value:
        changed[name] = value
    return changed


def _expand(replacement: str, groups: Mapping[str, str]) -> str:
    """The replacement with `$1`, `$name` and `${name}` filled in; unknown groups are empty."""

    def fill(reference: re.Match[str]) -> str:
        return "$" if reference[0] == "$$" else groups.get(reference[1] or reference[2], "")

    return _REFERENCE.sub(fill, replacement)


def _replace(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.vector(node.args[0], grid)
    target, replacement, source, pattern = (ev.string(arg, grid) for arg in node.args[1:])
    _checked(target, "label_replace")
    try:
        compiled = compile_pattern(pattern)
    except BadPattern:
        raise ExecutionError(f"invalid regular expression in label_replace(): {pattern}") from None
    labels: list[Labels] = []
    for one in vector.labels:
        found = compiled.fullmatch(one.get(source, ""))
        if found is None:
            labels.append(one)
            continue
        groups = {
            **{str(i): text or "" for i, text in enumerate((found.group(0), *found.groups()))},
            **found.groupdict(""),
        }
        labels.append(_set(one, target, _expand(replacement, groups)))
    changed = [one is not old for one, old in zip(labels, vector.labels, strict=True)]
    return _relabelled(vector, labels, np.array(changed, np.bool_), target)


def _relabelled(vector: Vector, labels: list[Labels], changed: Mask, target: str) -> Vector:
    """The vector with other labels; a name that was given on purpose stays."""
    unnamed = vector.unnamed
    if unnamed is not None and target == "__name__":
        unnamed = unnamed & ~changed
    return unique(Vector(labels, vector.values, vector.present, vector.ordered, unnamed))


def _join(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    vector = ev.vector(node.args[0], grid)
    target, separator, *sources = (ev.string(arg, grid) for arg in node.args[1:])
    _checked(target, "label_join")
    labels = [_set(one, target, separator.join(one.get(source, "") for source in sources)) for one in vector.labels]
    return _relabelled(vector, labels, np.ones(len(labels), np.bool_), target)


FUNCTIONS: dict[str, Function] = {"label_join": _join, "label_replace": _replace}
