"""Registration where it is open to anybody.

Whether an address has an account already is told to its owner alone, by mail: the page says the same either way, and
does the same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.fields import Check
from obsv.accounts.limits import network_of
from obsv.accounts.names import clean_email, clean_name
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import problem_with
from obsv.accounts.registration import letters
from obsv.accounts.registration.address import Address
from obsv.accounts.registration.mode import RegistrationMode
from obsv.accounts.scopes import Role
from obsv.accounts.types import Origin
from obsv.core.errors import Conflict, Forbidden
from obsv.db import write_tx
from obsv.outbox import Kind

PER_ADDRESS: Final = Limit("register", 5, 3600)


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """What a newcomer fills in; the organisation is made with them as its owner."""

    name: str
    email: str
    organisation: str
    password: str
    is_16: bool


class Registration:
    """The way in for anybody, as `[auth] registration` allows it."""

    def __init__(
        self, parts: Parts, attempts: Attempts, address: Address, *, mode: RegistrationMode, base_url: str
    ) -> None:
        self._parts, self._attempts, self._address = parts, attempts, address
        self._base_url = base_url.rstrip("/")
        self._mode = mode

    async def is_open(self) -> bool:
        """Whether anybody may make an account."""
        return await self._mode.current() == "open"

    async def register(self, form: RegistrationForm, origin: Origin, *, address: str) -> None:
        """Make the account, or tell its owner that there is one.

        Raises `BadFields`, `TooMany`, `Unavailable`, `Forbidden` (not open).
        """
        if not await self.is_open():
            raise Forbidden("One comes here by invitation: ask whoever runs this instance.", code="registration_closed")
        form = _checked(form)
        await self._attempts.count(PER_ADDRESS, network_of(address))
        password_hash = await self._parts.passwords.hash(form.password)
        known = await self._parts.people.login(form.email)
        if known is not None:
            await letters.send(
                known.user_id, form.email, "account_exists", letters.known_already(self._base_url), Kind.SECURITY
            )
            return
        try:
            await self._make(form, password_hash, origin)
        except Conflict:
            return  # somebody else was first, or the account is closed: the page says the same

    async def _make(self, form: RegistrationForm, password_hash: str, origin: Origin) -> None:
        async with write_tx():
            person = await self._parts.people.create(
                form.email, form.name, password_hash, is_instance_admin=False, has_attested_16=True
            )
            organisation = await self._parts.organisations.create(form.organisation)
            await self._parts.organisations.add_member(organisation.id, person.id, Role.OWNER)
            actor, org = who(person.id, origin), organisation.id
            target, details = ("user", person.id), {"role": Role.OWNER.value}
            await self._parts.audit.write("user.registered", org=None, actor=actor, target=target)
            await self._parts.audit.write("org.created", org=org, actor=actor, target=("org", str(org)))
            await self._parts.audit.write("member.joined", org=org, actor=actor, target=target, details=details)
            await self._address.ask_to_verify(person)


def _checked(form: RegistrationForm) -> RegistrationForm:
    check = Check()
    name = check.clean("name", lambda: clean_name(form.name, "yourself"))
    email = check.clean("email", lambda: clean_email(form.email))
    organisation = check.clean("organisation", lambda: clean_name(form.organisation, "the organisation"))
    check.note("password", problem_with(form.password, (organisation, email.partition("@")[0])))
    check.require("is_16", holds=form.is_16, problem="Tick this box: obsv is not for people under 16.")
    check.done()
    return RegistrationForm(name, email, organisation, form.password, is_16=True)
