"""What subscribers are told: each update of an incident, each turn of a maintenance, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from obsv.outbox import Kind, Letter
from obsv.status.mailings import Mailings, Told
from obsv.status.parts import StatusParts, page_of
from obsv.status.stored import StoredIncident, StoredMaintenance
from obsv.status.text import to_html, to_paragraphs

STATUS_WORDS: Final = {
    "investigating": "Investigating",
    "identified": "Identified",
    "monitoring": "Monitoring",
    "resolved": "Resolved",
}
PHASES: Final = {
    "scheduled": "Maintenance is planned",
    "changed": "Maintenance was moved",
    "reminder": "Maintenance is near",
    "begun": "Maintenance began",
    "ended": "Maintenance is over",
    "cancelled": "Maintenance was called off",
}


class Wish(msgspec.Struct, frozen=True):
    """Whom a mailing is for: the subscribers of a page who want one of these components, or any if there are none."""

    page_id: str
    components: list[str]


def ref_of(incident_id: str, update_id: str) -> str:
    """What the mailing of an update is called; what is alike up to the colon is read in its order."""
    return f"{incident_id}:{update_id}"


class News:
    """Begins the mailings, in the transaction of what they tell."""

    def __init__(self, parts: StatusParts, mailings: Mailings) -> None:
        self._parts, self._mailings = parts, mailings

    async def incident(self, incident: StoredIncident) -> None:
        """Tell of its latest update."""
        page, latest = await page_of(incident.org, incident.page_id), incident.latest
        if not page.is_public:
            return
        word = STATUS_WORDS[latest.status]
        letter = Letter(
            f"{page.title}: {incident.title} ({word.lower()})",
            to_paragraphs(latest.text) or (word,),
            ("Look at the incident", f"{self._parts.url_of(page)}/incidents/{incident.id}"),
            facts={"State": word, "Time": utc(latest.at_ms)},
            html=to_html(latest.text),
        )
        # Once resolved nothing is in trouble any more, but who was told of it is told this too.
        wish = Wish(page.id, list(incident.components))
        told = Told("incident", ref_of(incident.id, latest.id), Kind.INCIDENT, "status_incident", incident.org)
        await self._mailings.begin(told, letter, msgspec.json.encode(wish))

    async def maintenance(self, maintenance: StoredMaintenance, phase: str) -> None:
        """Tell of a turn; what was moved may be told as often as it is."""
        page = await page_of(maintenance.org, maintenance.page_id)
        if not page.is_public or not maintenance.notifies:
            return
        letter = Letter(
            f"{page.title}: {PHASES[phase].lower()}: {maintenance.title}",
            to_paragraphs(maintenance.text) or (PHASES[phase],),
            ("Look at the maintenance", f"{self._parts.url_of(page)}/maintenances/{maintenance.id}"),
            facts={"Begins": utc(maintenance.starts_at_ms), "Ends": utc(maintenance.ends_at_ms)},
            html=to_html(maintenance.text),
        )
        ref = f"{maintenance.id}:{phase}"
        if phase == "changed":
            ref += f":{self._parts.clock.now_ms()}"
        told = Told("maintenance", ref, Kind.MAINTENANCE, f"status_maintenance_{phase}", maintenance.org)
        await self._mailings.begin(told, letter, msgspec.json.encode(Wish(page.id, list(maintenance.components))))


def utc(at_ms: int) -> str:
    """A moment as everybody reads it alike."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
