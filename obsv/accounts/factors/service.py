"""Second factors and passkeys of one process: every part wired together."""

from __future__ import annotations

import structlog

from obsv.accounts.attempts import Attempts
from obsv.accounts.factors.assisted import AssistedRemoval
from obsv.accounts.factors.ceremonies import RelyingParty
from obsv.accounts.factors.enrolled import enrolled
from obsv.accounts.factors.enrolment import Enrolment
from obsv.accounts.factors.notices import Notices
from obsv.accounts.factors.passkeys import Passkey, Passkeys
from obsv.accounts.factors.passwordless import Passwordless
from obsv.accounts.factors.proofs import Proofs
from obsv.accounts.factors.recovery import FEW, RecoveryCodes
from obsv.accounts.factors.removal import Removal
from obsv.accounts.factors.second_step import SecondStep
from obsv.accounts.factors.state import Waiting
from obsv.accounts.factors.totp import TotpSecrets
from obsv.accounts.factors.types import PasskeyView, SecurityView
from obsv.accounts.parts import Parts
from obsv.accounts.sign_in import SignIn
from obsv.core.errors import NotFound
from obsv.keys import KeyStore

_log = structlog.get_logger("obsv.accounts")


class Factors:
    """What signing in, the cabinet and a start need of them."""

    def __init__(self, parts: Parts, keys: KeyStore, sign_in: SignIn, *, base_url: str, name: str) -> None:
        self._parts = parts
        self._site = RelyingParty.at(base_url, name)
        self._totp = TotpSecrets(parts.clock, keys)
        self._passkeys = Passkeys(parts.clock)
        recovery, waiting = RecoveryCodes(parts.clock), Waiting(parts.clock, parts.sessions)
        notices, attempts = Notices(parts.clock, parts.people, base_url), Attempts(parts.clock, keys)
        self.proofs = Proofs(
            parts,
            site=self._site,
            totp=self._totp,
            recovery=recovery,
            passkeys=self._passkeys,
            waiting=waiting,
            attempts=attempts,
            notices=notices,
        )
        self.enrolment = Enrolment(
            parts,
            site=self._site,
            totp=self._totp,
            recovery=recovery,
            passkeys=self._passkeys,
            waiting=waiting,
            notices=notices,
        )
        self.removal = Removal(parts, self._totp, recovery, self._passkeys, notices)
        self.assisted = AssistedRemoval(parts, self.removal, notices, base_url)
        self.second_step = SecondStep(parts, sign_in, self.proofs, attempts, notices)
        self.passwordless = Passwordless(parts, sign_in, self.proofs, attempts)

    async def warn_of_stranded_passkeys(self) -> None:
        """At a start: passkeys work at the address where they were made, and nowhere else."""
        stranded = await self._passkeys.elsewhere(self._site.rp_id)
        if stranded:
            _log.warning(
                "passkeys.stranded",
                passkeys=stranded,
                host=self._site.rp_id,
                advice="server.base_url names another host than the one where these passkeys were added; their owners"
                " have to sign in another way and add them anew.",
            )

    async def overview(self, user_id: str) -> SecurityView:
        """What a person has, and who asks them to have it.  Raises `NotFound`."""
        login, factors = await self._parts.people.login_of(user_id), await enrolled(user_id)
        if login is None:
            raise NotFound("There is no such account.", code="no_user")
        members = await self._parts.organisations.memberships(user_id)
        return SecurityView(
            has_password=login.password_hash is not None,
            totp_since_ms=await self._totp.since_ms(user_id),
            passkeys=factors.passkeys,
            recovery_codes_left=factors.recovery_codes,
            recovery_codes_low=factors.any and factors.recovery_codes <= FEW,
            required_by=[member.name for member in members if member.requires_mfa],
        )

    async def passkeys(self, user_id: str) -> list[PasskeyView]:
        """A person's passkeys, the oldest first."""
        return [self.view(passkey) for passkey in await self._passkeys.of(user_id)]

    def view(self, passkey: Passkey) -> PasskeyView:
        """As the API shows one."""
        return PasskeyView(
            id=passkey.id,
            name=passkey.name,
            created_at_ms=passkey.created_at_ms,
            last_used_at_ms=passkey.last_used_at_ms,
            is_synchronised=passkey.is_backed_up,
            works_here=passkey.rp_id == self._site.rp_id,
        )
