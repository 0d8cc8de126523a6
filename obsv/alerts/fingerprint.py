"""The name of a label set in Alertmanager's API.  Source: prometheus/common, model/signature.go (FNV-1a)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OFFSET: Final = 0xCBF29CE484222325
_PRIME: Final = 0x100000001B3


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits."""
    value = _OFFSET
    for name, text in sorted(labels.items()):
        for byte in name.encode() + b"\xff" + text.encode() + b"\xff":
            value = (value ^ byte) * _PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
