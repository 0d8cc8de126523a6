"""Reading out of blocks: the compiled kernel if it was built, else its plain twin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels import gather_plain as _impl
else:
    try:
        from obsv.metrics.kernels import _gather as _impl
    except ImportError:
        from obsv.metrics.kernels import gather_plain as _impl

wanted_rows = _impl.wanted_rows
clip = _impl.clip
gather = _impl.gather

__all__ = ["clip", "gather", "wanted_rows"]
