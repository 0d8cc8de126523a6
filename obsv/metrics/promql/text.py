"""Numbers as Go prints them in texts and labels."""

from __future__ import annotations

import math

import numpy as np


def go_float(value: float) -> str:
    """Shortest plain decimal, never an exponent (Go's 'f' format)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return np.format_float_positional(value, trim="-")
