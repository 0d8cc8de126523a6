"""Support grants: an organisation lets the instance's staff in, for three days at most, and sees who came.

Without one, whoever runs the instance sees nothing of an organisation that they don't belong to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from obsv.accounts.cache import Remembered
from obsv.accounts.orgs import tables
from obsv.accounts.orgs.types import SupportGrantView, SupportVisitView
from obsv.accounts.parts import Parts
from obsv.accounts.registration import letters
from obsv.accounts.scopes import SUPPORT_SCOPES, Role
from obsv.accounts.types import Member
from obsv.audit import Who
from obsv.core.days import erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import fetch, write_tx
from obsv.outbox import Kind

HOUR_MS: Final = 3_600_000
MOST_HOURS: Final = 72
REASON_MAX: Final = 500
KEEP_DAYS: Final = 30
_NOTED: Final = "noted"


class Support:
    """The only writer of support grants and of what is known of their use."""

    def __init__(self, parts: Parts, forget: Callable[[], None]) -> None:
        """`forget` drops what is remembered of everybody's organisations."""
        self._parts, self._forget = parts, forget
        self._noted = Remembered[str](parts.clock, keep_s=60)

    async def grant(self, org: int, role: Role, hours: int, reason: str, *, by: Who) -> SupportGrantView:
        """Let the staff in, as if they had `role`.  Raises `Invalid`."""
        reason = " ".join(reason.split())
        if role not in SUPPORT_SCOPES:
            raise Invalid(f"Let support in as one of {', '.join(SUPPORT_SCOPES)}.", code="bad_role")
        if not 1 <= hours <= MOST_HOURS:
            raise Invalid(f"Let support in for 1 to {MOST_HOURS} hours.", code="bad_hours")
        if len(reason) > REASON_MAX:
            raise Invalid(f"Keep the reason under {REASON_MAX} characters.", code="bad_reason")
        now = self._parts.clock.now_ms()
        expires = now + hours * HOUR_MS
        row = tables.SupportGrant(
            id=new_id("sup"),
            org=org,
            role=role.value,
            reason=reason,
            granted_by=by.ref,
            created_at_ms=now,
            expires_at_ms=expires,
            erase_on=erase_on(expires, days=KEEP_DAYS),
        )
        async with write_tx():
            await tables.SupportGrant.insert(row)
            details = {"role": role.value, "until": expires}
            await self._parts.audit.write(
                "support.granted", org=org, actor=by, target=("support_grant", row.id), details=details
            )
        self._forget()
        return SupportGrantView(row.id, role, reason, by.ref, now, expires, None, [])

    async def revoke(self, org: int, grant_id: str, *, by: Who) -> None:
        """End a grant at once, in other replicas within five seconds.  Raises `NotFound`."""
        now = self._parts.clock.now_ms()
        async with write_tx():
            ended = await fetch(
                "UPDATE support_grants SET revoked_at_ms = {} "
                "WHERE id = {} AND org = {} AND revoked_at_ms IS NULL AND expires_at_ms > {} RETURNING id",
                *(now, grant_id, org, now),
            )
            if not ended:
                raise NotFound("There is no such grant, or it has ended.", code="no_grant")
            target = ("support_grant", grant_id)
            await self._parts.audit.write("support.revoked", org=org, actor=by, target=target)
        self._forget()

    async def listed(self, org: int) -> list[SupportGrantView]:
        """Those of the last month, newest first, with who came in."""
        rows = await fetch("SELECT * FROM support_grants WHERE org = {} ORDER BY created_at_ms DESC, id", org)
        visits = await fetch("SELECT * FROM support_visits WHERE org = {} ORDER BY first_at_ms", org)
        return [_view(row, [visit for visit in visits if visit["grant_id"] == row["id"]]) for row in rows]

    async def open_to(self, user_id: str) -> tuple[Member, ...]:
        """The organisations that let the staff in now, but for those to which this one of them belongs."""
        rows = await fetch(
            "SELECT g.id AS grant_id, g.role, g.expires_at_ms, o.id, o.slug, o.name, o.requires_mfa "
            "FROM support_grants g JOIN organisations o ON o.id = g.org "
            "WHERE g.revoked_at_ms IS NULL AND g.expires_at_ms > {} "
            "AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.org = g.org AND m.user_id = {}) "
            "ORDER BY o.name, g.expires_at_ms",
            *(self._parts.clock.now_ms(), user_id),
        )
        # Of two grants the one that lasts longer counts.
        return tuple({row["id"]: _member(row) for row in rows}.values())

    async def note_visit(self, member: Member, who: Who) -> None:
        """Somebody came in by a grant: once an hour it is written down, the first time the owners are told by mail."""
        key = f"{member.grant_id}:{who.ref}"
        if self._noted.get(key):
            return
        generation, now = self._noted.generation, self._parts.clock.now_ms()
        async with write_tx():
            known = await fetch("SELECT last_at_ms FROM support_visits WHERE id = {}", key)
            if not known or known[0]["last_at_ms"] <= now - HOUR_MS:
                await self._record(key, member, who, now)
                target = ("support_grant", member.grant_id)
                await self._parts.audit.write("support.accessed", org=member.org, actor=who, target=target)
            if not known:
                await self._tell_owners(member, who)
        self._noted.put(key, _NOTED, generation=generation)

    async def _record(self, key: str, member: Member, who: Who, now: int) -> None:
        await fetch(
            "INSERT INTO support_visits (id, grant_id, org, user_id, first_at_ms, last_at_ms, erase_on) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET last_at_ms = {} RETURNING id",
            *(key, member.grant_id, member.org, who.ref, now, now),
            *(erase_on(member.support_until_ms, days=KEEP_DAYS), now),
        )

    async def _tell_owners(self, member: Member, who: Who) -> None:
        visitor = await self._parts.people.get(who.ref)
        owners = await fetch(
            "SELECT user_id FROM memberships WHERE org = {} AND role = {}", member.org, Role.OWNER.value
        )
        for row in owners:
            owner = await self._parts.people.get(row["user_id"])
            if owner is not None and owner.has_verified_email:
                letter = letters.support_came(visitor.name if visitor else "", member.name, member.role.value)
                await letters.send(owner.id, owner.email, "support_accessed", letter, Kind.SECURITY)


def _member(row: dict[str, Any]) -> Member:
    return Member(
        row["id"],
        row["slug"],
        row["name"],
        Role(row["role"]),
        bool(row["requires_mfa"]),
        grant_id=row["grant_id"],
        support_until_ms=row["expires_at_ms"],
    )


def _view(row: dict[str, Any], visits: list[dict[str, Any]]) -> SupportGrantView:
    return SupportGrantView(
        row["id"],
        Role(row["role"]),
        row["reason"],
        row["granted_by"],
        row["created_at_ms"],
        row["expires_at_ms"],
        row["revoked_at_ms"],
        [SupportVisitView(visit["user_id"], "", visit["first_at_ms"], visit["last_at_ms"]) for visit in visits],
    )
