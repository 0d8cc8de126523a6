"""How a component, and a whole page, does; what people read of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """From best to worst, but for maintenance, which is no fault."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    MAINTENANCE = "maintenance"


RANK: Final = {
    State.OPERATIONAL: 0,
    State.MAINTENANCE: 1,
    State.DEGRADED: 2,
    State.PARTIAL_OUTAGE: 3,
    State.MAJOR_OUTAGE: 4,
}
OUTAGES: Final = frozenset({State.PARTIAL_OUTAGE, State.MAJOR_OUTAGE})
"""What counts as not being up."""

WORDS: Final = {
    State.OPERATIONAL: "Operational",
    State.DEGRADED: "Degraded",
    State.PARTIAL_OUTAGE: "Partial outage",
    State.MAJOR_OUTAGE: "Major outage",
    State.MAINTENANCE: "Maintenance",
}
SENTENCES: Final = {
    State.OPERATIONAL: "All systems operational",
    State.DEGRADED: "Some systems are degraded",
    State.PARTIAL_OUTAGE: "Partial outage",
    State.MAJOR_OUTAGE: "Major outage",
    State.MAINTENANCE: "Maintenance under way",
}
IMPACTS: Final = {
    "none": State.OPERATIONAL,
    "minor": State.DEGRADED,
    "major": State.PARTIAL_OUTAGE,
    "critical": State.MAJOR_OUTAGE,
}
"""What an incident of this impact makes of a page that shows no component in its trouble."""


def worst(states: Iterable[State]) -> State:
    """The one that counts; operational without any."""
    return max(states, key=RANK.__getitem__, default=State.OPERATIONAL)


def of_monitors(states: Iterable[str]) -> State:
    """What a component's monitors make of it: all down is a major outage, some down a partial one."""
    known = [state for state in states if state in {"up", "down", "degraded", "maintenance"}]
    down = known.count("down")
    if down:
        return State.MAJOR_OUTAGE if down == len(known) else State.PARTIAL_OUTAGE
    if "degraded" in known:
        return State.DEGRADED
    return State.MAINTENANCE if "maintenance" in known else State.OPERATIONAL
