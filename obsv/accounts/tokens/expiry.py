"""Who should hear that an API token ends: two weeks and a day before, and the audit log when it has ended.

What is due is found in the database, and the stage that was told is noted in the transaction of its mail, so each is
told once, however often and wherever the job runs. A stage that was missed is not told after a later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from obsv.accounts.parts import Parts
from obsv.accounts.registration import letters
from obsv.accounts.scopes import ROLE_SCOPES, Role
from obsv.accounts.tokens.stages import ENDS_WITHIN_MS, Stage, stage_at
from obsv.accounts.types import Person
from obsv.audit import SYSTEM
from obsv.db import fetch, write_tx
from obsv.outbox import Kind, Letter

_DUE: Final = """
SELECT t.id, t.kind, t.name, t.org, t.created_by, t.expires_at_ms, t.expiry_stage, o.name AS org_name, o.slug
FROM api_tokens t JOIN organisations o ON o.id = t.org
WHERE t.revoked_at_ms IS NULL AND t.expires_at_ms <= {} AND t.expiry_stage < {}
ORDER BY t.expires_at_ms
"""


@dataclass(frozen=True, slots=True)
class TokenExpiry:
    """The only writer of the stages that were told."""

    parts: Parts
    base_url: str

    async def tell_due(self) -> int:
        """Mail, and write into the audit log, what fell due; for how many tokens."""
        now = self.parts.clock.now_ms()
        rows = await fetch(_DUE, now + max(ENDS_WITHIN_MS.values()), Stage.ENDED.value)
        told = [row for row in rows if await self._tell(row, stage_at(now, row["expires_at_ms"]))]
        return len(told)

    async def _tell(self, row: dict[str, Any], stage: Stage) -> bool:
        if stage <= row["expiry_stage"]:
            return False
        async with write_tx():
            # Of two nodes that found it, one tells.
            noted = await fetch(
                "UPDATE api_tokens SET expiry_stage = {} "
                "WHERE id = {} AND expiry_stage < {} AND revoked_at_ms IS NULL RETURNING id",
                *(stage.value, row["id"], stage.value),
            )
            if not noted:
                return False
            if stage is Stage.ENDED:
                target = ("token", row["id"])
                await self.parts.audit.write("token.expired", org=row["org"], actor=SYSTEM, target=target)
            else:
                await self._mail(row, stage)
        return True

    async def _mail(self, row: dict[str, Any], stage: Stage) -> None:
        maker = await self._maker(row)
        section = "my-tokens" if maker and row["kind"] == "pat" else "tokens"
        letter = _letter(row, stage, f"{self.base_url.rstrip('/')}/app/{row['slug']}/settings/{section}")
        for person in [maker] if maker else await self._owners(row["org"]):
            await letters.send(person.id, person.email, "token_expires", letter, Kind.SECURITY)

    async def _maker(self, row: dict[str, Any]) -> Person | None:
        """Who made it, if they can still make another: of the organisation's own that takes an admin."""
        person = await self._reachable(row["created_by"])
        if person is None:
            return None
        members = await self.parts.organisations.memberships(person.id)
        role = next((member.role for member in members if member.org == row["org"]), None)
        may_renew = role is not None and (row["kind"] == "pat" or "admin:org" in ROLE_SCOPES[role])
        return person if may_renew else None

    async def _owners(self, org: int) -> list[Person]:
        rows = await fetch("SELECT user_id FROM memberships WHERE org = {} AND role = {}", org, Role.OWNER.value)
        found = [await self._reachable(row["user_id"]) for row in rows]
        return [person for person in found if person is not None]

    async def _reachable(self, user_id: str) -> Person | None:
        """The person of an active account with an address that mail reaches."""
        if not user_id or await self.parts.people.login_of(user_id) is None:
            return None
        person = await self.parts.people.get(user_id)
        return person if person is not None and person.has_verified_email else None


def _letter(row: dict[str, Any], stage: Stage, link: str) -> Letter:
    """Says which one, where and when, and leads to where another is made."""
    when = datetime.fromtimestamp(row["expires_at_ms"] / 1000, UTC)
    soon = "in less than a day" if stage is Stage.LAST_DAY else "in less than 14 days"
    return Letter(
        f"The API token {row['name']} ends {soon}",
        ("What uses the token is refused from then on. Make another one, give it to what uses this, and revoke this.",),
        ("Open the settings", link),
        facts={
            "Token": f"{row['name']} ({row['id']})",
            "Organisation": row["org_name"],
            "Ends": f"{when:%d %B %Y, %H:%M} UTC",
        },
        closing="Nothing needs to be done about a token that nobody uses any more.",
    )
