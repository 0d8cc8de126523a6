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


def go_exponent(value: float) -> str:
    """Shortest decimal, with an exponent from a million on and below a ten-thousandth (Go's 'g' format)."""
    if not math.isfinite(value) or value == 0 or 1e-4 <= abs(value) < 1e6:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else go_float(value)
    return np.format_float_scientific(value, trim="-", exp_digits=2)


def openmetrics_float(value: float) -> str:
    """As a `le` or `quantile` label says it: `1.0`, `0.99`, `+Inf`."""
    text = go_float(value)
    return text if not math.isfinite(value) or "." in text else text + ".0"


def has_bad_bytes(text: str) -> bool:
    """Whether a text holds bytes that were no UTF-8."""
    return any("\udc80" <= char <= "\udcff" for char in text)


def quoted_bytes(text: str) -> str:
    """As Go's %q shows it: such bytes as `\\xc5`."""
    shown = "".join(f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char for char in text)
    return f'"{shown}"'
