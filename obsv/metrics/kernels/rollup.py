"""Roll-ups: compiled where there is a compiler, else the plain twin (`OBSV_PLAIN=1` forces it)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsv.metrics.kernels import _rollup as _kernel
elif os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels import rollup_plain as _kernel
else:
    try:
        from obsv.metrics.kernels import _rollup as _kernel
    except ImportError:
        from obsv.metrics.kernels import rollup_plain as _kernel

roll_up = _kernel.roll_up
bucket_rates = _kernel.bucket_rates
