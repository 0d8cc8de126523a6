"""Help for who lost every factor: whoever runs the instance asks, the account's owner has three days to say no.

The delay is what makes it safe to offer over the network: somebody who talked an administrator into it, or is one, gets
nowhere while the owner reads mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsv.accounts.factors import notices, tables
from obsv.accounts.factors.enrolled import enrolled
from obsv.accounts.factors.notices import Notices
from obsv.accounts.factors.removal import Removal
from obsv.accounts.links import LIVES_MS, LinkKind
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.types import Origin
from obsv.audit import Who
from obsv.core.errors import Conflict, NotFound
from obsv.db import execute, fetch, fetch_value, write_tx

DELAY_MS: Final = LIVES_MS[LinkKind.KEEP_FACTORS]
_ASKED: Final = Origin(ua_family="the cabinet of the instance, three days ago")


@dataclass(frozen=True, slots=True)
class AssistedRemoval:
    """The only writer of what waits to be removed."""

    parts: Parts
    removal: Removal
    notices: Notices
    base_url: str

    async def ask(self, user_id: str, *, by: Who) -> int:
        """When the factors will be gone, in Unix ms; the person is told now, and can keep them until then.

        Raises `NotFound`, `Conflict` (there is none; it was asked for already).
        """
        if await self.parts.people.get(user_id) is None:
            raise NotFound("There is no such account.", code="no_user")
        if not (await enrolled(user_id)).any:
            raise Conflict("This account has no second factor.", code="no_factor")
        now = self.parts.clock.now_ms()
        due = now + DELAY_MS
        async with write_tx():
            if await self.due_at(user_id) is not None:
                raise Conflict("That was asked for already, and waits for its time.", code="asked_already")
            row = tables.FactorRemoval(user_id=user_id, asked_by=by.ref, asked_at_ms=now, due_at_ms=due)
            await tables.FactorRemoval.insert(row)
            code = await self.parts.links.make(LinkKind.KEEP_FACTORS, user_id)
            notice = notices.removal_asked(f"{self.base_url.rstrip('/')}/factors/keep?code={code}")
            await self.notices.send(user_id, notice, Origin(by.ip_trunc, by.ua_family))
            await self.parts.audit.write("factors.removal_asked", org=None, actor=by, target=("user", user_id))
        return due

    async def due_at(self, user_id: str) -> int | None:
        """When a person's factors will be removed, in Unix ms; None when nobody asked."""
        due = await fetch_value("SELECT due_at_ms FROM factor_removals WHERE user_id = {}", user_id)
        return None if due is None else int(due)

    async def keep(self, code: str, origin: Origin) -> None:
        """The person says no, by the link in the mail.  Raises `Gone`."""
        async with write_tx():
            link = await self.parts.links.use(LinkKind.KEEP_FACTORS, code)
            await self._drop(link.user_id, who(link.user_id, origin))

    async def take_back(self, user_id: str, *, by: Who) -> None:
        """Whoever runs the instance thinks again.  Raises `NotFound`."""
        async with write_tx():
            await self.parts.links.void(LinkKind.KEEP_FACTORS, user_id)
            await self._drop(user_id, by)

    async def remove_due(self) -> int:
        """Remove the factors whose time has come; how many people that were."""
        now = self.parts.clock.now_ms()
        due = [row["user_id"] for row in await fetch("SELECT user_id FROM factor_removals WHERE due_at_ms <= {}", now)]
        for user_id in due:
            async with write_tx():
                await execute("DELETE FROM factor_removals WHERE user_id = {}", user_id)
                await self.removal.all_of(user_id, _ASKED)
        return len(due)

    async def _drop(self, user_id: str, by: Who) -> None:
        gone = await fetch("DELETE FROM factor_removals WHERE user_id = {} RETURNING user_id", user_id)
        if not gone:
            raise NotFound("Nobody asked to remove this account's second factors.", code="not_asked")
        await self.parts.audit.write("factors.removal_cancelled", org=None, actor=by, target=("user", user_id))
