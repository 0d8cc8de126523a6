"""Feeds of a status page: RSS 2.0, Atom (RFC 4287), JSON Feed 1.1, and its state as a small JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from obsv.status.news import STATUS_WORDS, utc
from obsv.status.parts import Page
from obsv.status.render import iso
from obsv.status.stored import StoredIncident, StoredMaintenance
from obsv.status.text import to_html
from obsv.status.view import Snapshot

RSS: Final = "application/rss+xml; charset=utf-8"
ATOM: Final = "application/atom+xml; charset=utf-8"
JSON_FEED: Final = "application/feed+json; charset=utf-8"
_ATOM_NS: Final = "http://www.w3.org/2005/Atom"
_ALLOWED: Final = frozenset({0x9, 0xA, 0xD})


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident or maintenance as a feed tells it."""

    id: str
    url: str
    title: str
    html: str
    published_ms: int
    updated_ms: int


def entries(
    url: str, incidents: Sequence[StoredIncident], maintenances: Sequence[StoredMaintenance], now_ms: int
) -> list[Entry]:
    """The latest first; a maintenance that is planned counts from now, not from when it will be."""
    made = [_incident(url, one) for one in incidents] + [_maintenance(url, one, now_ms) for one in maintenances]
    return sorted(made, key=lambda entry: entry.updated_ms, reverse=True)


def rss(page: Page, url: str, listed: Sequence[Entry]) -> str:
    """RSS 2.0."""
    root = ET.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM_NS})
    channel = ET.SubElement(root, "channel")
    _texts(channel, title=page.title, link=url, description=page.description or f"Status of {page.title}")
    link = {"href": f"{url}/feed.rss", "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(channel, "atom:link", link)
    for entry in listed:
        item = ET.SubElement(channel, "item")
        moment = format_datetime(datetime.fromtimestamp(entry.updated_ms / 1000, UTC), usegmt=True)
        _texts(item, title=entry.title, link=entry.url, description=entry.html, pubDate=moment)
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = f"{entry.id}:{entry.updated_ms}"
    return _document(root)


def atom(page: Page, url: str, listed: Sequence[Entry]) -> str:
    """Atom."""
    root = ET.Element("feed", {"xmlns": _ATOM_NS})
    latest = max((entry.updated_ms for entry in listed), default=page.created_at_ms)
    _texts(root, id=url, title=page.title, updated=iso(latest))
    ET.SubElement(root, "link", {"href": url})
    ET.SubElement(root, "link", {"href": f"{url}/feed.atom", "rel": "self"})
    ET.SubElement(ET.SubElement(root, "author"), "name").text = _clean(page.title)
    for entry in listed:
        item = ET.SubElement(root, "entry")
        published, updated = iso(entry.published_ms), iso(entry.updated_ms)
        _texts(item, id=entry.url, title=entry.title, published=published, updated=updated)
        ET.SubElement(item, "link", {"href": entry.url})
        ET.SubElement(item, "content", {"type": "html"}).text = _clean(entry.html)
    return _document(root)


def json_feed(page: Page, url: str, listed: Sequence[Entry]) -> str:
    """JSON Feed 1.1."""
    items = [
        {
            "id": entry.url,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": iso(entry.published_ms),
            "date_modified": iso(entry.updated_ms),
        }
        for entry in listed
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": page.title,
        "home_page_url": url,
        "feed_url": f"{url}/feed.json",
        "items": items,
    }
    return msgspec.json.encode(feed).decode()


def summary(snapshot: Snapshot, url: str) -> str:
    """How it does, for programs."""
    document = {
        "page": {"title": snapshot.page.title, "url": url},
        "state": snapshot.state,
        "sentence": snapshot.sentence,
        "components": [
            {
                "id": one.component.id,
                "name": one.component.name,
                "group": one.component.group,
                "state": one.state,
                "uptime_90d": one.uptime if one.component.shows_uptime else None,
            }
            for one in snapshot.components
        ],
        "incidents": [
            {
                "id": one.id,
                "title": one.title,
                "impact": one.impact,
                "status": one.status,
                "started_at": iso(one.started_at_ms),
                "updated_at": iso(one.latest.at_ms),
                "components": sorted(one.components),
                "url": f"{url}/incidents/{one.id}",
            }
            for one in snapshot.incidents
        ],
        "maintenances": [
            {
                "id": one.id,
                "title": one.title,
                "state": one.state,
                "starts_at": iso(one.starts_at_ms),
                "ends_at": iso(one.ends_at_ms),
                "components": list(one.components),
                "url": f"{url}/maintenances/{one.id}",
            }
            for one in snapshot.maintenances
        ],
    }
    return msgspec.json.encode(document).decode()


def _incident(url: str, one: StoredIncident) -> Entry:
    told = "".join(
        f"<p><strong>{STATUS_WORDS[update.status]}</strong> · {utc(update.at_ms)}</p>{to_html(update.text)}"
        for update in one.updates
    )
    if one.postmortem:
        told = f"<h2>Postmortem</h2>{to_html(one.postmortem)}{told}"
    updated = max(one.latest.at_ms, one.postmortem_at_ms or 0)
    title = f"{one.title} ({STATUS_WORDS[one.status].lower()})"
    return Entry(one.id, f"{url}/incidents/{one.id}", title, told, one.started_at_ms, updated)


def _maintenance(url: str, one: StoredMaintenance, now_ms: int) -> Entry:
    told = f"<p>{utc(one.starts_at_ms)} to {utc(one.ends_at_ms)}</p>{to_html(one.text)}"
    times = {"scheduled": one.created_at_ms, "in_progress": one.starts_at_ms}
    updated = min(times.get(one.state, one.ends_at_ms), now_ms)
    title = f"{one.title} (maintenance, {one.state.replace('_', ' ')})"
    return Entry(one.id, f"{url}/maintenances/{one.id}", title, told, one.created_at_ms, updated)


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return (
        "".join(char for char in text if ord(char) >= 0x20 or ord(char) in _ALLOWED)
        .replace("\ufffe", "")
        .replace("\uffff", "")
    )


def _document(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")
