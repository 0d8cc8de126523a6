"""One letter to many, each person once: queued batch by batch into the outbox, so that it can be paused and watched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol, cast

import msgspec

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, is_postgres, is_unique_violation, write_tx
from obsv.outbox import Kind, Letter, compose, enqueue, outbox, progress
from obsv.status import tables
from obsv.status.types import MailingView

BATCH: Final = 50
MOST_WAITING: Final = 200
"""Mails of one mailing that wait in the outbox; the next batch comes when they left, and a pause holds all others."""
TRIES: Final = 4
"""After so many a mail holds up no other one: a few hundred mailboxes that are full must not keep all from reading."""
KEEP_DAYS: Final = 30

Source = Literal["incident", "maintenance", "announcement"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets it; `unsubscribe_url` takes a POST without a body (RFC 8058), "" for mail that all must get."""

    id: str
    subject_ref: str
    email: str
    closing: str
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a mailing tells of: `ref` is told once, `topic` and `kind` are the outbox's.

    Mailings whose refs are alike up to a colon tell of one thing, and each person reads them in their order.
    """

    source: Source
    ref: str
    kind: Kind
    topic: str
    org: int | None = None


class Audience(Protocol):
    """Who gets the mailings of a source; `wish` is what the mailing was begun with."""

    async def count(self, wish: bytes) -> int: ...

    async def after(self, wish: bytes, cursor: str, limit: int) -> Sequence[Recipient]:
        """The next ones by id."""
        ...


Done = Callable[[str], Awaitable[None]]
"""Called in the transaction of a mailing's last batch, with what it told of."""


class Mailings:
    """The only writer of mailings."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._audiences: dict[str, Audience] = {}
        self._done: dict[str, Done] = {}

    def serve(self, source: Source, audience: Audience, done: Done | None = None) -> None:
        """Say who gets the mailings of a source."""
        self._audiences[source] = audience
        if done is not None:
            self._done[source] = done

    async def begin(self, told: Told, letter: Letter, wish: bytes) -> str | None:
        """Begin a mailing in the current transaction; None if this was told before, or nobody is there to tell."""
        total = await self._audiences[told.source].count(wish)
        if not total:
            return None
        now, mailing_id = self._clock.now_ms(), new_id("mlg")
        last = await fetch_value("SELECT max(created_at_ms) FROM mailings WHERE source_ref LIKE {}", _alike(told.ref))
        row = tables.Mailing(
            id=mailing_id,
            org=told.org,
            source=told.source,
            source_ref=told.ref,
            kind=told.kind.value,
            topic=told.topic,
            letter=msgspec.json.encode(letter).decode(),
            audience=wish.decode(),
            state="sending",
            cursor="",
            total=total,
            queued=0,
            created_at_ms=max(now, (last or 0) + 1),
            erase_on=erase_on(now, days=KEEP_DAYS),
        )
        try:
            async with write_tx():
                await tables.Mailing.insert(row)
        except Exception as error:
            if is_unique_violation(error):
                return None
            raise
        return mailing_id

    async def pause(self, ref: str) -> bool:
        """Queue no more of it; whether there was something to pause."""
        return await self._move(ref, "sending", "paused")

    async def resume(self, ref: str) -> bool:
        """Go on where it was paused."""
        return await self._move(ref, "paused", "sending")

    async def run(self) -> int:
        """Queue what may be queued now; how many mails that was."""
        queued = 0
        for row in await fetch("SELECT * FROM mailings WHERE state = 'sending' ORDER BY created_at_ms, id"):
            earlier = await fetch(
                "SELECT id, state FROM mailings WHERE source_ref LIKE {} AND created_at_ms < {} "
                "ORDER BY created_at_ms DESC",
                *(_alike(row["source_ref"]), row["created_at_ms"]),
            )
            # The last but one was tried before the last began.
            if earlier and (earlier[0]["state"] != "done" or await outbox().untried(earlier[0]["id"])):
                continue
            while made := await self._batch(row["id"], [one["id"] for one in earlier]):
                queued += made
        return queued

    async def views(self, refs: Sequence[str]) -> dict[str, MailingView]:
        """How far the mailings are that told of these."""
        if not refs:
            return {}
        marks = ", ".join("{}" for _ in refs)
        rows = await fetch(f"SELECT * FROM mailings WHERE source_ref IN ({marks})", *refs)  # noqa: S608  # placeholders
        return {row["source_ref"]: await _view(row) for row in rows}

    async def views_of(self, ref: str) -> list[MailingView]:
        """Those that told of a maintenance, in order; their refs are `<id>:<phase>`."""
        rows = await fetch("SELECT * FROM mailings WHERE source_ref LIKE {} ORDER BY created_at_ms, id", _alike(ref))
        return [await _view(row) for row in rows]

    async def _move(self, ref: str, before: str, after: str) -> bool:
        sql = "UPDATE mailings SET state = {} WHERE source_ref = {} AND state = {} RETURNING id"
        return bool(await fetch(sql, after, ref, before))

    async def _batch(self, mailing_id: str, earlier: Sequence[str]) -> int:
        """Queue the next ones and move the cursor, or neither; what they did not get of earlier ones is out of date."""
        if await outbox().untried(mailing_id, TRIES) >= MOST_WAITING:
            return 0
        lock = " FOR UPDATE" if is_postgres() else ""
        async with write_tx():
            rows = await fetch(
                f"SELECT * FROM mailings WHERE id = {{}} AND state = 'sending'{lock}",  # noqa: S608  # our words
                mailing_id,
            )
            if not rows:
                return 0
            row = rows[0]
            people = await self._audiences[row["source"]].after(row["audience"].encode(), row["cursor"], BATCH)
            letter = msgspec.json.decode(row["letter"], type=Letter)
            await outbox().supersede(earlier, [person.subject_ref for person in people])
            for person in people:
                await _enqueue(row, letter, person)
            cursor = people[-1].id if people else row["cursor"]
            is_last = len(people) < BATCH
            await execute(
                "UPDATE mailings SET cursor = {}, queued = queued + {}, state = {} WHERE id = {}",
                *(cursor, len(people), "done" if is_last else "sending", mailing_id),
            )
            if is_last and row["source"] in self._done:
                await self._done[row["source"]](row["source_ref"])
        return 0 if is_last else len(people)


def _alike(ref: str) -> str:
    """Which refs tell of the same thing."""
    return f"{ref.partition(':')[0]}:%"


async def _enqueue(row: Mapping[str, Any], letter: Letter, person: Recipient) -> None:
    mail = compose(person.email, replace(letter, closing=person.closing))
    if person.unsubscribe_url:
        headers = {
            "List-Unsubscribe": f"<{person.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        mail = msgspec.structs.replace(mail, headers=headers)
    await enqueue(
        mail,
        kind=Kind(row["kind"]),
        topic=row["topic"],
        subject_ref=person.subject_ref,
        org=row["org"],
        once_key=f"{row['id']}:{person.id}",
        batch=row["id"],
    )


async def _view(row: Mapping[str, Any]) -> MailingView:
    states = await progress(row["id"])
    return MailingView(
        id=row["id"],
        topic=row["topic"],
        state=cast('Literal["sending", "paused", "done"]', row["state"]),
        total=max(row["total"], row["queued"]),
        queued=row["queued"],
        sent=states.get("sent", 0),
        failed=states.get("dead", 0),
        created_at_ms=row["created_at_ms"],
    )
