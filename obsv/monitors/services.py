"""What stands behind the API of monitors, wired once a process."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.monitors.checks import Checks
from obsv.monitors.heartbeats import Heartbeats
from obsv.monitors.ports import Ports
from obsv.monitors.queries import RangeQuery
from obsv.monitors.service import Monitors


@dataclass(frozen=True, slots=True)
class MonitorServices:
    """`monitors` writes what people decide, `checks` and `heartbeats` what is found; `query` reads samples."""

    ports: Ports
    monitors: Monitors
    heartbeats: Heartbeats
    checks: Checks
    query: RangeQuery


def make_monitors(ports: Ports, query: RangeQuery) -> MonitorServices:
    """All of it; `checks.run` is for the node that leads."""
    checks = Checks(ports)
    return MonitorServices(ports, Monitors(ports, checks.told), Heartbeats(ports), checks, query)
