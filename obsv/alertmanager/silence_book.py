"""Silences in the database: made, changed and ended as Alertmanager does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import msgspec

from obsv import audit
from obsv.alertmanager.intervals import TimeIntervalText, read_interval
from obsv.alertmanager.matchers import Matcher
from obsv.alertmanager.silences import Silence, can_update, problem_of
from obsv.alertmanager.store import lock_name
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

KEPT_DAYS: Final = 5
MOST: Final = 1000
MAX_MATCHERS: Final = 50
MAX_COMMENT: Final = 2000
_COLUMNS: Final = "id, matchers, times, starts_at_ms, ends_at_ms, updated_at_ms, created_by, comment"
_PUT: Final = (
    "INSERT INTO silences (id, org, matchers, times, starts_at_ms, ends_at_ms, updated_at_ms, created_by, comment, "
    "erase_on) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET "
    "starts_at_ms = EXCLUDED.starts_at_ms, ends_at_ms = EXCLUDED.ends_at_ms, updated_at_ms = EXCLUDED.updated_at_ms, "
    "created_by = EXCLUDED.created_by, comment = EXCLUDED.comment, erase_on = EXCLUDED.erase_on"
)


@dataclass(frozen=True, slots=True)
class SilenceWish:
    """A silence to be made, or (with the `id` of one that is there) as it shall be; `starts_at_ms` 0 is now."""

    matchers: tuple[Matcher, ...]
    starts_at_ms: int
    ends_at_ms: int
    created_by: str
    comment: str
    times: tuple[TimeIntervalText, ...] = ()
    id: str = ""


class SilenceBook:
    """The only writer of silences."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def every(self, org: int) -> list[Silence]:
        """All that are kept: those that hold, next to end first; those to come, next first; those that ended."""
        now_ms = self._clock.now_ms()
        found = [_read(row) for row in await fetch(f"SELECT {_COLUMNS} FROM silences WHERE org = {{}}", org)]  # noqa: S608
        order = {"active": 0, "pending": 1, "expired": 2}

        def place(one: Silence) -> tuple[int, int]:
            state = one.state(now_ms)
            when = {"active": one.ends_at_ms, "pending": one.starts_at_ms, "expired": -one.ends_at_ms}[state]
            return order[state], when

        return sorted(found, key=place)

    async def holding(self, org: int) -> list[Silence]:
        """Those that may mute something now."""
        now_ms = self._clock.now_ms()
        sql = f"SELECT {_COLUMNS} FROM silences WHERE org = {{}} AND ends_at_ms >= {{}} AND starts_at_ms <= {{}}"  # noqa: S608
        return [_read(row) for row in await fetch(sql, org, now_ms, now_ms)]

    async def get(self, org: int, silence_id: str) -> Silence:
        """Raises `NotFound`."""
        found = await self._find(org, silence_id)
        if found is None:
            raise NotFound("There is no such silence.", code="no_silence")
        return found

    async def put(self, org: int, wish: SilenceWish, *, by: Who) -> Silence:
        """Make or change one; what would rewrite the past ends the old one and makes a new one.

        Raises `Invalid`, `NotFound`.
        """
        now_ms = self._clock.now_ms()
        wish = replace(wish, starts_at_ms=wish.starts_at_ms or now_ms)
        _check(wish, now_ms)
        async with write_tx():
            await hold_lock(lock_name(org))
            before = await self.get(org, wish.id) if wish.id else None
            made = _made(wish, now_ms)
            if before is not None and can_update(before, made, now_ms):
                await self._write(org, made)
                await audit.write("silence.updated", org=org, actor=by, target=("silence", made.id))
                return made
            if await fetch_value("SELECT count(*) FROM silences WHERE org = {}", org) >= MOST:
                raise Invalid(f"An organisation keeps {MOST} silences: those that ended go after {KEPT_DAYS} days.")
            made = replace(made, id=str(uuid.uuid4()), starts_at_ms=max(made.starts_at_ms, now_ms))
            if before is not None and before.state(now_ms) != "expired":
                await self._write(org, _ended(before, now_ms))
            await self._write(org, made)
            await audit.write("silence.created", org=org, actor=by, target=("silence", made.id))
        return made

    async def expire(self, org: int, silence_id: str, *, by: Who) -> None:
        """End it now; one that ended already stays as it is.  Raises `NotFound`."""
        async with write_tx():
            await hold_lock(lock_name(org))
            before, now_ms = await self.get(org, silence_id), self._clock.now_ms()
            if before.state(now_ms) == "expired":
                return
            await self._write(org, _ended(before, now_ms))
            await audit.write("silence.deleted", org=org, actor=by, target=("silence", silence_id))

    async def _find(self, org: int, silence_id: str) -> Silence | None:
        rows = await fetch(f"SELECT {_COLUMNS} FROM silences WHERE org = {{}} AND id = {{}}", org, silence_id)  # noqa: S608
        return _read(rows[0]) if rows else None

    async def _write(self, org: int, one: Silence) -> None:
        matchers = [[matcher.name, matcher.operator, matcher.value] for matcher in one.matchers]
        await execute(
            _PUT,
            one.id,
            org,
            msgspec.json.encode(matchers).decode(),
            msgspec.json.encode(one.times).decode(),
            one.starts_at_ms,
            one.ends_at_ms,
            one.updated_at_ms,
            one.created_by,
            one.comment,
            erase_on(one.ends_at_ms, days=KEPT_DAYS),
        )


def _check(wish: SilenceWish, now_ms: int) -> None:
    """Raise `Invalid` as Alertmanager words it."""
    problem = problem_of(wish.matchers)
    if problem:
        raise Invalid(f"invalid silence: {problem}", code="bad_silence")
    if wish.starts_at_ms >= wish.ends_at_ms:
        raise Invalid("Failed to create silence: start time must be before end time", code="bad_silence")
    if wish.ends_at_ms < now_ms:
        raise Invalid("Failed to create silence: end time can't be in the past", code="bad_silence")
    if wish.ends_at_ms > 253_370_764_800_000:
        raise Invalid("invalid silence: it ends after the year 9998", code="bad_silence")
    if len(wish.matchers) > MAX_MATCHERS or len(wish.comment) > MAX_COMMENT or len(wish.created_by) > 200:
        raise Invalid(
            f"A silence has {MAX_MATCHERS} matchers and a comment of {MAX_COMMENT} characters at most; its author 200.",
            code="bad_silence",
        )
    words = (wish.comment, wish.created_by, *(one.name for one in wish.matchers), *(one.value for one in wish.matchers))
    if any("\x00" in word for word in words):
        raise Invalid("A silence holds no NUL.", code="bad_silence")
    for one in wish.times:
        try:
            read_interval(one)
        except ValueError as wrong:
            raise Invalid(f"The times of the silence cannot be used: {wrong}", code="bad_silence") from None


def _made(wish: SilenceWish, now_ms: int) -> Silence:
    return Silence(
        id=wish.id,
        matchers=wish.matchers,
        starts_at_ms=wish.starts_at_ms,
        ends_at_ms=wish.ends_at_ms,
        updated_at_ms=now_ms,
        created_by=wish.created_by,
        comment=wish.comment,
        times=wish.times,
        intervals=tuple(read_interval(one) for one in wish.times),
    )


def _ended(before: Silence, now_ms: int) -> Silence:
    # One millisecond ago, so that it is over in this one.
    starts_at_ms = min(before.starts_at_ms, now_ms - 1)
    return replace(before, starts_at_ms=starts_at_ms, ends_at_ms=now_ms - 1, updated_at_ms=now_ms)


@lru_cache(maxsize=2000)
def _matchers(text: str) -> tuple[Matcher, ...]:
    return tuple(Matcher(*one) for one in msgspec.json.decode(text))


def _read(row: Mapping[str, Any]) -> Silence:
    times: Sequence[TimeIntervalText] = msgspec.json.decode(row["times"], type=tuple[TimeIntervalText, ...])
    return Silence(
        id=row["id"],
        matchers=_matchers(row["matchers"]),
        starts_at_ms=row["starts_at_ms"],
        ends_at_ms=row["ends_at_ms"],
        updated_at_ms=row["updated_at_ms"],
        created_by=row["created_by"],
        comment=row["comment"],
        times=tuple(times),
        intervals=tuple(read_interval(one) for one in times),
    )
