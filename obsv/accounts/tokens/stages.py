"""How near a token's end is; the stages that its people hear of."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

DAY_MS: Final = 86_400_000


class Stage(IntEnum):
    """Kept with each token, so that each is told once."""

    FAR = 0
    TWO_WEEKS = 1
    LAST_DAY = 2
    ENDED = 3


ENDS_WITHIN_MS: Final = {Stage.TWO_WEEKS: 14 * DAY_MS, Stage.LAST_DAY: DAY_MS, Stage.ENDED: 0}


def stage_at(now_ms: int, expires_at_ms: int | None) -> Stage:
    """The stage that a token has reached; one that never expires stays far from its end."""
    if expires_at_ms is None:
        return Stage.FAR
    reached = [stage for stage, within in ENDS_WITHIN_MS.items() if expires_at_ms - now_ms <= within]
    return max(reached, default=Stage.FAR)
