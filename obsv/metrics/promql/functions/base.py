"""What a function is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsv.metrics.promql.ast import Call
    from obsv.metrics.promql.evaluate import Evaluator
    from obsv.metrics.promql.values import Grid, Scalar, Vector

Function = Callable[["Evaluator", "Call", "Grid"], "Scalar | Vector"]
"""Evaluates its own arguments, so that one may look at the selector itself."""
