"""Dashboards: documents of panels over PromQL, with versions, folders, shared links, and Grafana's models in and out."""

from obsv.dashboards.model import Dashboard, Panel

__all__ = ["Dashboard", "Panel"]
