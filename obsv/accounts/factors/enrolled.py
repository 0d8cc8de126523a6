"""Which second factors a person has."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.db import fetch


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a person can show beside a password; `recovery_codes` are those not used yet."""

    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether sign-in asks for more than a password."""
        return self.totp or self.passkeys > 0


async def enrolled(user_id: str) -> Enrolled:
    """The person's factors now."""
    rows = await fetch(
        "SELECT (SELECT COUNT(*) FROM totp_secrets WHERE user_id = {}) AS totp, "
        "(SELECT COUNT(*) FROM passkeys WHERE user_id = {}) AS passkeys, "
        "(SELECT COUNT(*) FROM recovery_codes WHERE user_id = {} AND used_at_ms IS NULL) AS recovery_codes",
        *(user_id, user_id, user_id),
    )
    row = rows[0]
    return Enrolled(row["totp"] > 0, row["passkeys"], row["recovery_codes"])
