from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Float64: TypeAlias = NDArray[np.float64]
Bytes: TypeAlias = NDArray[np.uint8]

def range_function(
    function: int,
    offsets: Int64,
    t: Int64,
    v: Float64,
    start: int,
    step: int,
    range_ms: int,
    p0: Float64,
    p1: Float64,
    out: Float64,
    present: Bytes,
) -> None: ...
def reduce_windows(
    function: int,
    reduction: int,
    offsets: Int64,
    t: Int64,
    v: Float64,
    start: int,
    step: int,
    range_ms: int,
    p0: Float64,
    p1: Float64,
    bounds: Int64,
    rows: Int64,
    out: Float64,
    has: Bytes,
) -> bool: ...
def reduce_groups(
    reduction: int, values: Float64, present: Bytes, bounds: Int64, rows: Int64, out: Float64, has: Bytes
) -> None: ...
def classic_quantiles(
    q: Float64, at: Int64, bounds: Float64, rows: Int64, values: Float64, present: Bytes, out: Float64, has: Bytes
) -> list[int]: ...
def format_value(value: float) -> str: ...
def format_time(ms: int) -> str: ...
def matrix_json(metrics: list[bytes], values: Float64, present: Bytes, start: int, step: int) -> bytes: ...
def vector_json(metrics: list[bytes], values: Float64, at: int) -> bytes: ...
def samples_json(metrics: list[bytes], offsets: Int64, t: Int64, v: Float64) -> bytes: ...
