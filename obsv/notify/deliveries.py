"""The queue of what is to be told: written in the transaction of what caused it, leased by whoever sends.

A delivery is `queued`, `leased`, and in the end `sent`, `dead` (given up; visible, and can be tried again) or `skipped`
(its channel was switched off, or a newer message tells all of it).  What is told of one group leaves in order: nobody
reads "resolved" before "firing".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from obsv import audit
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Conflict, NotFound
from obsv.core.ids import new_id
from obsv.db import after_commit, execute, fetch, fetch_value, insert, is_postgres, is_unique_violation, write_tx
from obsv.keys import keystore
from obsv.notify.channels import Channels
from obsv.notify.context import subject_ref
from obsv.notify.notification import FIRING, Notification
from obsv.notify.store import Channel
from obsv.notify.tables import DeliveryRow
from obsv.notify.types import AttemptView, DeliveryDetail, DeliveryList, DeliveryView

MOST_ALERTS: Final = 500
"""Alerts that one notification carries; those beyond it are counted."""
MOST_QUEUED: Final = 5000
"""Deliveries that wait for one channel; one more is dead at once, and says why."""
LEASE_MS: Final = 45_000
SKEW_MS: Final = 5_000
"""How far the clocks of two replicas may be apart; a time that lies further ahead was written before a clock step."""
FORGET_SENT_AFTER: Final = timedelta(hours=24)
FORGET_DEAD_AFTER: Final = timedelta(hours=72)
KEEP_DAYS: Final = 30
_VIEW: Final = (
    "id, channel_id, channel, status, group_key, alerts, state, attempts, due_at_ms, created_at_ms, ended_at_ms, "
    "detail, content IS NOT NULL AS has_content"
)
_READY: Final = """
((d.state = 'queued' AND (d.due_at_ms <= {} OR d.set_at_ms > {}))
 OR (d.state = 'leased' AND d.lease_owner <> {} AND (d.lease_until_ms <= {} OR d.set_at_ms > {})))
"""
_LEASE: Final = f"""
UPDATE deliveries SET state = 'leased', lease_owner = {{}}, lease_until_ms = {{}}, set_at_ms = {{}},
    attempts = attempts + 1
WHERE id IN (
    SELECT d.id FROM deliveries d WHERE d.id IN (
        SELECT ranked.id FROM (
            SELECT d.id, d.due_at_ms, row_number() OVER (PARTITION BY d.channel_id ORDER BY d.due_at_ms, d.id) AS place
            FROM deliveries d
            WHERE {_READY} AND NOT EXISTS (
                SELECT 1 FROM deliveries o WHERE o.channel_id = d.channel_id AND o.group_key = d.group_key
                AND o.state IN ('queued', 'leased') AND o.id < d.id
            )
        ) ranked WHERE ranked.place <= {{}} ORDER BY ranked.due_at_ms LIMIT {{}}
    ) AND {_READY}
    LOCKING
)
RETURNING id, org, channel_id, content, attempts, asked_at_ms, lease_owner
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True)
class Wanted:
    """Deliveries of a state, of a channel, older than the one `before`; that told of an alert, queued between times.

    `fingerprint` is hexadecimal: it is looked for as it is.
    """

    state: str = ""
    channel_id: str = ""
    before: str = ""
    fingerprint: str = ""
    since_ms: int | None = None
    until_ms: int | None = None

    def conditions(self) -> Iterator[tuple[str, object]]:
        """In SQL, each with its value."""
        found: list[tuple[str, object]] = [
            ("state = {}", self.state or None),
            ("channel_id = {}", self.channel_id or None),
            ("id < {}", self.before or None),
            ("told LIKE {}", f"%{self.fingerprint}:%" if self.fingerprint else None),
            ("created_at_ms >= {}", self.since_ms),
            ("created_at_ms <= {}", self.until_ms),
        ]
        return ((condition, value) for condition, value in found if value is not None)


ANY: Final = Wanted()


class Deliveries:
    """Writes the queue and reads it; `Sender` takes from it."""

    def __init__(self, clock: Clock, channels: Channels) -> None:
        self._clock, self._channels = clock, channels
        self._wake: list[Any] = []

    def on_queued(self, wake: Any) -> None:
        """Call `wake` once something new is queued."""
        self._wake.append(wake)

    async def enqueue(self, org: int, channel: str, notification: Notification, *, once_key: str) -> str | None:
        """Queue a notification in the current transaction and return its id.

        None when `once_key` was queued before for this channel, and when the channel wants nothing of it (it is all
        resolved, and the channel tells of firing alerts alone).  Raises `NotFound` where there is no such channel.
        """
        kept = await self._channels.by_name(org, channel)
        wanted = _wanted(notification, kept)
        if wanted is None:
            return None
        row = self._row(kept, wanted, once_key)
        try:
            async with write_tx():
                if not kept.is_enabled:
                    self._end(row, "skipped", "the channel is switched off")
                elif await self._is_full(kept.id):
                    self._end(row, "dead", f"{MOST_QUEUED} deliveries wait for this channel already")
                await insert(DeliveryRow, row)
                await self._supersede(row)
                after_commit(self._tell)
        except Exception as error:
            if is_unique_violation(error):
                return None
            raise
        return str(row["id"])

    async def lease(self, owner: str, *, at_most: int, per_channel: int) -> list[dict[str, Any]]:
        """Take what is due for `owner`; also what a process had that died."""
        now = self._clock.now_ms()
        ready = (now, now + SKEW_MS, owner, now, now + SKEW_MS)
        # Rows that another replica takes at this moment are passed over.
        sql = _LEASE.replace("LOCKING", "FOR UPDATE SKIP LOCKED" if is_postgres() else "")
        return await fetch(sql, owner, now + LEASE_MS, now, *ready, per_channel, at_most, *ready)

    async def free_leases(self) -> None:
        """At start, where no other process sends: what the last one had in hand when it died is due now."""
        if not is_postgres():
            await execute("UPDATE deliveries SET state = 'queued' WHERE state = 'leased'")

    # Reading

    async def listed(self, org: int, wanted: Wanted = ANY, *, limit: int = 100) -> DeliveryList:
        """Newest first."""
        conditions: list[str] = ["org = {}"]
        values: list[object] = [org]
        for condition, value in wanted.conditions():
            conditions.append(condition)
            values.append(value)
        rows = await fetch(
            f"SELECT {_VIEW} FROM deliveries WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT {{}}",  # noqa: S608
            *(*values, limit + 1),
        )
        shown = [_view(row) for row in rows[:limit]]
        return DeliveryList(shown, shown[-1].id if len(rows) > limit else None)

    async def detail(self, org: int, delivery_id: str) -> DeliveryDetail:
        """One with all of its attempts.  Raises `NotFound`."""
        rows = await fetch(f"SELECT {_VIEW} FROM deliveries WHERE org = {{}} AND id = {{}}", org, delivery_id)  # noqa: S608
        if not rows:
            raise NotFound("There is no such delivery.", code="no_delivery")
        tried = await fetch(
            "SELECT at_ms, took_ms, outcome, detail, reference FROM delivery_attempts "
            "WHERE delivery_id = {} ORDER BY id",
            delivery_id,
        )
        mails = await fetch(
            "SELECT state, count(*) AS n FROM outbox_messages WHERE org = {} AND once_key LIKE {} GROUP BY state",
            *(org, f"{delivery_id}:%"),
        )
        return DeliveryDetail(
            _view(rows[0]), [AttemptView(**row) for row in tried], {row["state"]: int(row["n"]) for row in mails}
        )

    async def counts(self) -> dict[str, int]:
        """Deliveries by state, of the whole instance."""
        rows = await fetch("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        return {row["state"]: int(row["n"]) for row in rows}

    # Changing

    async def retry(self, org: int, delivery_id: str, *, by: Who) -> DeliveryDetail:
        """Try one again that was given up.  Raises `NotFound`; `Conflict` where it was not, or its content is gone."""
        now = self._clock.now_ms()
        async with write_tx():
            detail = await self.detail(org, delivery_id)
            if not detail.delivery.can_retry:
                raise Conflict(
                    "Only what was given up can be tried again, for 3 days: then its content is dropped.",
                    code="not_dead",
                )
            await execute(
                "UPDATE deliveries SET state = 'queued', attempts = 0, due_at_ms = {}, set_at_ms = {}, "
                "asked_at_ms = {}, ended_at_ms = NULL, forget_at_ms = NULL WHERE org = {} AND id = {}",
                *(now, now, now, org, delivery_id),
            )
            await audit.write("delivery.retried", org=org, actor=by, target=("delivery", delivery_id))
            after_commit(self._tell)
        return await self.detail(org, delivery_id)

    async def forget_content(self) -> int:
        """Drop the content of what ended long enough ago (hourly)."""
        rows = await fetch(
            "UPDATE deliveries SET content = NULL WHERE content IS NOT NULL AND forget_at_ms <= {} RETURNING id",
            self._clock.now_ms(),
        )
        return len(rows)

    # Inner

    def _tell(self) -> None:
        for wake in self._wake:
            wake()

    def _row(self, channel: Channel, notification: Notification, once_key: str) -> dict[str, Any]:
        delivery_id, now = new_id("dlv"), self._clock.now_ms()
        content = keystore().encrypt(
            subject_ref(channel.org), "deliveries", "content", delivery_id, msgspec.json.encode(notification)
        )
        return {
            "id": delivery_id,
            "org": channel.org,
            "channel_id": channel.id,
            "channel": channel.name,
            "status": notification.status,
            "group_key": notification.group_key,
            "told": notification.told(),
            "alerts": len(notification.alerts) + notification.truncated,
            "content": content,
            "once_key": hashlib.sha256(f"{channel.org}\n{channel.id}\n{once_key}".encode()).hexdigest(),
            "state": "queued",
            "attempts": 0,
            **dict.fromkeys(("due_at_ms", "set_at_ms", "created_at_ms", "asked_at_ms"), now),
            "lease_owner": "",
            "lease_until_ms": 0,
            "ended_at_ms": None,
            "forget_at_ms": None,
            "detail": "",
            # One that is never picked up goes too; its end sets the day anew.
            "erase_on": erase_on(now, days=KEEP_DAYS),
        }

    def _end(self, row: dict[str, Any], state: str, detail: str) -> None:
        now = self._clock.now_ms()
        forget_at_ms = now + int(FORGET_DEAD_AFTER.total_seconds() * 1000)
        row.update(state=state, detail=detail, ended_at_ms=now, forget_at_ms=forget_at_ms)

    async def _is_full(self, channel_id: str) -> bool:
        waiting = await fetch_value(
            "SELECT count(*) FROM deliveries WHERE channel_id = {} AND state IN ('queued', 'leased')", channel_id
        )
        return bool(waiting >= MOST_QUEUED)

    async def _supersede(self, row: dict[str, Any]) -> None:
        """After an outage nobody wants the same news forty times: an older message that this one repeats is skipped."""
        if row["state"] != "queued" or not row["told"]:
            return
        await execute(
            "UPDATE deliveries SET state = 'skipped', detail = 'a newer message tells the same', ended_at_ms = {}, "
            "forget_at_ms = {} WHERE channel_id = {} AND group_key = {} AND told = {} AND state = 'queued' AND id < {} "
            "AND attempts > 0",
            *(row["created_at_ms"], row["created_at_ms"], row["channel_id"], row["group_key"], row["told"], row["id"]),
        )


def _wanted(notification: Notification, channel: Channel) -> Notification | None:
    """What the channel tells of it, if anything."""
    alerts = notification.alerts if channel.sends_resolved else notification.of(FIRING)
    if notification.alerts and not alerts:
        return None
    left_out = notification.truncated + max(len(alerts) - MOST_ALERTS, 0)
    return msgspec.structs.replace(notification, alerts=alerts[:MOST_ALERTS], truncated=left_out)


def _view(row: dict[str, Any]) -> DeliveryView:
    has_content = bool(row.pop("has_content"))
    return DeliveryView(**row, can_retry=has_content and row["state"] == "dead")
