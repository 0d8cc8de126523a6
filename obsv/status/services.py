"""What stands behind status pages, wired once a process."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.keys import KeyStore
from obsv.status.alerts import AlertWatch
from obsv.status.announcements import Announcements, Objections
from obsv.status.components import Components
from obsv.status.incidents import Incidents
from obsv.status.mailings import Mailings
from obsv.status.maintenances import Maintenances
from obsv.status.news import News
from obsv.status.pages import StatusPages
from obsv.status.parts import StatusParts
from obsv.status.periods import Periods
from obsv.status.ports import Monitors
from obsv.status.subscribers import Subscribers
from obsv.status.view import Views


@dataclass(frozen=True, slots=True)
class StatusServices:
    """Each is the only writer, or reader, of what it is about; `alerts.changed` is for who stores alerts."""

    parts: StatusParts
    pages: StatusPages
    components: Components
    incidents: Incidents
    maintenances: Maintenances
    subscribers: Subscribers
    mailings: Mailings
    views: Views
    alerts: AlertWatch
    announcements: Announcements
    objections: Objections


def make_services(clock: Clock, keys: KeyStore, monitors: Monitors, *, base_url: str) -> StatusServices:
    """`base_url` is where pages without a host of their own begin."""
    parts, periods, mailings = StatusParts(clock, base_url), Periods(clock), Mailings(clock)
    news, subscribers = News(parts, mailings), Subscribers(parts, keys)
    mailings.serve("incident", subscribers)
    mailings.serve("maintenance", subscribers)
    incidents = Incidents(parts, periods, news)
    objections = Objections(clock, keys, base_url)
    return StatusServices(
        parts=parts,
        pages=StatusPages(parts),
        components=Components(parts, periods),
        incidents=incidents,
        maintenances=Maintenances(parts, news),
        subscribers=subscribers,
        mailings=mailings,
        views=Views(parts, periods, monitors),
        alerts=AlertWatch(parts, periods, incidents),
        announcements=Announcements(clock, mailings, objections),
        objections=objections,
    )
