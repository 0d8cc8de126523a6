from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Float64: TypeAlias = NDArray[np.float64]
Ranges: TypeAlias = tuple[Int64, Int64, Int64, Int64, Float64, Int64]

def wanted_rows(places: Int64, first_place: int, slots: Int64) -> tuple[Int64, Int64]: ...
def clip(
    pool: Int64, starts: Int64, counts: Int64, start_ms: int, end_ms: int, newest: bool
) -> tuple[Int64, Int64]: ...
def gather(ranges: list[Ranges], places: int) -> tuple[Int64, Int64, Float64]: ...
