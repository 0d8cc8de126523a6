"""Keeps the states of alerts, their history, and tells whoever routes them: all of it in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from obsv.alertmanager import PostedAlert
from obsv.alerts.events import insert_events
from obsv.alerts.ports import AlertPorts
from obsv.db import execute, execute_many, fetch, fetch_value, write_tx
from obsv.metrics.rules import Alert, Outcome, Restored, Told
from obsv.metrics.rules.states import Labels

_COLUMNS: Final = (
    "labels, source, annotations, value, state, active_at_ms, fired_at_ms, resolved_at_ms, absent_at_ms, sent_at_ms"
)
AROUND_MS: Final = 3_600_000
"""What a link to Explore shows of the time before; a quarter of it after."""


def identity_of(labels: Labels) -> str:
    """What names a label set among those of a rule."""
    return hashlib.blake2b(msgspec.json.encode(labels), digest_size=16).hexdigest()


class AlertJournal:
    """See `obsv.metrics.rules.Journal`."""

    def __init__(self, ports: AlertPorts) -> None:
        self._ports = ports

    async def load(self, org: int | None = None) -> Restored:
        """What was kept."""
        where, args = ("", ()) if org is None else (" WHERE org = {}", (org,))
        rows = await fetch(f"SELECT org, rule_key, {_COLUMNS} FROM alert_states{where} ORDER BY id", *args)  # noqa: S608
        found: dict[tuple[int, str], list[Alert]] = {}
        for row in rows:
            found.setdefault((int(row["org"]), row["rule_key"]), []).append(_alert(row))
        beat = await fetch_value("SELECT at_ms FROM rule_beats WHERE id = 1")
        return Restored(found, int(beat or 0))

    async def beat(self, at_ms: int) -> None:
        """Note that rules are evaluated."""
        async with write_tx():
            await execute(
                "INSERT INTO rule_beats (id, at_ms) VALUES (1, {}) "
                "ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms",
                at_ms,
            )

    async def commit(self, org: int, outcome: Outcome) -> None:
        """Keep, note and tell."""
        slug = await fetch_value("SELECT slug FROM organisations WHERE id = {}", org)
        if slug is None:
            return
        links = Links(self._ports.base_url, str(slug))
        async with write_tx():
            await _keep(org, outcome.kept)
            await execute_many(
                "DELETE FROM alert_states WHERE org = {} AND rule_key = {} AND identity = {}",
                [(org, key, identity_of(alert.labels)) for key, alert in outcome.gone],
            )
            await insert_events(org, outcome.turns, links.of)
            if outcome.told:
                await self._ports.post(org, [_posted(told, links) for told in outcome.told])


class Links:
    """Addresses of Explore, where an organisation's query can be looked at as it was."""

    def __init__(self, base_url: str, slug: str) -> None:
        self._page = f"{base_url.rstrip('/')}/app/{quote(slug, safe='')}/explore"

    def of(self, query: str, at_ms: int) -> str:
        """A query around a moment."""
        span = {"q": query, "from": at_ms - AROUND_MS, "to": at_ms + AROUND_MS // 4}
        return f"{self._page}?{urlencode(span)}"


def _posted(told: Told, links: Links) -> PostedAlert:
    alert = told.alert
    link = links.of(told.rule.query, alert.fired_ms)
    return PostedAlert(dict(alert.labels), alert.annotations, alert.fired_ms, told.ends_ms, link)


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        labels=_pairs(row["labels"]),
        source=_pairs(row["source"]),
        annotations=msgspec.json.decode(row["annotations"]),
        value=float(row["value"]),
        state=row["state"],
        active_ms=row["active_at_ms"],
        fired_ms=row["fired_at_ms"],
        resolved_ms=row["resolved_at_ms"],
        absent_ms=row["absent_at_ms"],
        sent_ms=row["sent_at_ms"],
    )


def _pairs(text: str) -> Labels:
    return tuple((name, value) for name, value in msgspec.json.decode(text))


async def _keep(org: int, kept: Sequence[tuple[str, Alert]]) -> None:
    rows = [
        (
            *(org, key, identity_of(alert.labels)),
            *(msgspec.json.encode(part).decode() for part in (alert.labels, alert.source, alert.annotations)),
            *(storable(alert.value), alert.state, alert.active_ms, alert.fired_ms),
            *(alert.resolved_ms, alert.absent_ms, alert.sent_ms),
        )
        for key, alert in kept
    ]
    names = _COLUMNS.split(", ")
    places = ", ".join(["{}"] * (3 + len(names)))
    updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    await execute_many(
        f"INSERT INTO alert_states (org, rule_key, identity, {_COLUMNS}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT (org, rule_key, identity) DO UPDATE SET {updates}",
        rows,
    )


def storable(value: float) -> float:
    """A number that both databases keep: SQLite makes NULL of NaN."""
    return value if value == value else 0.0  # noqa: PLR0124  # NaN is what does not equal itself
