"""Dashboards: documents of panels over PromQL, with versions, folders, shared links, and events that mark charts."""

from obsv.dashboards.model import Dashboard, Panel

__all__ = ["Dashboard", "Panel"]
