"""Aggregation groups in the database: alerts put into them by the routing, and the times at which they speak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from obsv.alertmanager.pipeline import first_flush_ms
from obsv.alertmanager.routes import Routing
from obsv.alertmanager.store import alert_id, digest, write_labels
from obsv.alertmanager.types import Alert
from obsv.db import execute, execute_many, fetch


@dataclass(frozen=True, slots=True)
class Group:
    """A group's row; see the table."""

    id: str
    org: int
    route_id: str
    group_key: str
    labels: str
    flush_at_ms: int
    wake_at_ms: int
    notified_at_ms: int
    escalated: int


_COLUMNS = "id, org, route_id, group_key, labels, flush_at_ms, wake_at_ms, notified_at_ms, escalated"


def _group(row: dict[str, Any]) -> Group:
    return Group(**row)


async def due_organisations(now_ms: int) -> list[int]:
    """Those with a group whose time has come."""
    rows = await fetch("SELECT DISTINCT org FROM alert_groups WHERE wake_at_ms <= {} ORDER BY org", now_ms)
    return [int(row["org"]) for row in rows]


async def due_groups(org: int, now_ms: int, limit: int) -> list[Group]:
    """Groups whose time has come, the longest due first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM alert_groups WHERE org = {{}} AND wake_at_ms <= {{}} "  # noqa: S608  # our names
        "ORDER BY wake_at_ms, id LIMIT {}",
        *(org, now_ms, limit),
    )
    return [_group(row) for row in rows]


async def every_group(org: int) -> list[Group]:
    """All of an organisation."""
    return [_group(row) for row in await fetch(f"SELECT {_COLUMNS} FROM alert_groups WHERE org = {{}}", org)]  # noqa: S608


async def put_into_groups(org: int, routing: Routing, alerts: Iterable[Alert], now_ms: int) -> None:
    """Each alert into a group of each route that takes it; a group that is not there begins."""
    groups, members = dict[str, tuple[object, ...]](), list[tuple[object, ...]]()
    for alert in alerts:
        for route in routing.root.match(alert.labels):
            labels = route.group_labels(alert.labels)
            group_id, at_ms = digest(org, route.id, write_labels(labels)), first_flush_ms(alert, route, now_ms)
            # The first alert alone says when its group begins to speak.
            groups.setdefault(
                group_id,
                (group_id, org, route.id, route.group_key(labels), write_labels(labels), at_ms, at_ms, 0, 0),
            )
            members.append((org, group_id, alert_id(org, alert.fingerprint)))
    await execute_many(
        f"INSERT INTO alert_groups ({_COLUMNS}) VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}) "  # noqa: S608
        "ON CONFLICT (id) DO NOTHING",
        groups.values(),
    )
    await execute_many(
        "INSERT INTO alert_group_members (org, group_id, alert_id) VALUES ({}, {}, {}) "
        "ON CONFLICT (group_id, alert_id) DO NOTHING",
        members,
    )


async def group_anew(org: int, routing: Routing, alerts: Iterable[Alert], now_ms: int) -> None:
    """After another routing: all groups begin again; a group that stays remembers how far it has escalated."""
    before = {group.id: group for group in await every_group(org)}
    await execute("DELETE FROM alert_group_members WHERE org = {}", org)
    await execute("DELETE FROM alert_groups WHERE org = {}", org)
    await put_into_groups(org, routing, alerts, now_ms)
    await execute_many(
        "UPDATE alert_groups SET notified_at_ms = {}, escalated = {} WHERE id = {}",
        [(group.notified_at_ms, group.escalated, group.id) for group in before.values() if group.notified_at_ms],
    )


async def wait_until(group: Group) -> None:
    """Note when it speaks next, and how far it has escalated."""
    await execute(
        "UPDATE alert_groups SET flush_at_ms = {}, wake_at_ms = {}, notified_at_ms = {}, escalated = {} WHERE id = {}",
        *(group.flush_at_ms, group.wake_at_ms, group.notified_at_ms, group.escalated, group.id),
    )


async def drop_members(group: Group, alerts: Iterable[Alert]) -> None:
    """Alerts that are over, and told."""
    await execute_many(
        "DELETE FROM alert_group_members WHERE group_id = {} AND alert_id = {}",
        [(group.id, alert_id(group.org, alert.fingerprint)) for alert in alerts],
    )


async def drop_group(group: Group) -> None:
    """A group without alerts."""
    await execute("DELETE FROM alert_groups WHERE id = {}", group.id)
