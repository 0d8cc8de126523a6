"""What the node that checks knows of a monitor, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from obsv.metrics.ingest.batch import Key
from obsv.metrics.ticks import next_tick, spread
from obsv.monitors.machine import Standing, State
from obsv.monitors.model import Monitor

RARE_S = 120
"""What is checked more rarely is said again every minute."""


@dataclass(slots=True)
class Watched:
    """A monitor with its secrets.  `series` are those that it has now."""

    id: str
    org: int
    version: int
    monitor: Monitor
    standing: Standing
    series: set[Key] = field(default_factory=set[Key])
    is_checked: bool = False
    is_gone: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether it is one that checks ask, now."""
        return self.monitor.kind != "heartbeat" and not self.monitor.is_paused

    @property
    def is_rare(self) -> bool:
        """Whether rules would lose sight of it between two checks."""
        return self.monitor.interval_s > RARE_S


def due_after(watched: Watched, standing: Standing, now_ms: int) -> int:
    """When it is checked next: soon where a failure waits to be confirmed, else at its place in the interval."""
    monitor, interval_ms = watched.monitor, watched.monitor.interval_s * 1000
    tick = next_tick(now_ms, interval_ms, spread(watched.id, interval_ms))
    if standing.failures and standing.state is not State.DOWN:
        return min(tick, now_ms + monitor.retry_s * 1000)
    return tick


def resumed(watched: Watched, now_ms: int) -> Standing:
    """As it stood, due at once if that is over, and not later than it could be due (clocks are put back)."""
    interval_ms = watched.monitor.interval_s * 1000
    latest = next_tick(now_ms, interval_ms, spread(watched.id, interval_ms))
    standing = watched.standing
    return replace(standing, due_at_ms=latest if standing.due_at_ms > latest else max(standing.due_at_ms, now_ms))
