"""All routes of obsv's own API of alerts."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from obsv.alertmanager.api_alerts import AlertController
from obsv.alertmanager.api_routing import RoutingController
from obsv.alertmanager.api_silences import SilenceController
from obsv.alertmanager.service import Alertmanager


def routing_router(alertmanager: Alertmanager, path: str = "/api/obsv/v1") -> Router:
    """`alerts`, `silences`, `routing`."""
    return Router(
        path=path,
        route_handlers=[AlertController, SilenceController, RoutingController],
        dependencies={"manager": Provide(lambda: alertmanager, sync_to_thread=False)},
    )
