# ruff: noqa: S608  # statements are put together from this module's constants alone
"""Rows of monitors and of how they stand; only the service writes what people decide, only `record` what is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from obsv.db import execute, fetch, fetch_value
from obsv.monitors.machine import Standing, State
from obsv.monitors.model import Monitor
from obsv.monitors.types import Result

CHUNK: Final = 500
STANDING: Final = (
    "state, since_at_ms, checked_at_ms, accounted_at_ms, failures, failing_at_ms, due_at_ms, started_at_ms, "
    "pinged_at_ms, seq"
)
_COLUMNS: Final = (
    "id, org, key, document, secrets_enc, version, is_applied, created_at_ms, created_by, updated_at_ms, updated_by"
)
_decode = msgspec.json.Decoder(Monitor).decode
_decode_result = msgspec.json.Decoder(Result).decode


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored monitor."""

    id: str
    org: int
    key: str
    document: str
    secrets_enc: str
    version: int
    is_applied: bool
    created_at_ms: int
    created_by: str
    updated_at_ms: int
    updated_by: str

    @property
    def monitor(self) -> Monitor:
        """The document, without secrets."""
        return _decode(self.document)


@dataclass(frozen=True, slots=True)
class Stood:
    """How a stored monitor stands."""

    monitor_id: str
    org: int
    standing: Standing
    result: Result | None


def encode(monitor: Monitor) -> str:
    """The document as it is stored."""
    return msgspec.json.encode(monitor).decode().replace("\\u0000", "")


def _kept(row: Mapping[str, Any]) -> Kept:
    given: dict[str, Any] = {**row, "is_applied": bool(row["is_applied"])}
    return Kept(**given)


async def find(org: int, key_or_id: str) -> Kept | None:
    """The organisation's monitor of this key or id; no id is a key, for it has an underscore."""
    column = "id" if "_" in key_or_id else "key"
    rows = await fetch(f"SELECT {_COLUMNS} FROM monitors WHERE org = {{}} AND {column} = {{}}", org, key_or_id)
    return _kept(rows[0]) if rows else None


async def find_by_ping(ping_hash: str) -> Kept | None:
    """The heartbeat that reports in with this."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM monitors WHERE ping_hash = {{}}", ping_hash)
    return _kept(rows[0]) if rows else None


async def named(org: int, name: str) -> str | None:
    """The id of the one that is called so."""
    found = await fetch_value("SELECT id FROM monitors WHERE org = {} AND name = {}", org, name)
    return str(found) if found else None


async def every(org: int) -> list[Kept]:
    """All of an organisation, by key."""
    return [_kept(row) for row in await fetch(f"SELECT {_COLUMNS} FROM monitors WHERE org = {{}} ORDER BY key", org)]


async def of_ids(ids: Sequence[str]) -> list[Kept]:
    """Those of these ids, of whatever organisation."""
    found: list[Kept] = []
    for part in chunks(ids):
        places = ", ".join(["{}"] * len(part))
        found += [_kept(row) for row in await fetch(f"SELECT {_COLUMNS} FROM monitors WHERE id IN ({places})", *part)]
    return found


async def versions() -> dict[str, int]:
    """The version of every monitor of the instance."""
    return {row["id"]: row["version"] for row in await fetch("SELECT id, version FROM monitors")}


async def count(org: int) -> int:
    """How many there are."""
    return int(await fetch_value("SELECT count(*) FROM monitors WHERE org = {}", org))


async def standing_of(monitor_id: str) -> Stood | None:
    """How one stands."""
    found = await standings([monitor_id])
    return found.get(monitor_id)


async def standings(ids: Sequence[str]) -> dict[str, Stood]:
    """How those of these ids stand."""
    found: dict[str, Stood] = {}
    for part in chunks(ids):
        places = ", ".join(["{}"] * len(part))
        rows = await fetch(
            f"SELECT monitor_id, org, {STANDING}, result FROM monitor_standings WHERE monitor_id IN ({places})", *part
        )
        found |= {row["monitor_id"]: _stood(row) for row in rows}
    return found


async def of_kind(kind: str) -> list[Stood]:
    """How all of a kind stand, in every organisation."""
    rows = await fetch(f"SELECT monitor_id, org, {STANDING}, result FROM monitor_standings WHERE kind = {{}}", kind)
    return [_stood(row) for row in rows]


async def overdue(kind: str, states: Sequence[State], now_ms: int) -> list[str]:
    """The ids of a kind that are in one of these states, and due."""
    places = ", ".join(["{}"] * len(states))
    rows = await fetch(
        "SELECT monitor_id FROM monitor_standings WHERE kind = {} AND due_at_ms > 0 AND due_at_ms <= {} "
        f"AND state IN ({places})",
        *(kind, now_ms, *(state.value for state in states)),
    )
    return [row["monitor_id"] for row in rows]


def _stood(row: Mapping[str, Any]) -> Stood:
    given: dict[str, Any] = {**row, "state": State(row["state"])}
    monitor_id, org, result = given.pop("monitor_id"), given.pop("org"), given.pop("result")
    return Stood(monitor_id, org, Standing(**given), _decode_result(result) if result else None)


async def insert_standing(org: int, monitor_id: str, kind: str, standing: Standing) -> None:
    """That of a new monitor."""
    await execute(
        f"INSERT INTO monitor_standings (monitor_id, org, kind, {STANDING}, result) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, '')",
        *(monitor_id, org, kind, *values(standing)),
    )


def values(standing: Standing) -> tuple[object, ...]:
    """In the order of `STANDING`."""
    return (
        *(standing.state.value, standing.since_at_ms, standing.checked_at_ms, standing.accounted_at_ms),
        *(standing.failures, standing.failing_at_ms, standing.due_at_ms, standing.started_at_ms),
        *(standing.pinged_at_ms, standing.seq),
    )


async def delete(org: int, monitor_id: str) -> None:
    """With all that is known of it."""
    for table in ("monitor_standings", "monitor_events", "monitor_days", "monitor_pings"):
        await execute(f"DELETE FROM {table} WHERE org = {{}} AND monitor_id = {{}}", org, monitor_id)
    await execute("DELETE FROM monitors WHERE org = {} AND id = {}", org, monitor_id)


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """So few at a time that a statement takes them."""
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))
