"""Kinds of mail that a person switched off: in the cabinet, or by the link in the mail.

Source: privacy clauses right.object, use.mail.incident, use.mail.maintenance.
"""

from __future__ import annotations

from typing import Final, Literal

from obsv import audit
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.keys import KeyStore
from obsv.status import tables
from obsv.status.announcements.types import MailWishes
from obsv.status.links import SignedLinks, link_gone

Optional = Literal["incident", "maintenance"]
OPTIONAL: Final[tuple[Optional, ...]] = ("incident", "maintenance")
PURPOSE: Final = "objection"


class Objections:
    """The only writer of objections."""

    def __init__(self, clock: Clock, keys: KeyStore, base_url: str) -> None:
        self._clock, self._links, self._base_url = clock, SignedLinks(keys), base_url.rstrip("/")

    async def wishes(self, user_id: str) -> MailWishes:
        """What the person gets."""
        rows = await fetch("SELECT kind FROM mail_objections WHERE user_id = {}", user_id)
        return MailWishes(**{kind: kind not in {row["kind"] for row in rows} for kind in OPTIONAL})

    async def choose(self, user_id: str, wanted: MailWishes, *, by: Who) -> MailWishes:
        """Keep it; the objection itself is noted."""
        before = await self.wishes(user_id)
        for kind in OPTIONAL:
            if getattr(before, kind) != getattr(wanted, kind):
                await self._set(user_id, kind, wants=getattr(wanted, kind), by=by)
        return await self.wishes(user_id)

    def link(self, user_id: str, kind: str) -> str:
        """What a mail of this kind has for who wants no more of them."""
        return f"{self._base_url}/mail/unsubscribe?token={self._links.token(PURPOSE, f'{user_id}.{kind}')}"

    async def look(self, token: str) -> tuple[str, Optional]:
        """Whose link it is, and for which kind.  Raises `Gone`."""
        user_id, _, kind = self._links.read(PURPOSE, token).rpartition(".")
        known = await fetch_value("SELECT count(*) FROM users WHERE id = {}", user_id)
        if kind not in OPTIONAL or not known:
            raise link_gone()
        return user_id, kind

    async def follow(self, token: str) -> Optional:
        """Switch the kind off; again is no mistake.  Raises `Gone`."""
        user_id, kind = await self.look(token)
        if getattr(await self.wishes(user_id), kind):
            await self._set(user_id, kind, wants=False, by=Who("user", user_id))
        return kind

    async def _set(self, user_id: str, kind: Optional, *, wants: bool, by: Who) -> None:
        async with write_tx():
            await execute("DELETE FROM mail_objections WHERE user_id = {} AND kind = {}", user_id, kind)
            if not wants:
                row = tables.MailObjection(user_id=user_id, kind=kind, at_ms=self._clock.now_ms())
                await tables.MailObjection.insert(row)
            details = {"kind": kind, "after": "on" if wants else "off"}
            await audit.write("objection.recorded", org=None, actor=by, target=("user", user_id), details=details)
