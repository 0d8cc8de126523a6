"""PromQL: parser, evaluator, printer.  Pure: data comes in as columns, answers go out as columns.

Semantics are Prometheus 3's (left-open ranges, UTF-8 names, durations that are numbers).  A whole step grid is
evaluated at once: a vector is a matrix of series by steps, and no Python loop runs over samples.
"""

from obsv.metrics.promql.cursor import AGGREGATES
from obsv.metrics.promql.engine import Engine, Query, Result, settled_tree
from obsv.metrics.promql.errors import (
    ExecutionError,
    ParseError,
    PromqlError,
    QueryCanceled,
    QueryTimeout,
    TooManySamples,
    WrongType,
)
from obsv.metrics.promql.options import EngineOptions
from obsv.metrics.promql.parser import parse, parse_matchers
from obsv.metrics.promql.printer import print_expr
from obsv.metrics.promql.running import Running
from obsv.metrics.promql.signatures import SIGNATURES
from obsv.metrics.promql.values import Grid, Matrix, Scalar, String, Vector

__all__ = [
    "AGGREGATES",
    "SIGNATURES",
    "Engine",
    "EngineOptions",
    "ExecutionError",
    "Grid",
    "Matrix",
    "ParseError",
    "PromqlError",
    "Query",
    "QueryCanceled",
    "QueryTimeout",
    "Result",
    "Running",
    "Scalar",
    "String",
    "TooManySamples",
    "Vector",
    "WrongType",
    "parse",
    "parse_matchers",
    "print_expr",
    "settled_tree",
]
