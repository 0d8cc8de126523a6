"""Monitors: what is watched from here (HTTP, TCP, ping, DNS), and jobs that report in (heartbeats).

`Checks` is the duty of the node that leads; all it asks goes out through `obsv.egress`. A result becomes samples by the
names of the blackbox exporter, and what it changes follows from `machine`, which is pure. How each stands now is a row
of its own, apart from its history, so that lists are quick.
"""

from obsv.monitors.as_code import MonitorKind
from obsv.monitors.machine import State
from obsv.monitors.model import Monitor
from obsv.monitors.ports import Ports
from obsv.monitors.router import monitors_router, ping_router
from obsv.monitors.service import Monitors
from obsv.monitors.services import MonitorServices, make_monitors
from obsv.monitors.types import Day

__all__ = [
    "Day",
    "Monitor",
    "MonitorKind",
    "MonitorServices",
    "Monitors",
    "Ports",
    "State",
    "make_monitors",
    "monitors_router",
    "ping_router",
]
