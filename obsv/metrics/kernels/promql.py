"""PromQL's hot loops: compiled where there is a compiler, else the plain twin (`OBSV_PLAIN=1` forces it)."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsv.metrics.kernels import _promql as _kernel
elif os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels import promql_plain as _kernel
else:
    try:
        from obsv.metrics.kernels import _promql as _kernel
    except ImportError:
        from obsv.metrics.kernels import promql_plain as _kernel

range_function = _kernel.range_function
reduce_windows = _kernel.reduce_windows
reduce_groups = _kernel.reduce_groups
classic_quantiles = _kernel.classic_quantiles
format_value = _kernel.format_value
format_time = _kernel.format_time
matrix_json = _kernel.matrix_json
vector_json = _kernel.vector_json
samples_json = _kernel.samples_json


class RangeFunction(IntEnum):
    """Functions of a window; the numbers are the kernel's."""

    RATE = 0
    INCREASE = 1
    DELTA = 2
    IRATE = 3
    IDELTA = 4
    SUM = 5
    AVG = 6
    MIN = 7
    MAX = 8
    COUNT = 9
    LAST = 10
    FIRST = 11
    PRESENT = 12
    STDDEV = 13
    STDVAR = 14
    QUANTILE = 15
    MAD = 16
    CHANGES = 17
    RESETS = 18
    DERIV = 19
    PREDICT_LINEAR = 20
    SMOOTH = 21
    TS_OF_MIN = 22
    TS_OF_MAX = 23
    TS_OF_FIRST = 24
    TS_OF_LAST = 25
    INSTANT = 26
    INSTANT_TIME = 27


class Reduction(IntEnum):
    """Aggregations over rows; the numbers are the kernel's."""

    SUM = 0
    AVG = 1
    MIN = 2
    MAX = 3
    COUNT = 4
    GROUP = 5
    STDDEV = 6
    STDVAR = 7
