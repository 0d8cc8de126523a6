"""The routing document of each organisation, kept and compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv import audit
from obsv.alertmanager import groups, store
from obsv.alertmanager.compile import compile_routing
from obsv.alertmanager.document import DEFAULT, MAX_BYTES, OWNERS, RoutingDocument
from obsv.alertmanager.notification import Channels
from obsv.alertmanager.routes import Routing
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.errors import Conflict, FieldError, Invalid
from obsv.db import after_commit, execute, fetch, hold_lock, write_tx

_PUT: Final = (
    "INSERT INTO alert_routing (org, document, version, is_applied, updated_at_ms, updated_by) "
    "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (org) DO UPDATE SET document = EXCLUDED.document, "
    "version = EXCLUDED.version, is_applied = EXCLUDED.is_applied, updated_at_ms = EXCLUDED.updated_at_ms, "
    "updated_by = EXCLUDED.updated_by"
)
_DEFAULT: Final = compile_routing(DEFAULT)


@dataclass(frozen=True, slots=True)
class Stored:
    """A document and its history; version 0 is the default, which nobody has changed yet."""

    document: RoutingDocument = DEFAULT
    version: int = 0
    is_applied: bool = False
    updated_at_ms: int = 0
    updated_by: str = ""


class Routings:
    """The only writer of routing documents."""

    def __init__(self, clock: Clock, channels: Channels, changed: Callable[[], object]) -> None:
        """`changed` is called when groups may have to speak earlier than before."""
        self._clock, self._channels, self._changed = clock, channels, changed
        self._compiled: dict[int, Routing] = {}

    async def stored(self, org: int) -> Stored:
        """The document that holds."""
        rows = await fetch(
            "SELECT document, version, is_applied, updated_at_ms, updated_by FROM alert_routing WHERE org = {}", org
        )
        if not rows:
            return Stored()
        row = rows[0]
        document = msgspec.json.decode(row["document"], type=RoutingDocument)
        return Stored(document, row["version"], bool(row["is_applied"]), row["updated_at_ms"], row["updated_by"])

    async def of(self, org: int) -> Routing:
        """The document, ready to be asked; compiled once a version."""
        version = next(
            (int(row["version"]) for row in await fetch("SELECT version FROM alert_routing WHERE org = {}", org)), 0
        )
        if not version:
            return _DEFAULT
        known = self._compiled.get(org)
        if known is None or known.version != version:
            stored = await self.stored(org)
            known = self._compiled[org] = compile_routing(stored.document).at_version(stored.version)
        return known

    async def uses(self, org: int, channel: str) -> list[str]:
        """What of the organisation's own routing names the channel, in words."""
        receivers = (await self.stored(org)).document.receivers
        return [f"the receiver {one.name}" for one in receivers if channel in one.channels and channel != OWNERS]

    async def check(self, org: int, document: RoutingDocument) -> Routing:
        """The document compiled, if it can be used here.  Raises `Invalid` with the places that are wrong."""
        if len(msgspec.json.encode(document)) > MAX_BYTES:
            raise Invalid(f"A routing document has {MAX_BYTES} bytes at most.", code="bad_routing")
        routing = compile_routing(document)
        known = {OWNERS, *await self._channels.names(org)}
        problems = [
            FieldError(f"/receivers/{index}/channels/{place}", f'there is no channel "{channel}"')
            for index, receiver in enumerate(document.receivers)
            for place, channel in enumerate(receiver.channels)
            if channel not in known
        ]
        if problems:
            raise Invalid(
                f"The routing cannot be used: {problems[0].pointer} {problems[0].detail}.",
                code="bad_routing",
                errors=problems,
            )
        return routing

    async def put(
        self, org: int, document: RoutingDocument, *, by: Who, version: int | None = None, is_applied: bool = False
    ) -> Stored:
        """Make it what holds; `version` is the one that it was made from, None for whatever is there.

        All groups begin again, as after a reload of Alertmanager; what channels were told is remembered.  Raises
        `Conflict`, `Invalid`.
        """
        routing = await self.check(org, document)
        now_ms = self._clock.now_ms()
        async with write_tx():
            await hold_lock(store.lock_name(org))
            before = await self.stored(org)
            if version is not None and version != before.version:
                raise Conflict(
                    "Somebody changed the routing meanwhile: look at what is there now, and save again.",
                    code="routing_changed",
                )
            made = Stored(document, before.version + 1, is_applied, now_ms, by.person or by.ref)
            text = msgspec.json.encode(document).decode()
            await execute(_PUT, org, text, made.version, is_applied, now_ms, made.updated_by)
            await groups.group_anew(org, routing, await store.untold_alerts(org, now_ms), now_ms)
            await audit.write("routing.updated", org=org, actor=by, details={"version": made.version})
            after_commit(self._changed)
        return made

    async def reset(self, org: int, *, by: Who) -> None:
        """Back to the default."""
        await self.put(org, DEFAULT, by=by)
