"""Incidents and maintenances as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from obsv.db import fetch
from obsv.status.parts import read_ids, read_states
from obsv.status.types import Affected, Impact, Status

COLUMNS: Final = (
    "id, org, page_id, title, impact, status, components, is_draft, started_at_ms, resolved_at_ms, postmortem, "
    "postmortem_at_ms, alert_component, is_touched"
)
MAINTENANCE_COLUMNS: Final = (
    "id, org, page_id, title, text, components, state, starts_at_ms, ends_at_ms, reminder_min, is_reminded, notifies, "
    "created_at_ms"
)


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """What was told at a moment."""

    id: str
    status: Status
    text: str
    at_ms: int
    edited_at_ms: int | None


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident; its updates come newest first."""

    id: str
    org: int
    page_id: str
    title: str
    impact: Impact
    status: Status
    components: dict[str, Affected]
    is_draft: bool
    started_at_ms: int
    resolved_at_ms: int | None
    postmortem: str
    postmortem_at_ms: int | None
    alert_component: str
    is_touched: bool
    updates: tuple[StoredUpdate, ...]

    @property
    def latest(self) -> StoredUpdate:
        """What was told last; there is always something."""
        return self.updates[0]


@dataclass(frozen=True, slots=True)
class StoredMaintenance:
    """A maintenance."""

    id: str
    org: int
    page_id: str
    title: str
    text: str
    components: tuple[str, ...]
    state: str
    starts_at_ms: int
    ends_at_ms: int
    reminder_min: int
    is_reminded: bool
    notifies: bool
    created_at_ms: int


async def read_incidents(rows: Sequence[dict[str, Any]]) -> list[StoredIncident]:
    """From their rows, with their updates."""
    if not rows:
        return []
    marks = ", ".join("{}" for _ in rows)
    found = await fetch(
        "SELECT incident_id, id, status, text, at_ms, edited_at_ms FROM status_updates "  # noqa: S608  # placeholders
        f"WHERE incident_id IN ({marks}) ORDER BY at_ms DESC, id DESC",
        *(row["id"] for row in rows),
    )
    updates: dict[str, list[StoredUpdate]] = {row["id"]: [] for row in rows}
    for one in found:
        updates[one.pop("incident_id")].append(StoredUpdate(**one))
    return [_incident(row, updates[row["id"]]) for row in rows]


def _incident(row: dict[str, Any], updates: Sequence[StoredUpdate]) -> StoredIncident:
    read: dict[str, Any] = {
        **row,
        "components": read_states(row["components"]),
        "is_draft": bool(row["is_draft"]),
        "is_touched": bool(row["is_touched"]),
    }
    return StoredIncident(**read, updates=tuple(updates))


def read_maintenance(row: dict[str, Any]) -> StoredMaintenance:
    """From its row."""
    read: dict[str, Any] = {
        **row,
        "components": tuple(read_ids(row["components"])),
        "is_reminded": bool(row["is_reminded"]),
        "notifies": bool(row["notifies"]),
    }
    return StoredMaintenance(**read)
