"""How the time of a probe was spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Phases:
    """Seconds of each phase, filled in as a probe goes on, so that a failed one tells how far it came.

    `wait_s` is from the request to the first byte of the answer. Redirects add up. `whole_s` has all phases and what
    is between them, but not what obsv itself does before and after.
    """

    resolve_s: float = 0.0
    connect_s: float = 0.0
    tls_s: float = 0.0
    wait_s: float = 0.0
    transfer_s: float = 0.0
    whole_s: float = 0.0
