"""Which samples a query needs: the time range of every selector, through offsets, `@` and subqueries."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.metrics.promql.ast import Aggregate, At, Binary, Call, Node, Paren, Selector, Subquery, Unary
from obsv.metrics.promql.values import Grid


@dataclass(frozen=True, slots=True)
class Need:
    """Samples of one selector in [start_ms, end_ms], which will be looked at `steps` times; or the `newest` of each.

    `windows` has the times at which they are looked at, `function` is what is called with the selector itself.
    """

    node: Selector
    start_ms: int
    end_ms: int
    steps: int
    windows: Grid
    newest: bool = False
    function: str = ""


def moved(grid: Grid, at: At, offset_ms: int, top: Grid) -> Grid:
    """The times that a selector looks at: `@` fixes them (one step), the offset moves them back."""
    if at is None:
        return Grid(grid.start - offset_ms, grid.step, grid.count)
    fixed = {"start": top.start, "end": top.until}[at] if isinstance(at, str) else at
    return Grid(fixed - offset_ms, grid.step, 1)


def inner_grid(node: Subquery, windows: Grid, default_step_ms: int) -> Grid:
    """The steps of a subquery: multiples of its step since the epoch, later than the first window's begin."""
    step = node.step_ms or default_step_ms
    first = (windows.start - node.range_ms) // step * step + step
    return Grid(first, step, max(0, (windows.end - first) // step + 1))


def wanted(node: Node, grid: Grid, lookback_ms: int, default_step_ms: int) -> tuple[list[Need], int]:
    """The needs of a whole tree, and the most steps at which a part of it is evaluated (a subquery has its own)."""
    found: list[Need] = []
    most = grid.count

    def walk(one: Node, at_grid: Grid, function: str = "") -> None:
        nonlocal most
        most = max(most, at_grid.count)
        match one:
            case Selector():
                windows = moved(at_grid, one.at, one.offset_ms, grid)
                back, ahead = one.range_ms or lookback_ms, 0
                if one.modifier:
                    back = one.range_ms + lookback_ms
                    ahead = lookback_ms if one.modifier == "smoothed" else 0
                newest = windows.count == 1 and not one.range_ms and not one.modifier
                span = windows.start - back + 1, windows.end + ahead
                found.append(Need(one, *span, at_grid.count, windows, newest, function))
            case Subquery():
                walk(one.expr, inner_grid(one, moved(at_grid, one.at, one.offset_ms, grid), default_step_ms))
            case Paren() | Unary():
                walk(one.expr, at_grid, function)
            case Binary():
                walk(one.left, at_grid)
                walk(one.right, at_grid)
            case Aggregate():
                walk(one.expr, at_grid)
                if one.param is not None:
                    walk(one.param, at_grid)
            case Call():
                for arg in one.args[:1] if one.beside else one.args:
                    walk(arg, at_grid, one.name)
                if one.beside:
                    windows = moved(at_grid, one.beside.at, one.beside.offset_ms, grid)
                    start = windows.start - lookback_ms + 1
                    found.append(Need(one.beside, start, windows.end, at_grid.count, windows))
            case _:
                pass

    walk(node, grid)
    return found, most
