"""People: stored so that the database alone tells neither name nor address.

Email and name are encrypted with the person's own key, bound to table, column and row; the address is found again by
its blind index. Destroying the key makes both unreadable in every old backup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts import tables
from obsv.accounts.names import clean_email, clean_name
from obsv.accounts.types import Person
from obsv.core.clock import Clock
from obsv.core.errors import Conflict
from obsv.core.ids import new_id, random_token
from obsv.db import execute, fetch, fetch_value, is_unique_violation, write_tx
from obsv.keys import KeyStore

ACTIVE: Final = "active"
_COLUMNS: Final = "id, email_enc, name_enc, attested_16_at_ms, email_verified_at_ms, is_instance_admin"


@dataclass(frozen=True, slots=True)
class Login:
    """What sign-in needs of an account."""

    user_id: str
    password_hash: str | None
    has_attested_16: bool
    is_instance_admin: bool


def _taken() -> Conflict:
    return Conflict("This email address has an account already.", code="email_taken")


class People:
    """The only writer of users."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._keys = keys

    def index(self, email: str) -> str:
        """What stands for an address in the database and in the limits."""
        return self._keys.blind_index(email)

    async def create(
        self,
        email: str,
        name: str,
        password_hash: str | None,
        *,
        is_instance_admin: bool,
        has_attested_16: bool,
        has_verified_email: bool = False,
    ) -> Person:
        """A new account.  Raises `Conflict` when the address has one."""
        email, name = clean_email(email), clean_name(name, "the person")
        if await self.exists(email):
            raise _taken()
        user_id, now = new_id("usr"), self._clock.now_ms()
        await self._keys.create_subject(user_id)
        row = tables.User(
            id=user_id,
            email_enc=self._keys.encrypt(user_id, "users", "email_enc", user_id, email.encode()),
            email_index=self.index(email),
            name_enc=self._keys.encrypt(user_id, "users", "name_enc", user_id, name.encode()),
            password_hash=password_hash,
            attested_16_at_ms=now if has_attested_16 else None,
            email_verified_at_ms=now if has_verified_email else None,
            webauthn_handle=random_token(64),
            is_instance_admin=is_instance_admin,
            status=ACTIVE,
            created_at_ms=now,
        )
        try:
            async with write_tx():
                await tables.User.insert(row)
        except Exception as error:
            if is_unique_violation(error):
                raise _taken() from None
            raise
        return Person(user_id, email, name, is_instance_admin, has_attested_16, has_verified_email)

    async def exists(self, email: str) -> bool:
        """Whether the address is taken, also by an account that is closed."""
        return bool(await fetch_value("SELECT COUNT(*) AS known FROM users WHERE email_index = {}", self.index(email)))

    async def login(self, email: str) -> Login | None:
        """The active account of an address."""
        return await self._login("email_index", self.index(email))

    async def login_of(self, user_id: str) -> Login | None:
        """The same of a person who is known already."""
        return await self._login("id", user_id)

    async def get(self, user_id: str) -> Person | None:
        """A person, readable."""
        rows = await fetch(f"SELECT {_COLUMNS} FROM users WHERE id = {{}}", user_id)  # noqa: S608
        return self._read(rows[0]) if rows else None

    async def has_instance_admin(self) -> bool:
        """Whether anybody runs the instance yet."""
        return bool(await fetch_value("SELECT COUNT(*) AS admins FROM users WHERE is_instance_admin = {}", True))

    async def set_name(self, user_id: str, name: str) -> None:
        """Give the person another name."""
        sealed = self._keys.encrypt(user_id, "users", "name_enc", user_id, clean_name(name, "the person").encode())
        await execute("UPDATE users SET name_enc = {} WHERE id = {}", sealed, user_id)

    async def change_email(self, user_id: str, email: str) -> None:
        """Give the person another address, which they proved to be theirs.  Raises `Conflict` when it is taken."""
        sealed = self._keys.encrypt(user_id, "users", "email_enc", user_id, email.encode())
        try:
            async with write_tx():
                await execute(
                    "UPDATE users SET email_enc = {}, email_index = {}, email_verified_at_ms = {} WHERE id = {}",
                    *(sealed, self.index(email), self._clock.now_ms(), user_id),
                )
        except Exception as error:
            if is_unique_violation(error):
                raise _taken() from None
            raise

    async def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Replace it."""
        await execute("UPDATE users SET password_hash = {} WHERE id = {}", password_hash, user_id)

    async def verify_email(self, user_id: str) -> None:
        """Record that mail to the person's address reaches them."""
        await execute("UPDATE users SET email_verified_at_ms = {} WHERE id = {}", self._clock.now_ms(), user_id)

    async def attest_16(self, user_id: str) -> None:
        """Record that the person says to be 16 or older (the moment, never a birth date)."""
        await execute(
            "UPDATE users SET attested_16_at_ms = {} WHERE id = {} AND attested_16_at_ms IS NULL",
            self._clock.now_ms(),
            user_id,
        )

    async def _login(self, column: str, value: str) -> Login | None:
        rows = await fetch(
            "SELECT id, password_hash, attested_16_at_ms, is_instance_admin FROM users "  # noqa: S608
            f"WHERE {column} = {{}} AND status = {{}}",
            value,
            ACTIVE,
        )
        if not rows:
            return None
        row = rows[0]
        return Login(
            row["id"], row["password_hash"], row["attested_16_at_ms"] is not None, bool(row["is_instance_admin"])
        )

    def _read(self, row: dict[str, Any]) -> Person:
        user_id = str(row["id"])
        return Person(
            id=user_id,
            email=self._keys.decrypt(user_id, "users", "email_enc", user_id, row["email_enc"]).decode(),
            name=self._keys.decrypt(user_id, "users", "name_enc", user_id, row["name_enc"]).decode(),
            is_instance_admin=bool(row["is_instance_admin"]),
            has_attested_16=row["attested_16_at_ms"] is not None,
            has_verified_email=row["email_verified_at_ms"] is not None,
        )
