"""What a feature declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """`run` every `every_s` seconds; it is idempotent, and is cancelled after `timeout_s`."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]
    timeout_s: float = 3600.0
