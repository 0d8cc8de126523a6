"""The history of alerts: each that began to fire or resolved, with the values around that moment.

The values are read a little later, when those after the moment are there too; whoever looks before gets what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import structlog

from obsv.alerts.fingerprint import fingerprint
from obsv.alerts.ports import AlertPorts
from obsv.alerts.types import AlertEventList, AlertEventView, Points
from obsv.core.errors import NotFound, ObsvError
from obsv.core.ids import new_id
from obsv.db import execute_many, fetch, write_tx
from obsv.metrics.promql import Grid, PromqlError
from obsv.metrics.rules import Turn
from obsv.metrics.rules.measured import measured

_log = structlog.get_logger("obsv.alerts")

BEFORE_MS: Final = 30 * 60_000
AFTER_MS: Final = 5 * 60_000
STEPS: Final = 71
"""The values are of half an hour before the moment and five minutes after it, every half minute."""
FILLED_AT_ONCE: Final = 50
_COLUMNS: Final = (
    "id, rule_key, rule_version, group_name, rule_name, fingerprint, status, at_ms, active_at_ms, fired_at_ms, "
    "labels, source, annotations, query, value, link, points, points_due_ms"
)


async def insert_events(org: int, turns: Sequence[Turn], link: Callable[[str, int], str]) -> None:
    """Note what happened, in the transaction that is open."""
    rows: list[Sequence[object]] = []
    for turn in turns:
        alert, rule = turn.alert, turn.rule
        is_firing = alert.state == "firing"
        at_ms = alert.fired_ms if is_firing else alert.resolved_ms
        labels = dict(alert.labels)
        rows.append(
            (
                *(new_id("aev"), org, rule.key, rule.version, turn.group.name[:200], rule.name[:200]),
                *(fingerprint(labels), "firing" if is_firing else "resolved", at_ms, alert.active_ms, alert.fired_ms),
                *(_json(labels), _json(dict(alert.source)), _json(alert.annotations), rule.query),
                *(alert.value if np.isfinite(alert.value) else 0.0, link(rule.query, at_ms), "", at_ms + AFTER_MS),
            )
        )
    places = ", ".join(["{}"] * 19)
    names = _COLUMNS.replace("id, rule_key", "id, org, rule_key", 1)
    await execute_many(f"INSERT INTO alert_events ({names}) VALUES ({places})", rows)  # noqa: S608


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class AlertEvents:
    """Reads the history, and fills in the values."""

    def __init__(self, ports: AlertPorts) -> None:
        self._ports, self.clock = ports, ports.clock

    async def listed(
        self, org: int, since_ms: int, until_ms: int, *, rule: str = "", fingerprint: str = "", limit: int
    ) -> AlertEventList:
        """Newest first, without values."""
        where, args = "", list[object]()
        for column, value in (("rule_key", rule), ("fingerprint", fingerprint)):
            if value:
                where += f" AND {column} = {{}}"
                args.append(value)
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM alert_events WHERE org = {{}} AND at_ms >= {{}} AND at_ms <= {{}}{where} "  # noqa: S608
            "ORDER BY at_ms DESC, id DESC LIMIT {}",
            *(org, since_ms, until_ms, *args, limit + 1),
        )
        return AlertEventList([_view(row, None) for row in rows[:limit]], len(rows) <= limit)

    async def one(self, org: int, event_id: str) -> AlertEventView:
        """With the values around the moment.  Raises NotFound."""
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM alert_events WHERE org = {{}} AND id = {{}}",  # noqa: S608
            *(org, event_id),
        )
        if not rows:
            raise NotFound("There is no such event.", code="no_alert_event")
        row = rows[0]
        points = _decoded(row["points"]) if row["points"] else await self._points(org, row)
        return _view(row, points)

    async def fill(self) -> int:
        """Keep the values of those whose time has come; how many."""
        rows = await fetch(
            f"SELECT org, {_COLUMNS} FROM alert_events WHERE points_due_ms <= {{}} ORDER BY points_due_ms LIMIT {{}}",  # noqa: S608
            *(self._ports.clock.now_ms(), FILLED_AT_ONCE),
        )
        done = [(_json(await self._points(int(row["org"]), row)), row["id"]) for row in rows]
        async with write_tx():
            await execute_many("UPDATE alert_events SET points = {}, points_due_ms = NULL WHERE id = {}", done)
        return len(done)

    async def drop_before(self, org: int, cutoff_ms: int) -> int:
        """Retention: what happened before; how many."""
        async with write_tx():
            gone = await fetch("DELETE FROM alert_events WHERE org = {} AND at_ms < {} RETURNING id", org, cutoff_ms)
        return len(gone)

    async def _points(self, org: int, row: dict[str, Any]) -> Points:
        """What the rule measured of this series; nothing where that cannot be asked any more."""
        start = int(row["at_ms"]) - BEFORE_MS
        step = (BEFORE_MS + AFTER_MS) // (STEPS - 1)
        query = measured(row["query"]) or row["query"]
        source = msgspec.json.decode(row["source"]).items()
        try:
            labels, values = await self._ports.engine().range_matrix(
                self._ports.store(), org, query, Grid(start, step, STEPS)
            )
        except (PromqlError, ObsvError) as failed:
            _log.info("alerts.values_unread", why=str(failed))
            return Points(query, start, step, [])
        for one, line in zip(labels, values, strict=True):
            if source <= one.items():
                return Points(query, start, step, [float(value) if np.isfinite(value) else None for value in line])
        return Points(query, start, step, [])


def _decoded(text: str) -> Points:
    return msgspec.json.decode(text, type=Points)


def facts_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `AlertFacts` from a row of events."""
    return {
        "id": row["id"],
        "rule_id": row["rule_key"],
        "rule_version": row["rule_version"],
        "group": row["group_name"],
        "rule": row["rule_name"],
        "fingerprint": row["fingerprint"],
        "active_at_ms": row["active_at_ms"],
        "fired_at_ms": row["fired_at_ms"],
        "labels": msgspec.json.decode(row["labels"]),
        "annotations": msgspec.json.decode(row["annotations"]),
        "query": row["query"],
        "value": float(row["value"]),
        "link": row["link"],
    }


def _view(row: Mapping[str, Any], points: Points | None) -> AlertEventView:
    return AlertEventView(**facts_of(row), status=row["status"], at_ms=row["at_ms"], points=points)
