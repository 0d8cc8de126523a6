"""The label index' kernel: the compiled one, or its plain twin where there is none (OBSV_PLAIN=1 asks for the twin)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels.labelindex_plain import LabelIndex, combine
else:
    try:
        from obsv.metrics.kernels._labelindex import LabelIndex, combine
    except ImportError:
        from obsv.metrics.kernels.labelindex_plain import LabelIndex, combine

__all__ = ["LabelIndex", "combine"]
