"""What stands behind the API of dashboards, wired once a process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.dashboards.asked import Metrics
from obsv.dashboards.catalog import Catalog
from obsv.dashboards.events import Events
from obsv.dashboards.folders import FolderEditors
from obsv.dashboards.links import Links
from obsv.dashboards.service import Dashboards
from obsv.dashboards.shared import Shared
from obsv.dashboards.shipped import Shipped

Most = Callable[[int], Awaitable[int]]
"""How many dashboards an organisation's plan allows."""


@dataclass(frozen=True, slots=True)
class DashboardServices:
    """Each is the only writer, or reader, of what it is about."""

    clock: Clock
    catalog: Catalog
    dashboards: Dashboards
    editors: FolderEditors
    events: Events
    links: Links
    shared: Shared
    most: Most


def make_services(clock: Clock, shipped: Shipped, metrics: Metrics, most: Most, *, base_url: str) -> DashboardServices:
    """`base_url` is where shared links begin."""
    catalog = Catalog(shipped)
    links = Links(clock, catalog, base_url)
    return DashboardServices(
        clock=clock,
        catalog=catalog,
        dashboards=Dashboards(clock, shipped, most),
        editors=FolderEditors(clock),
        events=Events(clock),
        links=links,
        shared=Shared(clock, links, metrics),
        most=most,
    )
