"""Dashboards: documents of panels over PromQL, with versions, folders, shared links, and events that mark charts."""

from obsv.dashboards.as_code import DashboardKind
from obsv.dashboards.asked import Metrics
from obsv.dashboards.expressions import expressions
from obsv.dashboards.jobs import events_job
from obsv.dashboards.model import Dashboard, Panel
from obsv.dashboards.provisioning import DashboardFolder
from obsv.dashboards.router import dashboards_router
from obsv.dashboards.service import Dashboards
from obsv.dashboards.services import DashboardServices, make_services
from obsv.dashboards.shipped import Shipped, metrics_there

__all__ = [
    "Dashboard",
    "DashboardFolder",
    "DashboardKind",
    "DashboardServices",
    "Dashboards",
    "Metrics",
    "Panel",
    "Shipped",
    "dashboards_router",
    "events_job",
    "expressions",
    "make_services",
    "metrics_there",
]
