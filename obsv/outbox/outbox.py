"""Queueing and sending."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.ids import new_id
from obsv.core.redact import redact
from obsv.db import after_commit, execute, fetch, fetch_value, insert, is_postgres, is_unique_violation, write_tx
from obsv.keys import INSTANCE, BadEnvelope, KeyProblem, KeyStore
from obsv.outbox.message import Kind, Mail, check, render
from obsv.outbox.tables import OutboxMessage
from obsv.outbox.transports import Transport, TransportFailed

LEASE_MS = 120_000
BATCH = 10
FIRST_RETRY_S = 15.0
LONGEST_RETRY_S = 3600.0
GIVE_UP_AFTER = timedelta(days=3)
FORGET_SENT_AFTER = timedelta(hours=24)
FORGET_DEAD_AFTER = timedelta(hours=72)
KEEP_DAYS = 30
_LEASE = """
UPDATE outbox_messages SET state = 'leased', lease_owner = {}, lease_until_ms = {}, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM outbox_messages
    WHERE (state = 'queued' AND due_at_ms <= {}) OR (state = 'leased' AND lease_until_ms <= {})
    ORDER BY due_at_ms LIMIT {}
)
RETURNING id, kind, topic, org, subject_ref, content, attempts, created_at_ms
"""
_RETRY = """
UPDATE outbox_messages SET state = 'queued', due_at_ms = {}, error = {} WHERE id = {} AND lease_owner = {}
"""
_END = """
UPDATE outbox_messages SET state = {}, error = {}, ended_at_ms = {}, forget_at_ms = {}, erase_on = {}
WHERE id = {} AND lease_owner = {}
"""

_log = structlog.get_logger("obsv.outbox")


class Outbox:
    """The queue of this process; several processes may share one database."""

    def __init__(self, keys: KeyStore, clock: Clock, transport: Transport, *, sender: str) -> None:
        self._keys, self._clock, self._transport, self._sender = keys, clock, transport, sender
        self._owner = new_id("out")
        self._wake = asyncio.Event()
        self._is_stopping = False

    # Queueing

    async def enqueue(
        self,
        mail: Mail,
        *,
        kind: Kind,
        topic: str,
        subject_ref: str = INSTANCE,
        org: int | None = None,
        once_key: str | None = None,
        batch: str | None = None,
    ) -> str | None:
        """Queue a mail in the current transaction and return its id; None when `once_key` was queued before.

        `subject_ref` says whose mail it is: it is sealed with that subject's key and goes with it. `batch` is what it
        is sent with: `progress` tells how far all of them are.
        """
        check(mail)
        message_id, now_ms = new_id("msg"), self._clock.now_ms()
        sealed = self._keys.encrypt(subject_ref, "outbox_messages", "content", message_id, msgspec.json.encode(mail))
        row: dict[str, Any] = {
            "id": message_id,
            "kind": Kind(kind).value,
            "topic": topic,
            "org": org,
            "subject_ref": subject_ref,
            "content": sealed,
            "once_key": once_key,
            "batch": batch,
            "state": "queued",
            "attempts": 0,
            "due_at_ms": now_ms,
            "lease_owner": "",
            "lease_until_ms": 0,
            "created_at_ms": now_ms,
            "error": "",
            # A message that is never picked up goes too; sending sets the day anew.
            "erase_on": erase_on(now_ms, days=KEEP_DAYS),
        }
        try:
            async with write_tx():
                await insert(OutboxMessage, row)
                after_commit(self._wake.set)
        except Exception as error:
            if once_key is not None and is_unique_violation(error):
                return None
            raise
        return message_id

    async def send_now(self, mail: Mail, *, org: int | None = None) -> str:
        """Hand a mail in at once, past the queue, and say who took it: for trials, whose outcome somebody waits for.

        Raises `TransportFailed`, ValueError.
        """
        check(mail)
        message = render(mail, message_id=new_id("msg"), sender=self._sender, clock=self._clock)
        await self._transport.send(mail, message, sender=self._sender, org=org)
        return self._transport.taker

    # Sending

    def stop(self) -> None:
        """Let `run` return once the message in hand is sent and recorded."""
        self._is_stopping = True
        self._wake.set()

    async def run(self, *, poll_s: float = 2.0) -> None:
        """Send until `stop`; a failure of the database is logged and survived."""
        while not self._is_stopping:
            self._wake.clear()
            try:
                while not self._is_stopping and await self.send_due():
                    pass
            except Exception:  # noqa: BLE001  # the loop must outlive a database that is away
                _log.exception("outbox.send_failed")
            await self._rest(poll_s)

    async def _rest(self, poll_s: float) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Python 3.11's wait_for, which aiosmtplib uses, can swallow a cancellation.
            raise asyncio.CancelledError
        if self._is_stopping:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(poll_s):
                await self._wake.wait()

    async def send_due(self) -> int:
        """Send what is due, at most `BATCH` messages, and return how many were taken."""
        messages = await self._lease()
        for message in messages:
            if self._is_stopping:
                await execute(_RETRY, self._clock.now_ms(), "", message["id"], self._owner)
                continue
            await self._send(message)
        return len(messages)

    async def _lease(self) -> list[dict[str, Any]]:
        """Take messages for ourselves; also those of a process that died while it had them."""
        now_ms = self._clock.now_ms()
        sql = _LEASE.replace("LIMIT {}", "LIMIT {} FOR UPDATE SKIP LOCKED") if is_postgres() else _LEASE
        return await fetch(sql, self._owner, now_ms + LEASE_MS, now_ms, now_ms, BATCH)

    async def _send(self, row: dict[str, Any]) -> None:
        try:
            mail = self._open(row)
            message = render(mail, message_id=row["id"], sender=self._sender, clock=self._clock)
            await self._transport.send(mail, message, sender=self._sender, org=row["org"])
        except TransportFailed as error:
            await self._failed(row, str(error), is_permanent=error.is_permanent)
        except (KeyProblem, BadEnvelope, msgspec.MsgspecError) as error:
            await self._failed(row, f"unreadable: {error}", is_permanent=True)
        except Exception as error:  # noqa: BLE001  # one bad message must not stop the others
            _log.exception("outbox.message_failed", message=row["id"])
            await self._failed(row, type(error).__name__, is_permanent=False)
        else:
            await self._end(row, "sent", "", FORGET_SENT_AFTER)

    def _open(self, row: dict[str, Any]) -> Mail:
        content = self._keys.decrypt(row["subject_ref"], "outbox_messages", "content", row["id"], row["content"] or "")
        return msgspec.json.decode(content, type=Mail)

    async def _failed(self, row: dict[str, Any], error: str, *, is_permanent: bool) -> None:
        age = timedelta(milliseconds=self._clock.now_ms() - row["created_at_ms"])
        error = redact(error)[:300]
        _log.warning("outbox.delivery_failed", message=row["id"], topic=row["topic"], error=error, final=is_permanent)
        if is_permanent or age >= GIVE_UP_AFTER:
            await self._end(row, "dead", error, FORGET_DEAD_AFTER)
            return
        await execute(_RETRY, self._clock.now_ms() + retry_after_ms(row["attempts"]), error, row["id"], self._owner)

    async def _end(self, row: dict[str, Any], state: str, error: str, forget_after: timedelta) -> None:
        now_ms = self._clock.now_ms()
        await execute(
            _END,
            *(state, error, now_ms, now_ms + int(forget_after.total_seconds() * 1000)),
            *(erase_on(now_ms, days=KEEP_DAYS), row["id"], self._owner),
        )

    # Keeping it clean

    async def forget_content(self) -> int:
        """Drop the content of messages that ended long enough ago (hourly); their envelopes stay until `erase_on`."""
        rows = await fetch(
            "UPDATE outbox_messages SET content = NULL WHERE content IS NOT NULL AND forget_at_ms <= {} RETURNING id",
            self._clock.now_ms(),
        )
        return len(rows)

    async def progress(self, batch: str) -> dict[str, int]:
        """Messages of a batch by state."""
        rows = await fetch("SELECT state, count(*) AS n FROM outbox_messages WHERE batch = {} GROUP BY state", batch)
        return {row["state"]: row["n"] for row in rows}

    async def untried(self, batch: str, tries: int = 1) -> int:
        """How many messages of a batch were not tried that often yet, or are being tried."""
        return int(
            await fetch_value(
                "SELECT count(*) FROM outbox_messages WHERE batch = {} "
                "AND (state = 'leased' OR (state = 'queued' AND attempts < {}))",
                *(batch, tries),
            )
        )

    async def supersede(self, batches: Sequence[str], subject_refs: Sequence[str]) -> None:
        """Give up what waits of these batches for these people: newer mail is about to say more."""
        if not batches or not subject_refs:
            return
        now_ms = self._clock.now_ms()
        of, whose = (", ".join("{}" for _ in names) for names in (batches, subject_refs))
        await execute(
            "UPDATE outbox_messages SET state = 'dead', content = NULL, error = 'superseded', ended_at_ms = {}, "  # noqa: S608  # placeholders
            f"erase_on = {{}} WHERE state = 'queued' AND batch IN ({of}) AND subject_ref IN ({whose})",
            *(now_ms, erase_on(now_ms, days=KEEP_DAYS), *batches, *subject_refs),
        )

    async def counts(self) -> dict[str, int]:
        """Messages by state, for `/metrics` and the doctor."""
        rows = await fetch("SELECT state, count(*) AS n FROM outbox_messages GROUP BY state")
        return {row["state"]: row["n"] for row in rows}


def retry_after_ms(attempts: int) -> int:
    """Twice as long each time up to an hour, and never in step with other messages."""
    delay = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempts - 1, 20))
    return int(delay * random.uniform(0.8, 1.2) * 1000)  # noqa: S311  # spreads load, guards nothing
