"""Ten codes for who lost the authenticator: shown once, kept as hashes, each good for one sign-in."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Final

from obsv.accounts.factors.tables import RecoveryCode
from obsv.core.clock import Clock
from obsv.db import execute, fetch, fetch_value, write_tx

COUNT: Final = 10
FEW: Final = 3
"""So many left, or fewer, and the person is warned."""

_BYTES: Final = 10
_SHAPE: Final = re.compile("[a-z2-7]{16}")


def new_code() -> str:
    """80 random bits as `xxxx-xxxx-xxxx-xxxx`."""
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(user_id: str, code: str) -> str | None:
    """What is kept; None for what cannot be a code. 80 random bits need no slow hash."""
    text = re.sub(r"[\s-]", "", code).lower()
    if not _SHAPE.fullmatch(text):
        return None
    return hashlib.sha256(f"{user_id}:{text}".encode()).hexdigest()


class RecoveryCodes:
    """The only writer of recovery codes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def replace(self, user_id: str) -> list[str]:
        """Ten new ones; those from before are void."""
        codes, now = [new_code() for _ in range(COUNT)], self._clock.now_ms()
        rows = [RecoveryCode(code_hash=_hash(user_id, code), user_id=user_id, created_at_ms=now) for code in codes]
        async with write_tx():
            await self.remove(user_id)
            await RecoveryCode.insert(*rows)
        return codes

    async def remove(self, user_id: str) -> None:
        """Void all."""
        await execute("DELETE FROM recovery_codes WHERE user_id = {}", user_id)

    async def left(self, user_id: str) -> int:
        """How many still work."""
        count = "SELECT COUNT(*) AS left_over FROM recovery_codes WHERE user_id = {} AND used_at_ms IS NULL"
        return int(await fetch_value(count, user_id))

    async def use(self, user_id: str, code: str) -> bool:
        """Use one up; of two requests with the same code one gets True."""
        code_hash = _hash(user_id, code)
        if code_hash is None:
            return False
        return bool(
            await fetch(
                "UPDATE recovery_codes SET used_at_ms = {} "
                "WHERE code_hash = {} AND user_id = {} AND used_at_ms IS NULL RETURNING code_hash",
                *(self._clock.now_ms(), code_hash, user_id),
            )
        )
