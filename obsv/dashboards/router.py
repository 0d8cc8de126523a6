"""All routes of dashboards."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from obsv.dashboards.api import DashboardController
from obsv.dashboards.api_events import EventController
from obsv.dashboards.api_folders import FolderController, FolderEditorController
from obsv.dashboards.api_grafana import GrafanaController
from obsv.dashboards.api_links import LinkController
from obsv.dashboards.api_shared import RATE, SharedController
from obsv.dashboards.api_versions import VersionController
from obsv.dashboards.requests import reader_of
from obsv.dashboards.services import DashboardServices
from obsv.http import RateLimit


def dashboards_router(services: DashboardServices, path: str = "/api/obsv/v1") -> Router:
    """`dashboards`, `folders`, `folder-editors`, `events`, `shared`."""
    limit = RateLimit(services.clock, RATE)
    return Router(
        path=path,
        route_handlers=[
            *(DashboardController, VersionController, LinkController, GrafanaController),
            *(FolderController, FolderEditorController, EventController, SharedController),
        ],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "reader": Provide(reader_of),
            "shared": Provide(lambda: services.shared, sync_to_thread=False),
            "limit_rate": Provide(lambda: limit, sync_to_thread=False),
        },
    )
