"""Accounts of one process: every part wired together, and what a start needs of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obsv.accounts.administration import Administration
from obsv.accounts.attempts import Attempts
from obsv.accounts.authenticate import Authenticator, KnownMembers
from obsv.accounts.cookies import CookiePolicy
from obsv.accounts.entitlements import Entitlements
from obsv.accounts.factors.service import Factors
from obsv.accounts.factors.state import Waiting
from obsv.accounts.instance import Tenants, Users
from obsv.accounts.limits import SignInLimits
from obsv.accounts.links import Links
from obsv.accounts.mailed_codes import MailedCodes
from obsv.accounts.oauth.federated import FederatedSignIn
from obsv.accounts.organisations import Organisations
from obsv.accounts.orgs import Invitations, Members, Support, Teams
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import Passwords
from obsv.accounts.people import People
from obsv.accounts.registration import Address, PasswordChange, Registration, RegistrationMode
from obsv.accounts.scopes import METRICS_WRITE
from obsv.accounts.sessions import Sessions
from obsv.accounts.setup import SetUp
from obsv.accounts.sign_in import SignIn
from obsv.accounts.step_up import StepUp
from obsv.accounts.tokens import Tokens
from obsv.accounts.tokens.expiry import TokenExpiry
from obsv.core.clock import Clock
from obsv.core.errors import Unauthorized
from obsv.http import ClientAddress

if TYPE_CHECKING:
    from obsv.audit import AuditLog
    from obsv.config import Settings
    from obsv.keys import KeyStore

AGENT_TOKEN: Final = "bundled agent"  # noqa: S105  # its name
AGENT_TOKEN_FILE: Final = "agent.token"  # noqa: S105  # its file's


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What `prepare` found or made: the bundled agent's token, and where to set up ("" once somebody has)."""

    agent_token: str
    setup_url: str


class Accounts:
    """People, organisations, sessions, tokens: one object a process; install it so that guards find it."""

    def __init__(self, settings: Settings, clock: Clock, keys: KeyStore, audit: AuditLog) -> None:
        auth = settings.auth
        self.settings = settings
        self.keys, self.audit, self.clock = keys, audit, clock
        self.base_url = settings.server.base_url
        self._data_dir = Path(settings.data_dir)
        self.cookies = CookiePolicy(is_secure=self.base_url.startswith("https://"))
        self.client_address = ClientAddress(settings.server.trusted_proxies)
        self.people = people = People(clock, keys)
        self.organisations = organisations = Organisations(clock)
        self.sessions = sessions = Sessions(clock, keys, idle_ms=auth.session_idle, absolute_ms=auth.session_absolute)
        self.tokens = tokens = Tokens(clock)
        passwords = Passwords(
            time_cost=auth.argon2.time_cost,
            memory_cost=auth.argon2.memory_cost,
            parallelism=auth.argon2.parallelism,
        )
        self.entitlements = Entitlements(clock, settings.plans)
        parts = Parts(clock, audit, people, organisations, passwords, sessions, tokens, Links(clock, keys))
        self.setup = SetUp(parts)
        limits = SignInLimits(clock, keys)
        self.sign_in = SignIn(parts, limits, self.base_url)
        self.factors = Factors(parts, keys, self.sign_in, base_url=self.base_url, name=settings.company.name or "obsv")
        attempts = Attempts(clock, keys)
        mailed = MailedCodes(people, Waiting(clock, sessions), attempts)
        self.step_up = StepUp(parts, limits, self.factors.proofs, mailed)
        self.federated = FederatedSignIn(parts, keys, self.sign_in, auth.providers, self.base_url)
        self.address = Address(parts, attempts, self.base_url)
        self.password_change = PasswordChange(parts, attempts, self.base_url)
        self.registration_mode = mode = RegistrationMode(auth.registration, clock, audit)
        self.registration = Registration(parts, attempts, self.address, mode=mode, base_url=self.base_url)
        self.administration = Administration(parts)
        self.token_expiry = TokenExpiry(parts, self.base_url)
        self.invitations = Invitations(
            parts,
            keys,
            self.sign_in,
            base_url=self.base_url,
            mode=mode,
            shows_links=settings.mail.transport == "console",
        )
        self.known_members = known_members = KnownMembers(clock)
        self.support = Support(parts, known_members.clear)
        self.authenticator = Authenticator(
            clock,
            base_url=self.base_url,
            cookies=self.cookies,
            sessions=sessions,
            tokens=tokens,
            organisations=organisations,
            support=self.support,
            known_members=known_members,
            client_address=self.client_address,
        )
        self.members = Members(parts, known_members.forget)
        self.teams = Teams(parts, known_members.forget)
        self.users = Users(parts, self.password_change, known_members.forget)
        self.tenants = Tenants(parts, self.invitations)

    async def prepare(self) -> FirstStart:
        """At each start: the operator's organisation, the bundled agent's token, the way to set up while it is open."""
        await self.factors.warn_of_stranded_passkeys()
        operator = await self.organisations.ensure_operator()
        agent_token = await self._agent_token(operator.id)
        setup_url = ""
        if await self.setup.is_open():
            setup_url = f"{self.base_url.rstrip('/')}/setup?code={await self.setup.new_code()}"
        return FirstStart(agent_token, setup_url)

    async def _agent_token(self, org: int) -> str:
        """The one kept in a file of the data directory; another when that is gone or was revoked."""
        path = self._data_dir / AGENT_TOKEN_FILE
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        try:
            if (await self.tokens.known.recognise(kept)).actor.org == org:
                return kept
        except Unauthorized:
            pass  # made anew below
        made = await self.administration.create_token(org, AGENT_TOKEN, frozenset({METRICS_WRITE}))
        _write_private(path, made.token)
        return made.token


def _write_private(path: Path, text: str) -> None:
    """Only the owner may read it, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
