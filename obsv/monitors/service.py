"""The only writer of what people decide about monitors, and what other features ask about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from obsv import audit
from obsv.audit import Who
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.core.ids import new_id, random_token
from obsv.db import after_commit, execute, fetch, insert
from obsv.monitors import availability, store, tables
from obsv.monitors.heartbeats import due_anew
from obsv.monitors.machine import Standing, State, turn
from obsv.monitors.model import Heartbeat, Monitor, problems
from obsv.monitors.ports import Ports, known_for
from obsv.monitors.probe import Asking, call_of, carry_out
from obsv.monitors.record import Found, moved, record, recording
from obsv.monitors.secrets import Safe, Secrets, joined, ping_hash, split
from obsv.monitors.store import Kept
from obsv.monitors.types import Copy, Day, MonitorChange, Result, Saved

NONE: Final = Secrets()
KEY_MAX: Final = 80
NAME_MAX: Final = 100


class Monitors:
    """Everything that changes a monitor; each change with its audit event.  `told` hears of each."""

    def __init__(self, ports: Ports, told: Callable[[], None] = lambda: None) -> None:
        self._ports, self._told = ports, told

    # What other features ask

    async def states(self, org: int) -> dict[str, State]:
        """What each of the organisation's monitors is now, by id."""
        rows = await fetch("SELECT monitor_id, state FROM monitor_standings WHERE org = {}", org)
        return {row["monitor_id"]: State(row["state"]) for row in rows}

    async def days(self, org: int, monitor_ids: Sequence[str], days: int = 90) -> dict[str, list[Day]]:
        """The last days (UTC) of each, oldest first, with today as far as it went."""
        return await availability.by_day(org, monitor_ids, days, self._ports.clock.now_ms())

    # What people decide

    async def create(self, org: int, monitor: Monitor, *, by: Who) -> Saved:
        """A new one.  Raises `Conflict` where key or name are taken, `Invalid`."""
        return await self.put(org, MonitorChange(monitor, version=0), by=by)

    async def put(
        self, org: int, change: MonitorChange, *, by: Who, monitor_id: str = "", is_applied: bool = False
    ) -> Saved:
        """Make it so; nothing is written where it is so already.  With a `monitor_id` the key may become another.

        Raises `Conflict` where another version is there than the one it was made from, or the name is taken; `Invalid`.
        """
        monitor = change.monitor
        if wrong := problems(monitor):
            raise Invalid(f"{wrong[0].pointer.strip('/')}: {wrong[0].detail}.", code="bad_monitor", errors=wrong)
        most = await self._ports.most(org)
        async with recording():
            kept = await store.find(org, monitor_id or monitor.key)
            if kept is None:
                if change.version or monitor_id:
                    raise NotFound("There is no such monitor any more: it was deleted meanwhile.", code="no_monitor")
                return await self._insert(org, monitor, most, by, is_applied=is_applied)
            if change.version == 0:
                raise Conflict(f"There is a monitor of the key {monitor.key} already.", code="key_taken")
            if change.version is not None and change.version != kept.version:
                raise Conflict(
                    f"It was changed meanwhile: version {kept.version} is there, not {change.version}.",
                    code="version_conflict",
                    facts={"current_version": kept.version, "updated_at_ms": kept.updated_at_ms},
                )
            return await self._update(kept, monitor, by, is_applied=is_applied)

    async def delete(self, org: int, monitor_id: str, *, by: Who) -> None:
        """For good, with its history; its samples stay as long as all others.  Raises `NotFound`."""
        async with recording():
            kept = await self.find(org, monitor_id)
            await store.delete(org, kept.id)
            await self._tell("monitor.deleted", kept, by)

    async def pause(self, org: int, monitor_id: str, *, by: Who) -> None:
        """Check it no more until it is resumed.  Raises `NotFound`."""
        await self._set_paused(org, monitor_id, by, is_paused=True)

    async def resume(self, org: int, monitor_id: str, *, by: Who) -> None:
        """Check it again, at once.  Raises `NotFound`."""
        await self._set_paused(org, monitor_id, by, is_paused=False)

    async def duplicate(self, org: int, monitor_id: str, wish: Copy, *, by: Who) -> Saved:
        """A copy with its secrets, paused; a heartbeat gets an address of its own.  Raises `NotFound`, `Conflict`."""
        most = await self._ports.most(org)
        async with recording():
            kept = await self.find(org, monitor_id)
            key, name = await self._free(org, kept.monitor, wish)
            copied = msgspec.structs.replace(kept.monitor, key=key, name=name, is_paused=True)
            secrets = msgspec.structs.replace(self._secrets(kept), ping_id="")
            return await self._insert(org, copied, most, by, secrets=secrets)

    async def renew_address(self, org: int, monitor_id: str, *, by: Who) -> str:
        """Give a heartbeat another address; the old one is gone.  The new id.  Raises `NotFound`, `Invalid`."""
        async with recording():
            kept = await self.find(org, monitor_id)
            if kept.monitor.kind != "heartbeat":
                raise Invalid("Only a heartbeat has an address to report to.", code="no_heartbeat")
            ping_id = random_token(18)
            sealed = await self._safe().seal(org, kept.id, Secrets(ping_id=ping_id))
            await execute(
                "UPDATE monitors SET secrets_enc = {}, ping_hash = {}, version = version + 1 WHERE id = {}",
                *(sealed, ping_hash(ping_id), kept.id),
            )
            await self._tell("monitor.address_changed", kept, by)
        return ping_id

    async def test(self, org: int, monitor: Monitor, *, by: Who, monitor_id: str = "") -> Result:
        """Check once and keep nothing of it; secrets that are None are those of `monitor_id`.

        Raises `Invalid`, `NotFound`.
        """
        if wrong := problems(monitor):
            raise Invalid(f"{wrong[0].pointer.strip('/')}: {wrong[0].detail}.", code="bad_monitor", errors=wrong)
        if monitor.kind == "heartbeat":
            raise Invalid("A heartbeat is waited for, not asked: call its address.", code="not_asked")
        kept = await self.find(org, monitor_id) if monitor_id else None
        bare, secrets = split(monitor, self._secrets(kept), kept.monitor if kept else None)
        await audit.write("monitor.tested", org=org, actor=by, target=("monitor", kept.id if kept else ""))
        call = call_of(org, kept.id if kept else "test")
        asking = Asking(self._ports.egress(), call, self._ports.clock.now_ms(), monitor.timeout_s)
        return await carry_out(asking, joined(bare, secrets).check)

    async def find(self, org: int, monitor_id: str) -> Kept:
        """The one of this id or key.  Raises `NotFound`."""
        kept = await store.find(org, monitor_id)
        if kept is None:
            raise NotFound("There is no such monitor.", code="no_monitor")
        return kept

    async def known(self, org: int, key: str) -> Kept | None:
        """The one of this key, if there is one."""
        return await store.find(org, key)

    def ping_id(self, kept: Kept) -> str:
        """Where a heartbeat reports in; empty for others."""
        return self._secrets(kept).ping_id

    def with_secrets(self, kept: Kept) -> Monitor:
        """The monitor as it is checked."""
        return joined(kept.monitor, self._secrets(kept))

    def _safe(self) -> Safe:
        return Safe(self._ports.keys())

    def _secrets(self, kept: Kept | None) -> Secrets:
        return self._safe().open(kept.org, kept.id, kept.secrets_enc) if kept else Secrets()

    async def _insert(
        self, org: int, monitor: Monitor, most: int, by: Who, *, is_applied: bool = False, secrets: Secrets = NONE
    ) -> Saved:
        if await store.count(org) >= most:
            raise Invalid(f"The plan allows {most} monitors: delete one that nobody needs.", code="plan_limit")
        await self._require_free_name(org, monitor.name)
        monitor_id, now_ms = new_id("mon"), self._ports.clock.now_ms()
        bare, secrets = split(monitor, secrets, None)
        row = {
            "id": monitor_id,
            "org": org,
            **_shown(bare),
            "secrets_enc": await self._safe().seal(org, monitor_id, secrets),
            "ping_hash": ping_hash(secrets.ping_id) if secrets.ping_id else None,
            "version": 1,
            "is_applied": is_applied,
            **dict.fromkeys(("created_at_ms", "updated_at_ms"), now_ms),
            **dict.fromkeys(("created_by", "updated_by"), by.person or by.ref),
        }
        await insert(tables.MonitorRow, row)
        await store.insert_standing(org, monitor_id, monitor.kind, _first(monitor, now_ms))
        await self._tell("monitor.created", monitor_id, by, org=org)
        return Saved(monitor_id, monitor.key, 1, is_new=True, is_changed=True)

    async def _update(self, kept: Kept, monitor: Monitor, by: Who, *, is_applied: bool) -> Saved:
        old = kept.monitor
        if old.kind != monitor.kind:
            raise Conflict(f"It is of the kind {old.kind}: make a new monitor for {monitor.kind}.", code="kind_differs")
        await self._require_free_name(kept.org, monitor.name, but=kept.id)
        if monitor.key != kept.key and await store.find(kept.org, monitor.key) is not None:
            raise Conflict(f"There is a monitor of the key {monitor.key} already.", code="key_taken")
        before = self._secrets(kept)
        bare, secrets = split(monitor, before, old)
        shown = _shown(bare)
        if shown["document"] == kept.document and secrets == before and kept.is_applied >= is_applied:
            return Saved(kept.id, kept.key, kept.version, is_new=False, is_changed=False)
        await execute(
            "UPDATE monitors SET key = {}, name = {}, kind = {}, target = {}, tags = {}, document = {}, "
            "secrets_enc = {}, version = {}, is_applied = {}, updated_at_ms = {}, updated_by = {} WHERE id = {}",
            *shown.values(),
            *(await self._safe().seal(kept.org, kept.id, secrets), kept.version + 1, kept.is_applied or is_applied),
            *(self._ports.clock.now_ms(), by.person or by.ref, kept.id),
        )
        await self._restand(kept, monitor, is_same_check=old.check == bare.check and secrets == before)
        await self._tell("monitor.updated", kept, by)
        return Saved(kept.id, kept.key, kept.version + 1, is_new=False, is_changed=True)

    async def _set_paused(self, org: int, monitor_id: str, by: Who, *, is_paused: bool) -> None:
        async with recording():
            kept = await self.find(org, monitor_id)
            if kept.monitor.is_paused is is_paused:
                return
            monitor = msgspec.structs.replace(kept.monitor, is_paused=is_paused)
            await execute(
                "UPDATE monitors SET document = {}, version = version + 1, updated_at_ms = {}, updated_by = {} "
                "WHERE id = {}",
                *(store.encode(monitor), self._ports.clock.now_ms(), by.person or by.ref, kept.id),
            )
            await self._restand(kept, monitor, is_same_check=True)
            await self._tell("monitor.paused" if is_paused else "monitor.resumed", kept, by)

    async def _restand(self, kept: Kept, monitor: Monitor, *, is_same_check: bool) -> None:
        """What an edit makes of how it stands: paused, or checked at once."""
        stood, now_ms = await store.standing_of(kept.id), self._ports.clock.now_ms()
        if stood is None:
            return
        before = stood.standing
        was_paused = before.state is State.PAUSED
        if monitor.is_paused:
            found = turn(before, State.PAUSED, now_ms, known_for(kept.monitor), "somebody paused it")
        elif was_paused or not (is_same_check or monitor.kind == "heartbeat"):
            said = "somebody resumed it" if was_paused else "another check was set"
            found = turn(before, State.PENDING, now_ms, known_for(kept.monitor), said)
        else:
            found = turn(before, before.state, now_ms, known_for(kept.monitor))
        due_at_ms = now_ms
        if isinstance(monitor.check, Heartbeat):
            is_same = monitor.check == kept.monitor.check and not was_paused
            due_at_ms = before.due_at_ms if is_same else due_anew(before, monitor.check, now_ms)
        found = replace(found, standing=replace(found.standing, due_at_ms=due_at_ms))
        await record([Found(kept.org, kept.id, before.seq, moved(found, before))])

    async def _require_free_name(self, org: int, name: str, but: str = "") -> None:
        taken = await store.named(org, name)
        if taken is not None and taken != but:
            raise Conflict(f"Another monitor is called {name}: series are told apart by it.", code="name_taken")

    async def _free(self, org: int, monitor: Monitor, wish: Copy) -> tuple[str, str]:
        """A key and a name that nobody has."""
        keys = {one.key for one in await store.every(org)}
        base = re.sub(r"-copy(-\d+)?$", "", monitor.key)[: KEY_MAX - 10] + "-copy"
        called = re.sub(r" \(copy( \d+)?\)$", "", monitor.name)[: NAME_MAX - 12]
        for number in range(1, 10_000):
            key = wish.key or (base if number == 1 else f"{base}-{number}")
            name = wish.name or f"{called} (copy)" if number == 1 else f"{called} (copy {number})"
            if key not in keys and await store.named(org, name) is None:
                return key, name
            if wish.key in keys or (wish.name and await store.named(org, wish.name)):
                break
        raise Conflict("Another monitor has this key or name.", code="key_taken")

    async def _tell(self, event: str, what: Kept | str, by: Who, *, org: int = 0) -> None:
        target, told_org = (what.id, what.org) if isinstance(what, Kept) else (what, org)
        await audit.write(event, org=told_org, actor=by, target=("monitor", target))
        after_commit(self._told)


def _first(monitor: Monitor, now_ms: int) -> Standing:
    """How a new monitor stands: due at once, or when it is first heard of."""
    return Standing(
        state=State.PAUSED if monitor.is_paused else State.PENDING,
        since_at_ms=now_ms,
        accounted_at_ms=now_ms,
        due_at_ms=0 if monitor.kind == "heartbeat" else now_ms,
    )


def _shown(monitor: Monitor) -> Mapping[str, object]:
    return {
        "key": monitor.key,
        "name": monitor.name,
        "kind": monitor.kind,
        "target": monitor.target[:2000],
        "tags": "\n".join(monitor.tags),
        "document": store.encode(monitor),
    }
