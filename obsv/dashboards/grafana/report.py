"""What an import says of itself: what was made, and of everything that is not in it a line."""

from __future__ import annotations

from typing import Literal

import msgspec

from obsv.dashboards.model import Dashboard

Severity = Literal["info", "warning", "error"]
"""A setting without a counterpart; something that shows otherwise; something that shows no more."""


class Note(msgspec.Struct, frozen=True, order=True):
    """One thing that is not as it was: in which panel (by its id, 0 is the dashboard itself), and what."""

    panel: int
    title: str
    severity: Severity
    what: str


class Imported(msgspec.Struct, frozen=True):
    """A dashboard made from Grafana's, and what became of the rest."""

    dashboard: Dashboard
    report: tuple[Note, ...]
