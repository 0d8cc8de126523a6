"""All routes of monitors."""

from __future__ import annotations

from typing import Final

from litestar import Router
from litestar.di import Provide

from obsv.http import Rate, RateLimit
from obsv.monitors.api import MonitorController, MonitorHistoryController, monitor_counts
from obsv.monitors.api_ping import PER_ADDRESS, PER_HEARTBEAT, ping
from obsv.monitors.services import MonitorServices

TESTS: Final = Rate(30, 60)
"""Of an organisation: to try a check is not to look through a network."""


def monitors_router(services: MonitorServices, path: str = "/api/obsv/v1") -> Router:
    """`monitors`."""
    tests = RateLimit(services.ports.clock, TESTS)
    return Router(
        path=path,
        route_handlers=[MonitorController, MonitorHistoryController, monitor_counts],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "test_rate": Provide(lambda: tests, sync_to_thread=False),
        },
    )


def ping_router(services: MonitorServices) -> Router:
    """`/ping/<id>`."""
    clock = services.ports.clock
    each, guesses = RateLimit(clock, PER_HEARTBEAT), RateLimit(clock, PER_ADDRESS)
    return Router(
        path="/",
        route_handlers=[ping],
        dependencies={
            "beats": Provide(lambda: services.heartbeats, sync_to_thread=False),
            "ping_rate": Provide(lambda: each, sync_to_thread=False),
            "guess_rate": Provide(lambda: guesses, sync_to_thread=False),
        },
    )
