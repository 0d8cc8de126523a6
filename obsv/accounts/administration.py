"""What administrators do: tokens of an organisation, people by the command line; each with its audit event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obsv.accounts.names import clean_email, clean_name
from obsv.accounts.organisations import OPERATOR
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import require_good
from obsv.accounts.scopes import Role
from obsv.accounts.types import CreatedToken, Organisation, Person
from obsv.audit import SYSTEM, Who
from obsv.audit.types import Detail
from obsv.core.errors import NotFound
from obsv.db import is_unique_violation, write_tx


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be made; `org` is a slug or the name of an organisation that may not exist yet."""

    email: str
    name: str
    org: str
    role: Role
    password: str


class Administration:
    """Changes that carry rights."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def create_token(
        self,
        org: int,
        name: str,
        scopes: frozenset[str],
        *,
        expires_days: int | None = None,
        networks: Sequence[str] = (),
        is_personal: bool = False,
        by: Who = SYSTEM,
    ) -> CreatedToken:
        """A new API token of an organisation, or with `is_personal` of the person who makes it.

        Raises `Invalid`, `BadRequest` (networks).
        """
        async with write_tx():
            made = await self._parts.tokens.create(
                org,
                name,
                scopes,
                expires_days=expires_days,
                networks=networks,
                created_by=by.ref if by.kind == "user" else by.person,
                is_personal=is_personal,
            )
            details: dict[str, Detail] = {"scopes": made.scopes, "kind": made.kind}
            await self._parts.audit.write(
                "token.created", org=org, actor=by, target=("token", made.id), details=details
            )
        return made

    async def revoke_token(self, org: int, token_id: str, *, by: Who = SYSTEM) -> None:
        """End a token, at once.  Raises `NotFound`, also for another organisation's."""
        async with write_tx():
            await self._parts.tokens.revoke(org, token_id)
            await self._parts.audit.write("token.revoked", org=org, actor=by, target=("token", token_id))

    async def revoke_own_token(self, org: int, token_id: str, *, by: Who) -> None:
        """The same of the person's own personal one.  Raises `NotFound`, also for anybody else's."""
        async with write_tx():
            await self._parts.tokens.revoke_own(org, token_id, by.ref)
            await self._parts.audit.write("token.revoked", org=org, actor=by, target=("token", token_id))

    async def organisation(self, wanted: str) -> Organisation:
        """An organisation by slug or name.  Raises `NotFound`."""
        found = await self._find(wanted)
        if found is None:
            raise NotFound(
                f"There is no organisation {wanted!r}. `obsv admin create-user --org` makes one with its first member.",
                code="no_organisation",
            )
        return found

    async def create_user(self, wish: NewUser) -> tuple[Person, Organisation]:
        """A person with a place in an organisation, which is made if missing; the first owner runs the instance.

        Whoever has the shell vouches for the address; the person confirms to be 16 or older at the first sign-in.
        Raises `Invalid`, `Conflict`.
        """
        email, name = clean_email(wish.email), clean_name(wish.name, "the person")
        require_good(wish.password, (wish.org, email.partition("@")[0]))
        password_hash = await self._parts.passwords.hash(wish.password)
        try:
            return await self._enrol(wish, email, name, password_hash)
        except Exception as error:
            # Somebody else made the organisation in the same moment: now it is there.
            if not is_unique_violation(error):
                raise
            return await self._enrol(wish, email, name, password_hash)

    async def _enrol(self, wish: NewUser, email: str, name: str, password_hash: str) -> tuple[Person, Organisation]:
        async with write_tx():
            org = await self._find(wish.org) or await self._create_organisation(wish.org)
            is_first = wish.role is Role.OWNER and not await self._parts.people.has_instance_admin()
            person = await self._parts.people.create(
                email, name, password_hash, is_instance_admin=is_first, has_attested_16=False, has_verified_email=True
            )
            await self._parts.organisations.add_member(org.id, person.id, wish.role)
            target, details = ("user", person.id), {"role": wish.role.value}
            await self._parts.audit.write("user.registered", org=None, actor=SYSTEM, target=target)
            await self._parts.audit.write("member.joined", org=org.id, actor=SYSTEM, target=target, details=details)
        return person, org

    async def reset_user(self, email: str, password: str) -> None:
        """Let a locked-out person in again: a new password, and no session left.  Raises `NotFound`, `Invalid`."""
        login = await self._parts.people.login(email)
        if login is None:
            raise NotFound("No account has this email address.", code="no_user")
        require_good(password, (email.partition("@")[0],))
        password_hash = await self._parts.passwords.hash(password)
        async with write_tx():
            await self._parts.people.set_password_hash(login.user_id, password_hash)
            ended = await self._parts.sessions.end_all(login.user_id)
            await self._parts.audit.write("user.password_reset", org=None, actor=SYSTEM, target=("user", login.user_id))
        self._parts.sessions.forget(ended)

    async def _find(self, wanted: str) -> Organisation | None:
        if wanted.strip().lower() == OPERATOR:
            return await self._parts.organisations.ensure_operator()
        return await self._parts.organisations.by_name(wanted)

    async def _create_organisation(self, name: str) -> Organisation:
        made = await self._parts.organisations.create(name)
        await self._parts.audit.write("org.created", org=made.id, actor=SYSTEM, target=("org", str(made.id)))
        return made
