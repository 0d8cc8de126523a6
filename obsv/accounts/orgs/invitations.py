"""Invitations: a mail with a link that makes its reader a member, with an account of theirs or a new one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.fields import Check
from obsv.accounts.names import clean_email, clean_name
from obsv.accounts.orgs import tables
from obsv.accounts.orgs.policy import may_give
from obsv.accounts.orgs.types import InvitationView
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import problem_with
from obsv.accounts.registration.mode import RegistrationMode
from obsv.accounts.scopes import Role
from obsv.accounts.sign_in import SignedIn, SignIn
from obsv.accounts.types import Origin
from obsv.audit import Who
from obsv.core.days import erase_on
from obsv.core.errors import Conflict, Forbidden, Gone, NotFound
from obsv.core.ids import new_id, random_token
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx
from obsv.keys import KeyStore
from obsv.outbox import Kind, Letter, compose, enqueue

LIVES_MS: Final = 7 * 86_400_000
DAILY: Final = Limit("invitations", 20, 86_400)


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link offers: a place in an organisation for an address, which may have an account already."""

    id: str
    org: int
    org_name: str
    org_slug: str
    email: str
    role: Role
    has_account: bool


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What who comes without an account fills in."""

    name: str
    password: str
    is_16: bool


class Invitations:
    """The only writer of invitations."""

    def __init__(
        self, parts: Parts, keys: KeyStore, sign_in: SignIn, *, base_url: str, mode: RegistrationMode, shows_links: bool
    ) -> None:
        """`shows_links`: mail is printed, so whoever invites hands the link on."""
        self._parts, self._keys, self._sign_in = parts, keys, sign_in
        self._attempts = Attempts(parts.clock, keys)
        self._base_url = base_url.rstrip("/")
        self._mode, self._shows_links = mode, shows_links

    async def create(self, org: int, email: str, role: Role, *, giver: Role, by: Who) -> InvitationView:
        """Invite an address; an open invitation of it is replaced.

        Raises `Forbidden` (role above one's own; one's own address is not verified), `Conflict` (a member already),
        `TooMany`, `Invalid`.
        """
        email = clean_email(email)
        await self._check(org, email, role, giver, by)
        await self._attempts.count(DAILY, str(org))
        now, code, invitation_id = self._parts.clock.now_ms(), random_token(), new_id("inv")
        await self._keys.create_subject(_subject(org))
        row = tables.Invitation(
            id=invitation_id,
            org=org,
            code_hash=_hash(code),
            email_enc=self._keys.encrypt(_subject(org), "invitations", "email_enc", invitation_id, email.encode()),
            email_index=self._parts.people.index(email),
            role=role.value,
            invited_by=by.ref,
            created_at_ms=now,
            expires_at_ms=now + LIVES_MS,
            erase_on=erase_on(now + LIVES_MS),
        )
        link = f"{self._base_url}/invite?code={code}"
        async with write_tx():
            await execute("DELETE FROM invitations WHERE org = {} AND email_index = {}", org, row.email_index)
            await tables.Invitation.insert(row)
            details = {"role": role.value}
            await self._parts.audit.write(
                "member.invited", org=org, actor=by, target=("invitation", row.id), details=details
            )
            await self._send(org, email, role, link)
        shown = link if self._shows_links else ""
        return InvitationView(invitation_id, email, role, now, now + LIVES_MS, shown)

    async def listed(self, org: int) -> list[InvitationView]:
        """The open ones, newest first."""
        rows = await fetch(
            "SELECT id, org, email_enc, role, created_at_ms, expires_at_ms FROM invitations "
            "WHERE org = {} AND expires_at_ms > {} ORDER BY created_at_ms DESC, id",
            *(org, self._parts.clock.now_ms()),
        )
        return [
            InvitationView(row["id"], self._email(row), Role(row["role"]), row["created_at_ms"], row["expires_at_ms"])
            for row in rows
        ]

    async def revoke(self, org: int, invitation_id: str, *, by: Who) -> None:
        """Take one back.  Raises `NotFound`, also for another organisation's."""
        async with write_tx():
            gone = await fetch("DELETE FROM invitations WHERE org = {} AND id = {} RETURNING id", org, invitation_id)
            if not gone:
                raise NotFound("There is no such invitation.", code="no_invitation")
            target = ("invitation", invitation_id)
            await self._parts.audit.write("member.invitation_revoked", org=org, actor=by, target=target)

    async def look(self, code: str) -> Invited:
        """What a link offers; looking uses nothing up.  Raises `Gone`."""
        rows = await fetch(
            "SELECT i.id, i.org, i.email_enc, i.role, o.name, o.slug FROM invitations i "
            "JOIN organisations o ON o.id = i.org WHERE i.code_hash = {} AND i.expires_at_ms > {}",
            *(_hash(code), self._parts.clock.now_ms()),
        )
        if not rows:
            raise Gone(
                "This invitation was used, taken back, or is older than a week. Ask for another.", code="link_gone"
            )
        row = rows[0]
        email = self._email(row)
        has_account = await self._parts.people.exists(email)
        return Invited(row["id"], row["org"], row["name"], row["slug"], email, Role(row["role"]), has_account)

    async def accept(self, code: str, user_id: str, origin: Origin) -> str:
        """Make who is signed in a member; the organisation's slug.  Raises `Gone`, `Forbidden` (another's address)."""
        invited, person = await self.look(code), await self._parts.people.get(user_id)
        if person is None or self._parts.people.index(person.email) != self._parts.people.index(invited.email):
            raise Forbidden(
                f"This invitation is for {invited.email}, and you are signed in with another address.", code="not_yours"
            )
        async with write_tx():
            await self._join(code, invited, user_id, origin)
            await self._parts.people.verify_email(user_id)
        return invited.org_slug

    async def register(self, code: str, form: Newcomer, origin: Origin) -> SignedIn:
        """Make an account for who has none, a member at once; the link came by mail, so the address is verified.

        Raises `BadFields`, `Gone`, `Conflict` (there is an account), `Forbidden` (registration is closed).
        """
        invited = await self.look(code)
        if await self._mode.current() == "closed":
            raise Forbidden("Nobody new can register here at present.", code="registration_closed")
        name = _checked(form, invited)
        password_hash = await self._parts.passwords.hash(form.password)
        async with write_tx():
            person = await self._parts.people.create(
                invited.email,
                name,
                password_hash,
                is_instance_admin=False,
                has_attested_16=True,
                has_verified_email=True,
            )
            target, actor = ("user", person.id), who(person.id, origin)
            await self._parts.audit.write("user.registered", org=None, actor=actor, target=target)
            await self._join(code, invited, person.id, origin)
        login = await self._parts.people.login_of(person.id)
        assert login is not None
        return await self._sign_in.proved(login, ("password",), origin, remember=False)

    async def _check(self, org: int, email: str, role: Role, giver: Role, by: Who) -> None:
        if not may_give(giver, role):
            raise Forbidden(f"As {giver.value} you cannot make somebody {role.value}.", code="role_too_high")
        inviter = await self._parts.people.get(by.ref)
        if inviter is not None and not inviter.has_verified_email:
            raise Forbidden("Verify your own email address first; the link is in the mail we sent.", code="unverified")
        member = await fetch_value(
            "SELECT COUNT(*) AS n FROM memberships m JOIN users u ON u.id = m.user_id "
            "WHERE m.org = {} AND u.email_index = {}",
            *(org, self._parts.people.index(email)),
        )
        if member:
            raise Conflict("Who has this address is a member already.", code="member_already")

    async def _join(self, code: str, invited: Invited, user_id: str, origin: Origin) -> None:
        """Use the link up and add the member, in the transaction of the caller."""
        await hold_lock(f"members:{invited.org}")
        used = await fetch("DELETE FROM invitations WHERE code_hash = {} RETURNING id", _hash(code))
        if not used:
            raise Gone("This invitation was used already.", code="link_gone")
        known = await fetch_value(
            "SELECT COUNT(*) AS n FROM memberships WHERE org = {} AND user_id = {}", invited.org, user_id
        )
        if known:
            raise Conflict("You are a member already.", code="member_already")
        await self._parts.organisations.add_member(invited.org, user_id, invited.role)
        await self._parts.audit.write(
            "member.joined",
            org=invited.org,
            actor=who(user_id, origin),
            target=("user", user_id),
            details={"role": invited.role.value},
        )

    async def _send(self, org: int, email: str, role: Role, link: str) -> None:
        found = await self._parts.organisations.by_id(org)
        name = found.name if found else ""
        article = "an" if role.value[0] in "aeo" else "a"
        letter = Letter(
            f"You are invited to {name}",
            (f"You are invited to {name} on {self._base_url} as {article} {role.value}.",),
            ("Join", link),
            closing="The link works once and for a week. If you expected no invitation, do nothing.",
        )
        await enqueue(
            compose(email, letter), kind=Kind.TRANSACTIONAL, topic="invitation", subject_ref=_subject(org), org=org
        )

    def _email(self, row: dict[str, Any]) -> str:
        place = ("invitations", "email_enc", row["id"])
        return self._keys.decrypt(_subject(row["org"]), *place, row["email_enc"]).decode()


def _subject(org: int) -> str:
    """Whose key seals what belongs to an organisation."""
    return f"org_{org}"


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _checked(form: Newcomer, invited: Invited) -> str:
    check = Check()
    name = check.clean("name", lambda: clean_name(form.name, "yourself"))
    check.note("password", problem_with(form.password, (invited.org_name, invited.email.partition("@")[0])))
    check.require("is_16", holds=form.is_16, problem="Tick this box: obsv is not for people under 16.")
    check.done()
    return name
