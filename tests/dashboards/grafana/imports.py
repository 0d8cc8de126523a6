"""Short ways to import a document and to look at what came of it."""

from __future__ import annotations

from typing import Any

from obsv.dashboards.grafana import Imported, Note, import_dashboard
from obsv.dashboards.model import Panel
from tests.dashboards.grafana.documents import document


def imported(*panels: dict[str, Any], **more: Any) -> Imported:
    return import_dashboard(document(*panels, **more))


def one(data: dict[str, Any]) -> Panel:
    return imported(data).dashboard.panels[0]


def said(report: tuple[Note, ...]) -> str:
    return "\n".join(note.what for note in report)
