"""Status pages: how a service does, told to everybody; and mail to the people of the instance.

`make_services` once a process, `status_routers` for its routes, `jobs` for its clockwork, `StatusHosts` around the
application for pages with a host name of their own. The pages need neither sign-in, cookie nor script.
"""

from __future__ import annotations

from obsv.status.hosts import StatusHosts
from obsv.status.jobs import jobs
from obsv.status.ports import MonitorDay, Monitors, NoMonitors
from obsv.status.router import status_routers
from obsv.status.services import StatusServices, make_services

__all__ = [
    "MonitorDay",
    "Monitors",
    "NoMonitors",
    "StatusHosts",
    "StatusServices",
    "jobs",
    "make_services",
    "status_routers",
]
