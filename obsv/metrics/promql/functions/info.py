"""info(): adds the labels of info metrics (`target_info`) of the same job and instance.

Source: Prometheus documentation, "Querying: functions".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call, Selector
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Mask, Vector, unique
from obsv.metrics.store.types import Int64, Labels, Matcher

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

IDENTIFYING = ("instance", "job")
Identity = tuple[str, ...]


def _identity(labels: Labels) -> Identity:
    return tuple(labels.get(name, "") for name in IDENTIFYING)


@dataclass(frozen=True, slots=True)
class _Infos:
    """The info series: rows by identity and metric name; `times` int64[k, steps] of each one's sample, -1 none."""

    vector: Vector
    times: Int64
    rows: dict[Identity, dict[str, list[int]]]

    def chosen(self, rows: list[int]) -> Int64:
        """The row at each step, which is the one with the newest sample; -1 where there is none."""
        times = self.times[rows]
        best = times.max(axis=0)
        if ((times == best).sum(axis=0)[best >= 0] > 1).any():
            step = int(np.flatnonzero((best >= 0) & ((times == best).sum(axis=0) > 1))[0])
            first, second = (rows[i] for i in np.flatnonzero(times[:, step] == best[step])[:2])
            raise ExecutionError(
                f"found duplicate series for info metric: existing {_show(self.vector.labels[first])} @ {best[step]}, "
                f"new {_show(self.vector.labels[second])} @ {best[step]}"
            )
        return np.where(best >= 0, np.array(rows)[times.argmax(axis=0)], -1)


def _show(labels: Labels) -> str:
    rest = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__")
    return labels.get("__name__", "") + "{" + rest + "}"


def _infos(ev: Evaluator, selector: Selector, grid: Grid) -> _Infos:
    vector = ev.instant(selector, grid, want_time=True)
    if ev.tokens(ev.instant(selector, grid)) is not None:
        raise ExecutionError("info sample should be float")
    times = np.where(vector.present, np.round(vector.values * 1000), -1).astype(np.int64)
    rows: dict[Identity, dict[str, list[int]]] = {}
    for row, labels in enumerate(vector.labels):
        rows.setdefault(_identity(labels), {}).setdefault(labels.get("__name__", ""), []).append(row)
    return _Infos(vector, times, rows)


def _info(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    assert node.beside is not None
    base = ev.vector(node.args[0], grid)
    names = [matcher for matcher in node.beside.matchers if matcher.name == "__name__"]
    data = [matcher for matcher in node.beside.matchers if matcher.name != "__name__"]
    infos = _infos(ev, node.beside, grid)
    labels: list[Labels] = []
    rows: list[int] = []
    masks: list[Mask] = []
    for row, own in enumerate(base.labels):
        is_info = all(matcher.matches(own.get("__name__", "")) for matcher in names)
        found = {} if is_info or not any(_identity(own)) else infos.rows.get(_identity(own), {})
        for enriched, mask in _variants(infos, found, own, data, base.present[row], keep=is_info):
            labels.append(enriched)
            rows.append(row)
            masks.append(mask)
    if not rows:
        return Vector.empty(grid.count)
    result = replace(base.take(rows), labels=labels, present=np.array(masks))
    return unique(result)


def _variants(
    infos: _Infos, found: dict[str, list[int]], own: Labels, data: list[Matcher], present: Mask, *, keep: bool
) -> list[tuple[Labels, Mask]]:
    """The label sets that a series has over the steps, each with its steps; `keep` leaves it as it is."""
    keep = keep or all(matcher.matches("") for matcher in data)
    chosen = np.array([infos.chosen(rows) for rows in found.values()]).reshape(len(found), len(present))
    out: list[tuple[Labels, Mask]] = []
    for combination in np.unique(chosen[:, present], axis=1).T:
        mask = present & (chosen == combination[:, np.newaxis]).all(axis=0)
        those = [infos.vector.labels[row] for row in combination.tolist() if row >= 0]
        if those or keep:
            out.append((_enriched(own, those, data), mask))
    if not len(found) and keep:
        out = [(own, present)]
    return out


def _enriched(own: Labels, infos: list[Labels], data: list[Matcher]) -> Labels:
    wanted = {matcher.name for matcher in data}
    added: Labels = {}
    for labels in infos:
        for name, value in labels.items():
            if name == "__name__" or (wanted and name not in wanted):
                continue
            if added.get(name, value) != value:
                raise ExecutionError(f"conflicting label: {name}")
            if name not in own:
                added[name] = value
    return own | added


FUNCTIONS: dict[str, Function] = {"info": _info}
