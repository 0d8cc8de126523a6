"""Taking all factors off an account: for who lost the authenticator and the recovery codes too."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.accounts.factors import notices
from obsv.accounts.factors.notices import Notices
from obsv.accounts.factors.passkeys import Passkeys
from obsv.accounts.factors.recovery import RecoveryCodes
from obsv.accounts.factors.totp import TotpSecrets
from obsv.accounts.parts import Parts
from obsv.accounts.types import Origin
from obsv.audit import SYSTEM
from obsv.db import write_tx

SHELL = Origin(ua_family="the command line of the instance")


@dataclass(frozen=True, slots=True)
class Removal:
    """What whoever runs the instance does from its shell at once; over the network it takes three days (`assisted`)."""

    parts: Parts
    totp: TotpSecrets
    recovery: RecoveryCodes
    passkeys: Passkeys
    notices: Notices

    async def all_of(self, user_id: str, origin: Origin = SHELL) -> int:
        """How many factors there were; the person's sessions end, and they are told by mail."""
        async with write_tx():
            had_app = await self.totp.turn_off(user_id)
            passkeys = await self.passkeys.of(user_id)
            for passkey in passkeys:
                await self.passkeys.remove(user_id, passkey.id)
                await self._tell("passkey.removed", ("passkey", passkey.id))
            await self.recovery.remove(user_id)
            if had_app:
                await self._tell("totp.disabled", ("user", user_id))
            if had_app or passkeys:
                await self.parts.sessions.end_all(user_id)
                await self.notices.send(user_id, notices.ALL_REMOVED, origin)
        return had_app + len(passkeys)

    async def _tell(self, event: str, target: tuple[str, str]) -> None:
        await self.parts.audit.write(event, org=None, actor=SYSTEM, target=target)
