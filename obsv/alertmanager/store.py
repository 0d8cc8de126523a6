"""Rows of alerts and of the log of notifications; called inside the transactions of others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from obsv.alertmanager.labels import Labels
from obsv.alertmanager.types import Alert, LogEntry
from obsv.db import execute, execute_many, fetch, fetch_value

CHUNK: Final = 400
"""Values in one `IN (…)`, which SQLite bounds."""
_ALERT: Final = (
    "labels, annotations, starts_at_ms, ends_at_ms, updated_at_ms, fingerprint, is_timeout, generator_url, "
    "acknowledged_at_ms, acknowledged_by"
)
_PUT_ALERT: Final = (
    "INSERT INTO alerts (id, org, fingerprint, labels, annotations, generator_url, starts_at_ms, ends_at_ms, "
    "updated_at_ms, is_timeout, status, acknowledged_at_ms, acknowledged_by) "
    "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET "
    "annotations = EXCLUDED.annotations, generator_url = EXCLUDED.generator_url, "
    "starts_at_ms = EXCLUDED.starts_at_ms, ends_at_ms = EXCLUDED.ends_at_ms, updated_at_ms = EXCLUDED.updated_at_ms, "
    "is_timeout = EXCLUDED.is_timeout, status = EXCLUDED.status, acknowledged_at_ms = EXCLUDED.acknowledged_at_ms, "
    "acknowledged_by = EXCLUDED.acknowledged_by"
)
_PUT_ENTRY: Final = (
    "INSERT INTO notification_log (id, org, group_key, receiver, channel, firing, resolved, at_ms, expires_at_ms) "
    "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET firing = EXCLUDED.firing, "
    "resolved = EXCLUDED.resolved, at_ms = EXCLUDED.at_ms, expires_at_ms = EXCLUDED.expires_at_ms"
)
LOG_KEPT_MS: Final = 120 * 3_600_000
"""An entry outlives two repeat intervals, but not this.  Source: Alertmanager's data retention."""


def lock_name(org: int) -> str:
    """The lock that whoever changes an organisation's alerts or groups holds."""
    return f"alertmanager:{org}"


def alert_id(org: int, fingerprint: str) -> str:
    """The key of an alert's row."""
    return f"{org}:{fingerprint}"


def digest(*parts: object) -> str:
    """A key for a row that several texts name together."""
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def chunks(values: Iterable[str]) -> Iterable[list[str]]:
    """In lists short enough for one statement."""
    listed = list(values)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))


def places(values: Sequence[object]) -> str:
    """As many placeholders."""
    return ", ".join(["{}"] * len(values))


@lru_cache(maxsize=20_000)
def read_labels(text: str) -> Labels:
    """Labels as they are kept; the same text gives the same object, which nobody changes."""
    return msgspec.json.decode(text, type=dict[str, str])


def write_labels(labels: Labels) -> str:
    """The same labels always give the same text."""
    return msgspec.json.encode(dict(sorted(labels.items()))).decode()


def read_alert(row: Mapping[str, Any]) -> Alert:
    """From a row of `_ALERT`."""
    return Alert(
        labels=read_labels(row["labels"]),
        annotations=read_labels(row["annotations"]),
        starts_at_ms=row["starts_at_ms"],
        ends_at_ms=row["ends_at_ms"],
        updated_at_ms=row["updated_at_ms"],
        fingerprint=row["fingerprint"],
        is_timeout=bool(row["is_timeout"]),
        generator_url=row["generator_url"],
        acknowledged_at_ms=row["acknowledged_at_ms"],
        acknowledged_by=row["acknowledged_by"],
    )


async def alerts_of(org: int, fingerprints: Iterable[str]) -> dict[str, Alert]:
    """Those that are there, by fingerprint."""
    found: dict[str, Alert] = {}
    for part in chunks(fingerprints):
        ids = [alert_id(org, one) for one in part]
        for row in await fetch(f"SELECT {_ALERT} FROM alerts WHERE id IN ({places(ids)})", *ids):  # noqa: S608  # our names
            found[row["fingerprint"]] = read_alert(row)
    return found


async def untold_alerts(org: int, now_ms: int) -> list[Alert]:
    """Those that fire, and those whose end is still to be told by a group."""
    rows = await fetch(
        f"SELECT {_ALERT} FROM alerts WHERE org = {{}} AND (ends_at_ms > {{}} "  # noqa: S608
        "OR EXISTS (SELECT 1 FROM alert_group_members m WHERE m.alert_id = alerts.id))",
        *(org, now_ms),
    )
    return [read_alert(row) for row in rows]


async def firing_alerts(org: int, now_ms: int) -> list[Alert]:
    """Those that are not over."""
    rows = await fetch(f"SELECT {_ALERT} FROM alerts WHERE org = {{}} AND ends_at_ms > {{}}", org, now_ms)  # noqa: S608
    return [read_alert(row) for row in rows]


async def count_alerts(org: int) -> int:
    """How many are kept."""
    return int(await fetch_value("SELECT count(*) FROM alerts WHERE org = {}", org))


async def members_of(groups: Iterable[str]) -> dict[str, list[Alert]]:
    """The alerts of groups, by the groups' ids."""
    found: dict[str, list[Alert]] = {}
    columns = ", ".join(f"a.{name}" for name in _ALERT.split(", "))
    for part in chunks(groups):
        sql = (
            f"SELECT m.group_id, {columns} FROM alert_group_members m JOIN alerts a ON a.id = m.alert_id "  # noqa: S608
            f"WHERE m.group_id IN ({places(part)})"
        )
        for row in await fetch(sql, *part):
            found.setdefault(row["group_id"], []).append(read_alert(row))
    return found


async def put_alerts(org: int, alerts: Iterable[Alert], now_ms: int) -> None:
    """Write them, over what is there."""
    await execute_many(
        _PUT_ALERT,
        (
            (
                alert_id(org, alert.fingerprint),
                org,
                alert.fingerprint,
                write_labels(alert.labels),
                write_labels(alert.annotations),
                alert.generator_url,
                alert.starts_at_ms,
                alert.ends_at_ms,
                alert.updated_at_ms,
                alert.is_timeout,
                "resolved" if alert.is_resolved(now_ms) else "firing",
                alert.acknowledged_at_ms,
                alert.acknowledged_by,
            )
            for alert in alerts
        ),
    )


async def log_of(org: int, keys: Iterable[str]) -> dict[tuple[str, str], dict[str, LogEntry]]:
    """What was told: by group key and receiver, then by channel."""
    found: dict[tuple[str, str], dict[str, LogEntry]] = {}
    for part in chunks(set(keys)):
        rows = await fetch(
            "SELECT group_key, receiver, channel, firing, resolved, at_ms FROM notification_log "  # noqa: S608
            f"WHERE org = {{}} AND group_key IN ({places(part)})",
            *(org, *part),
        )
        for row in rows:
            firing, resolved = (frozenset(msgspec.json.decode(row[name])) for name in ("firing", "resolved"))
            entry = LogEntry(firing, resolved, row["at_ms"])
            found.setdefault((row["group_key"], row["receiver"]), {})[row["channel"]] = entry
    return found


async def put_entry(org: int, group_key: str, receiver: str, channel: str, entry: LogEntry, *, repeat_ms: int) -> None:
    """Note what a channel is told now."""
    firing, resolved = (msgspec.json.encode(sorted(one)).decode() for one in (entry.firing, entry.resolved))
    expires_at_ms = entry.at_ms + min(2 * repeat_ms, LOG_KEPT_MS)
    key = _entry_id(org, group_key, receiver, channel)
    await execute(_PUT_ENTRY, key, org, group_key, receiver, channel, firing, resolved, entry.at_ms, expires_at_ms)


async def drop_entry(org: int, group_key: str, receiver: str, channel: str) -> None:
    """Forget what a channel was told."""
    await execute("DELETE FROM notification_log WHERE id = {}", _entry_id(org, group_key, receiver, channel))


def _entry_id(org: int, group_key: str, receiver: str, channel: str) -> str:
    return digest(org, receiver, channel, group_key)
