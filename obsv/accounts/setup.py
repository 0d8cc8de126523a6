"""The first start: an operator's organisation at once, its owner when a person opens the printed address.

The code in that address is kept as a hash, works once and for an hour, and a new one is made at each start until the
organisation has an owner. So nobody else on the network can take a fresh instance over, and there is no default
account.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from obsv.accounts import tables
from obsv.accounts.fields import Check
from obsv.accounts.names import clean_email, clean_name
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import problem_with
from obsv.accounts.scopes import Role
from obsv.accounts.sessions import NewSession
from obsv.accounts.types import Origin
from obsv.core.errors import Forbidden
from obsv.core.ids import random_token
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

CODE_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class SetupForm:
    """What the owner-to-be fills in."""

    name: str
    email: str
    organisation: str
    password: str
    is_16: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody is signed in now: the session for the browser, and where to go."""

    session: NewSession
    org_slug: str


class SetUp:
    """Takes a fresh instance into somebody's hands."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def is_open(self) -> bool:
        """Whether nobody owns the operator's organisation yet."""
        operator = await self._parts.organisations.operator()
        return operator is None or not await self._parts.organisations.has_owner(operator.id)

    async def new_code(self) -> str:
        """A code for the set-up address; those that ran out are deleted."""
        now, code = self._parts.clock.now_ms(), random_token(24)
        async with write_tx():
            await execute("DELETE FROM setup_codes WHERE expires_at_ms <= {}", now)
            await tables.SetupCode.insert(tables.SetupCode(code_hash=_hash(code), expires_at_ms=now + CODE_MS))
        return code

    async def accepts(self, code: str) -> bool:
        """Whether this code would be taken now."""
        known = await fetch_value(
            "SELECT COUNT(*) AS known FROM setup_codes WHERE code_hash = {} AND expires_at_ms > {}",
            _hash(code),
            self._parts.clock.now_ms(),
        )
        return bool(known) and await self.is_open()

    async def complete(self, code: str, form: SetupForm, origin: Origin) -> Arrival:
        """Make the owner's account, name the organisation, sign the person in.

        Raises `BadFields` for what can be mended and `Forbidden` for a code that is wrong, used or too old.
        """
        if not await self.accepts(code):
            raise _refused()
        form = _checked(form)
        password_hash = await self._parts.passwords.hash(form.password)
        async with write_tx():
            await hold_lock("accounts.setup")
            await self._use(code)
            slug, user_id = await self._make_owner(form, password_hash, origin)
            session = await self._parts.sessions.create(user_id, origin, is_admin=True)
        return Arrival(session, slug)

    async def _use(self, code: str) -> None:
        rows = await fetch(
            "DELETE FROM setup_codes WHERE code_hash = {} AND expires_at_ms > {} RETURNING code_hash",
            _hash(code),
            self._parts.clock.now_ms(),
        )
        if not rows or not await self.is_open():
            raise _refused()
        await execute("DELETE FROM setup_codes")

    async def _make_owner(self, form: SetupForm, password_hash: str, origin: Origin) -> tuple[str, str]:
        operator = await self._parts.organisations.ensure_operator()
        organisation = await self._parts.organisations.rename(operator, form.organisation)
        person = await self._parts.people.create(
            form.email, form.name, password_hash, is_instance_admin=True, has_attested_16=True, has_verified_email=True
        )
        await self._parts.organisations.add_member(organisation.id, person.id, Role.OWNER)
        actor, org = who(person.id, origin), organisation.id
        await self._parts.audit.write("instance.set_up", org=None, actor=actor)
        await self._parts.audit.write("user.registered", org=None, actor=actor, target=("user", person.id))
        await self._parts.audit.write("org.renamed", org=org, actor=actor, target=("org", str(org)))
        await self._parts.audit.write(
            "member.joined", org=org, actor=actor, target=("user", person.id), details={"role": Role.OWNER.value}
        )
        await self._parts.audit.write("auth.login.success", org=None, actor=actor, details={"method": "set-up"})
        return organisation.slug, person.id


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _refused() -> Forbidden:
    return Forbidden(
        "This set-up link was used already, is older than an hour, or is mistyped. Restart obsv: it prints a new one as"
        " long as nobody has set it up.",
        code="setup_code",
    )


def _checked(form: SetupForm) -> SetupForm:
    check = Check()
    name = check.clean("name", lambda: clean_name(form.name, "yourself"))
    email = check.clean("email", lambda: clean_email(form.email))
    organisation = check.clean("organisation", lambda: clean_name(form.organisation, "the organisation"))
    check.note("password", problem_with(form.password, (organisation, email.partition("@")[0])))
    check.require("is_16", holds=form.is_16, problem="Tick this box: obsv is not for people under 16.")
    check.done()
    return SetupForm(name, email, organisation, form.password, is_16=True)
