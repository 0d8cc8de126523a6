from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Float64: TypeAlias = NDArray[np.float64]
Bytes: TypeAlias = NDArray[np.uint8]

def roll_up(starts: Int64, stops: Int64, t: Int64, v: Float64, width: int) -> tuple[Int64, Int64, Int64, Float64]: ...
def bucket_rates(
    offsets: Int64,
    t: Int64,
    first_t: Int64,
    last: Float64,
    count: Float64,
    first: Float64,
    drops: Float64,
    start: int,
    step: int,
    range_ms: int,
    is_counter: bool,
    is_rate: bool,
    out: Float64,
    present: Bytes,
) -> None: ...
