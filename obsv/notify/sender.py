"""Sending: leases deliveries, hands each to its channel's notifier, and writes down what became of it.

At least once: a crash between sending and recording sends that one again, under the same key.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import ObsvError
from obsv.core.gotemplate import TemplateFailed
from obsv.core.ids import new_id
from obsv.core.telemetry import REGISTRY
from obsv.db import execute, fetch, fetch_value, insert, spawn, write_tx
from obsv.keys import BadEnvelope, KeyProblem, keystore
from obsv.notify import store
from obsv.notify.base import Message, NotifyError, Receipt
from obsv.notify.channels import Channels
from obsv.notify.context import subject_ref
from obsv.notify.deliveries import FORGET_DEAD_AFTER, FORGET_SENT_AFTER, KEEP_DAYS, Deliveries
from obsv.notify.forms import checked, secret_values, told
from obsv.notify.notification import Notification
from obsv.notify.store import Channel
from obsv.notify.tables import DeliveryAttempt
from obsv.notify.templates import message_of

AT_ONCE: Final = 16
PER_CHANNEL: Final = 2
"""Of what is taken at once, so that a channel that hangs holds no other up."""
ATTEMPT_S: Final = 30.0
FIRST_RETRY_S: Final = 10.0
LONGEST_RETRY_S: Final = 1800.0
GIVE_UP_AFTER: Final = timedelta(hours=24)
GIVE_UP_TRIES: Final = 10
"""Attempts that are made in any case: a clock that jumps a day ahead gives nothing up."""
COUNT_S: Final = 15.0

SENT = REGISTRY.counter("obsv_deliveries_total", "Attempts to deliver a notification.", ("kind", "outcome"))
QUEUE = REGISTRY.gauge("obsv_deliveries", "Deliveries by state.", ("state",))
SECONDS = REGISTRY.histogram("obsv_delivery_seconds", "Time that an attempt took.", ("kind",))

_log = structlog.get_logger("obsv.notify")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How an attempt ended: sent, failed (again at `wait_ms` from now), dead, or early (not tried: too fast)."""

    state: str
    detail: str
    reference: str = ""
    wait_ms: int = 0
    pauses: bool = False


class Sender:
    """Sends for this process; several processes may share one database."""

    def __init__(self, clock: Clock, channels: Channels, deliveries: Deliveries) -> None:
        self._clock, self._channels, self._deliveries = clock, channels, deliveries
        self._owner = new_id("snd")
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._counted_at = -COUNT_S
        deliveries.on_queued(self._wake.set)

    def stop(self) -> None:
        """Let `run` return once what is in hand is recorded; what hangs is left to the lease."""
        self._is_stopping = True
        self._wake.set()

    async def run(self, *, poll_s: float = 1.0, grace_s: float = 3.0) -> None:
        """Send until `stop`; a failure of the database is logged and survived."""
        await self._deliveries.free_leases()
        while not self._is_stopping:
            self._wake.clear()
            try:
                await self._count()
                while not self._is_stopping and await self._take():
                    pass
            except Exception:  # noqa: BLE001  # the loop must outlive a database that is away
                _log.exception("notify.send_failed")
            if not self._is_stopping:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(poll_s):
                        await self._wake.wait()
        await self._finish(grace_s)

    async def send_due(self) -> int:
        """Send all that is due now and return how many were taken."""
        rows = await self._deliveries.lease(self._owner, at_most=AT_ONCE, per_channel=PER_CHANNEL)
        for row in rows:
            await self._send(row)
        return len(rows)

    async def _take(self) -> bool:
        free = AT_ONCE - len(self._tasks)
        if not free:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return True
        rows = await self._deliveries.lease(self._owner, at_most=free, per_channel=PER_CHANNEL)
        for row in rows:
            task = spawn(self._send(row), name=f"delivery {row['id']}")
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return bool(rows)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _finish(self, grace_s: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in (left := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _count(self) -> None:
        if self._clock.monotonic() - self._counted_at >= COUNT_S:
            self._counted_at = self._clock.monotonic()
            counts = await self._deliveries.counts()
            for state in ("queued", "leased", "sent", "dead", "skipped"):
                QUEUE.set(counts.get(state, 0), state)

    # One delivery

    async def _send(self, row: dict[str, Any]) -> None:
        begun, at_ms = self._clock.monotonic(), self._clock.now_ms()
        channel: Channel | None = None
        try:
            channel = await store.by_id(row["org"], row["channel_id"])
            outcome = await self._attempt(row, channel)
        except Exception as error:  # noqa: BLE001  # one bad message must not stop the others
            _log.exception("notify.attempt_failed", delivery=row["id"])
            outcome = self._failed(row, NotifyError(type(error).__name__, is_permanent=False))
        took_s = self._clock.monotonic() - begun
        kind = channel.kind if channel else "none"
        if outcome.state != "early":
            SENT.add(1, kind, outcome.state)
            SECONDS.observe(took_s, kind)
        try:
            await self._record(row, outcome, at_ms, int(took_s * 1000))
        except Exception:  # noqa: BLE001  # its lease runs out, and it is sent again under the same key
            _log.exception("notify.record_failed", delivery=row["id"])
            # A sender never takes what it has in hand itself, and this it has no more.
            self._owner = new_id("snd")

    async def _attempt(self, row: dict[str, Any], channel: Channel | None) -> _Outcome:
        if channel is None:
            return _Outcome("dead", "the channel is gone")
        if not channel.is_enabled:
            return _Outcome("skipped", "the channel is switched off")
        if channel.problem:
            return _Outcome("dead", channel.problem)
        if wait_ms := await self._wait_for_turn(channel):
            return _Outcome("early", "", wait_ms=wait_ms)
        secrets: list[str] = []
        try:
            message = self._message(row, channel)
            target = checked(self._channels.kinds.target(channel.kind), channel.content.settings)
            secrets = secret_values(target)
            notifier = self._channels.kinds.make(channel.kind, self._channels.context(channel.org, channel.id))
            async with asyncio.timeout(ATTEMPT_S):
                receipt = await notifier.send(message, target)
        except TimeoutError:
            return self._failed(row, NotifyError(f"no answer within {ATTEMPT_S:g} s", is_permanent=False))
        except NotifyError as error:
            return self._failed(row, error, secrets)
        except (ObsvError, KeyProblem, BadEnvelope, msgspec.MsgspecError) as error:
            return self._failed(row, NotifyError(str(error), is_permanent=True), secrets)
        return _sent(receipt, secrets)

    def _message(self, row: dict[str, Any], channel: Channel) -> Message:
        place = ("deliveries", "content", row["id"])
        opened = keystore().decrypt(subject_ref(row["org"]), *place, row["content"] or "")
        notification = msgspec.json.decode(opened, type=Notification)
        own = channel.content
        try:
            return message_of(
                notification,
                row["id"],
                subject=own.subject_template,
                text=own.text_template,
            )
        except TemplateFailed as wrong:
            # A template that fails over this very alert must not keep the alert back.
            message = message_of(notification, row["id"])
            return replace(message, subject=f"{message.subject} (the channel's template failed: {wrong})"[:300])

    def _failed(self, row: dict[str, Any], error: NotifyError, secrets: list[str] | None = None) -> _Outcome:
        detail = told(str(error), secrets or [])
        _log.warning("notify.delivery_failed", delivery=row["id"], error=detail, final=error.is_permanent)
        if error.is_permanent:
            return _Outcome("dead", detail)
        age = timedelta(milliseconds=self._clock.now_ms() - row["asked_at_ms"])
        if age >= GIVE_UP_AFTER and row["attempts"] >= GIVE_UP_TRIES:
            return _Outcome("dead", f"given up after {row['attempts']} attempts: {detail}")
        asked = error.retry_after_s
        wait_ms = retry_after_ms(row["attempts"])
        if asked is not None:
            wait_ms = max(int(min(asked, LONGEST_RETRY_S) * 1000), 1000)
        return _Outcome("failed", detail, wait_ms=wait_ms, pauses=asked is not None)

    async def _wait_for_turn(self, channel: Channel) -> int:
        """0 if the channel may send now, and takes its turn; else how long to wait, in ms.

        `rate_at_ms` is when the next message is in step; a few may run ahead of it.  All replicas share it.
        """
        now, per_minute = self._clock.now_ms(), self._channels.kinds.per_minute(channel.kind)
        step = 60_000 // per_minute
        ahead = step * max(per_minute // 4 - 1, 0)
        # A turn further ahead than anything sets was written before the clock was put back.
        far = now + int(LONGEST_RETRY_S * 1000) + 60_000
        since = "CASE WHEN rate_at_ms < {} OR rate_at_ms > {} THEN {} ELSE rate_at_ms END"
        floor = now - ahead
        took = await fetch(
            f"UPDATE channels SET rate_at_ms = {since} + {{}} WHERE id = {{}} AND {since} <= {{}} RETURNING id",  # noqa: S608
            *(floor, far, floor, step, channel.id, floor, far, floor, now),
        )
        if took:
            return 0
        turn = await fetch_value("SELECT rate_at_ms FROM channels WHERE id = {}", channel.id)
        return max(int(turn or 0) - now, 100)

    async def _record(self, row: dict[str, Any], outcome: _Outcome, at_ms: int, took_ms: int) -> None:
        now = self._clock.now_ms()
        mine = (row["id"], row["lease_owner"])
        async with write_tx():
            if outcome.state in {"early", "failed"}:
                kept = await fetch(
                    "UPDATE deliveries SET state = 'queued', attempts = attempts - {}, due_at_ms = {}, set_at_ms = {}, "
                    "detail = {} WHERE id = {} AND state = 'leased' AND lease_owner = {} RETURNING org",
                    *(int(outcome.state == "early"), now + outcome.wait_ms, now, outcome.detail, *mine),
                )
            else:
                forget_after = FORGET_SENT_AFTER if outcome.state == "sent" else FORGET_DEAD_AFTER
                kept = await fetch(
                    "UPDATE deliveries SET state = {}, detail = {}, ended_at_ms = {}, forget_at_ms = {}, erase_on = {} "
                    "WHERE id = {} AND state = 'leased' AND lease_owner = {} RETURNING org",
                    *(outcome.state, outcome.detail, now, now + int(forget_after.total_seconds() * 1000)),
                    *(erase_on(now, days=KEEP_DAYS), *mine),
                )
            if kept and outcome.state != "early":
                await insert(DeliveryAttempt, _attempt_row(row, outcome, at_ms, took_ms))
            if outcome.pauses:
                await execute(
                    "UPDATE channels SET rate_at_ms = {} WHERE id = {} AND rate_at_ms < {}",
                    *(now + outcome.wait_ms, row["channel_id"], now + outcome.wait_ms),
                )


def retry_after_ms(attempts: int) -> int:
    """Twice as long each time up to half an hour, and never in step with other messages."""
    delay = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempts - 1, 20))
    return int(delay * random.uniform(0.8, 1.2) * 1000)  # noqa: S311  # spreads load, guards nothing


def _sent(receipt: Receipt, secrets: list[str]) -> _Outcome:
    return _Outcome("sent", told(receipt.detail, secrets), receipt.reference[:200])


def _attempt_row(row: dict[str, Any], outcome: _Outcome, at_ms: int, took_ms: int) -> dict[str, Any]:
    return {
        "org": row["org"],
        "delivery_id": row["id"],
        "at_ms": at_ms,
        "took_ms": took_ms,
        "outcome": outcome.state,
        "detail": outcome.detail,
        "reference": outcome.reference,
    }
