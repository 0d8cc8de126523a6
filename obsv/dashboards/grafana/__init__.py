"""Dashboards of Grafana: its JSON in, with a report of what is not in it as it was, and out again."""

from obsv.dashboards.grafana.read.document import import_dashboard
from obsv.dashboards.grafana.report import Imported, Note, Severity
from obsv.dashboards.grafana.write.document import export_dashboard

__all__ = ["Imported", "Note", "Severity", "export_dashboard", "import_dashboard"]
