"""All accounts, for who runs the instance: found, shut, opened again, helped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from obsv.accounts.instance.types import InstanceUser, InstanceUserList
from obsv.accounts.parts import Parts
from obsv.accounts.people import ACTIVE
from obsv.accounts.registration import PasswordChange
from obsv.audit import Who
from obsv.core.errors import Conflict, NotFound
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

PAGE: Final = 50
DISABLED: Final = "disabled"

_SQL: Final = """
SELECT u.id, u.status, u.is_instance_admin, u.created_at_ms,
    (SELECT COUNT(*) FROM memberships m WHERE m.user_id = u.id) AS organisations,
    (SELECT MAX(s.last_seen_at_ms) FROM sessions s WHERE s.user_id = u.id AND s.pending = '') AS last_seen_at_ms,
    (SELECT COUNT(*) FROM totp_secrets t WHERE t.user_id = u.id)
        + (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = u.id) AS factors,
    (SELECT r.due_at_ms FROM factor_removals r WHERE r.user_id = u.id) AS factors_gone_at_ms
FROM users u
"""


class Users:
    """Accounts from outside; what they do in their organisations is not seen here."""

    def __init__(self, parts: Parts, passwords: PasswordChange, forget: Callable[[str], None]) -> None:
        """`forget` drops what is remembered of a person's organisations."""
        self._parts, self._passwords, self._forget_member = parts, passwords, forget

    async def listed(self, *, email: str, before: str) -> InstanceUserList:
        """A page of them, newest first; with `email` the one who has this address."""
        if email:
            rows = await fetch(f"{_SQL} WHERE u.email_index = {{}}", self._parts.people.index(email))
        elif before:
            rows = await fetch(f"{_SQL} WHERE u.id < {{}} ORDER BY u.id DESC LIMIT {{}}", before, PAGE + 1)
        else:
            rows = await fetch(f"{_SQL} ORDER BY u.id DESC LIMIT {{}}", PAGE + 1)
        shown = [await self._view(row) for row in rows[:PAGE]]
        return InstanceUserList(shown, shown[-1].id if len(rows) > PAGE else None)

    async def disable(self, user_id: str, *, by: Who) -> None:
        """Shut an account: sessions end, signing in is refused like a wrong password.  Raises `NotFound`, `Conflict`.

        Nobody shuts themself out, and nobody the last one who runs the instance.
        """
        if user_id == by.ref:
            raise Conflict("You cannot shut your own account: somebody else who runs the instance can.", code="own")
        async with write_tx():
            await hold_lock("instance-admins")
            if await self._require(user_id) and await self._admins() <= 1:
                raise Conflict("Somebody must run the instance: let another one first.", code="last_admin")
            await self._set_status(user_id, ACTIVE, DISABLED)
            ended = await self._parts.sessions.end_all(user_id)
            await self._parts.audit.write("account.disabled", org=None, actor=by, target=("user", user_id))
        self._parts.sessions.forget(ended)
        self._forget(user_id)

    async def enable(self, user_id: str, *, by: Who) -> None:
        """Open it again.  Raises `NotFound`, `Conflict`."""
        async with write_tx():
            await self._set_status(user_id, DISABLED, ACTIVE)
            await self._parts.audit.write("account.enabled", org=None, actor=by, target=("user", user_id))

    async def end_sessions(self, user_id: str, *, by: Who) -> None:
        """Sign the person out everywhere.  Raises `NotFound`."""
        await self._require(user_id)
        async with write_tx():
            ended = await self._parts.sessions.end_all(user_id)
            await self._parts.audit.write("session.revoked", org=None, actor=by, target=("user", user_id))
        self._parts.sessions.forget(ended)

    async def set_admin(self, user_id: str, *, is_admin: bool, by: Who) -> None:
        """Let somebody run the instance, or no longer.  Raises `NotFound`, `Conflict` (the last one).

        Their sessions end: those of who runs the instance live shorter.
        """
        async with write_tx():
            await hold_lock("instance-admins")
            if bool(await self._require(user_id)) is is_admin:
                return
            if not is_admin and await self._admins() <= 1:
                raise Conflict("Somebody must run the instance: let another one first.", code="last_admin")
            await execute("UPDATE users SET is_instance_admin = {} WHERE id = {}", is_admin, user_id)
            ended = await self._parts.sessions.end_all(user_id)
            event = "instance.admin_added" if is_admin else "instance.admin_removed"
            await self._parts.audit.write(event, org=None, actor=by, target=("user", user_id))
        self._parts.sessions.forget(ended)
        self._forget(user_id)

    async def send_reset(self, user_id: str, *, by: Who) -> None:
        """Mail the person a link for a new password.  Raises `NotFound`, `Conflict` (the account is shut)."""
        await self._require(user_id)
        await self._passwords.mail_link_to(user_id, by)

    def _forget(self, user_id: str) -> None:
        """What is remembered of their rights, also behind their personal tokens."""
        self._forget_member(user_id)
        self._parts.tokens.forget()

    async def _view(self, row: dict[str, Any]) -> InstanceUser:
        person = await self._parts.people.get(row["id"])
        return InstanceUser(
            id=row["id"],
            name=person.name if person else "",
            email=person.email if person else "",
            status=row["status"],
            is_instance_admin=bool(row["is_instance_admin"]),
            has_verified_email=person is not None and person.has_verified_email,
            has_second_factor=row["factors"] > 0,
            organisations=row["organisations"],
            created_at_ms=row["created_at_ms"],
            last_seen_at_ms=row["last_seen_at_ms"],
            factors_gone_at_ms=row["factors_gone_at_ms"],
        )

    async def _require(self, user_id: str) -> object:
        """Whether an account that exists runs the instance.  Raises `NotFound`."""
        is_admin = await fetch_value("SELECT is_instance_admin FROM users WHERE id = {}", user_id)
        if is_admin is None:
            raise NotFound("There is no such account.", code="no_user")
        return is_admin

    async def _admins(self) -> int:
        return int(
            await fetch_value(
                "SELECT COUNT(*) AS n FROM users WHERE is_instance_admin = {} AND status = {}", True, ACTIVE
            )
        )

    async def _set_status(self, user_id: str, before: str, after: str) -> None:
        await self._require(user_id)
        changed = await fetch(
            "UPDATE users SET status = {} WHERE id = {} AND status = {} RETURNING id", after, user_id, before
        )
        if not changed:
            raise Conflict(f"This account is not {before}.", code="status")
