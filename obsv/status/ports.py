"""What the status page asks of monitors and of alerting; whoever wires the application puts them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol


class MonitorDay(Protocol):
    """Seconds of a UTC day in which a monitor was up, and down; what nobody measured is in neither."""

    @property
    def day(self) -> date: ...

    @property
    def up_s(self) -> float: ...

    @property
    def down_s(self) -> float: ...


class Monitors(Protocol):
    """The monitors of an organisation."""

    async def states(self, org: int) -> Mapping[str, str]:
        """`up`, `down`, `degraded`, `maintenance` or another word (paused, not known) by the monitor's id."""
        ...

    async def days(self, org: int, monitor_ids: Sequence[str], days: int = 90) -> Mapping[str, Sequence[MonitorDay]]:
        """The last days, today among them, by the monitor's id."""
        ...


class NoMonitors:
    """For an instance without any."""

    async def states(self, org: int) -> Mapping[str, str]:
        """None."""
        return {}

    async def days(self, org: int, monitor_ids: Sequence[str], days: int = 90) -> Mapping[str, Sequence[MonitorDay]]:
        """None."""
        return {}
