"""OTLP messages' kernel: the compiled one, or its plain twin where there is none (OBSV_PLAIN=1 asks for the twin)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels.otlp_plain import fields, histograms, metric, numbers
else:
    try:
        from obsv.metrics.kernels._otlp import fields, histograms, metric, numbers
    except ImportError:
        from obsv.metrics.kernels.otlp_plain import fields, histograms, metric, numbers

__all__ = ["fields", "histograms", "metric", "numbers"]
