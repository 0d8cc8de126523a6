"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 s), each accepted once."""

from __future__ import annotations

import hmac
from typing import Final

import pyotp
from pyotp.totp import TOTP

from obsv.accounts.factors.tables import TotpSecret
from obsv.core.clock import Clock
from obsv.core.errors import Conflict
from obsv.db import fetch, is_unique_violation, write_tx
from obsv.keys import KeyStore

STEP_S: Final = 30
# A clock that is half a minute off, or a code typed as it changes.
_DRIFT: Final = (-1, 0, 1)


def new_secret() -> str:
    """160 random bits, base32, as an app takes them."""
    return pyotp.random_base32(32)


def otpauth_uri(secret: str, *, account: str, issuer: str) -> str:
    """What an app reads from the QR code."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def qr_code(uri: str) -> str:
    """A `data:` address of its QR code as SVG, dark on light in every theme, since scanners need that."""
    import segno  # noqa: PLC0415  # for this alone

    return segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff")


def matching_step(secret: str, code: str, at_s: int) -> int | None:
    """The 30 s step whose code this is, of those around `at_s` (Unix seconds); the newest of several."""
    typed, now, found = "".join(code.split()).encode(), at_s // STEP_S, None
    generator = TOTP(secret)
    for drift in _DRIFT:  # all of them, so that the time taken tells nothing
        if hmac.compare_digest(generator.generate_otp(now + drift).encode(), typed):
            found = now + drift
    return found


class TotpSecrets:
    """The only writer of authenticator secrets."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._keys = keys

    async def since_ms(self, user_id: str) -> int | None:
        """When the person's app was enrolled, None without one."""
        rows = await fetch("SELECT created_at_ms FROM totp_secrets WHERE user_id = {}", user_id)
        return int(rows[0]["created_at_ms"]) if rows else None

    async def turn_on(self, user_id: str, secret: str, step: int) -> None:
        """Store a secret of which the code of `step` was shown just now.  Raises `Conflict` when there is one."""
        sealed = self._keys.encrypt(user_id, "totp_secrets", "secret_enc", user_id, secret.encode())
        row = TotpSecret(user_id=user_id, secret_enc=sealed, last_step=step, created_at_ms=self._clock.now_ms())
        try:
            async with write_tx():
                await TotpSecret.insert(row)
        except Exception as error:
            if is_unique_violation(error):
                raise already_on() from None
            raise

    async def turn_off(self, user_id: str) -> bool:
        """Forget the secret; whether there was one."""
        return bool(await fetch("DELETE FROM totp_secrets WHERE user_id = {} RETURNING user_id", user_id))

    async def accept(self, user_id: str, code: str) -> bool:
        """Whether the code is right and newer than the last one taken; of two requests with it one gets True."""
        rows = await fetch("SELECT secret_enc FROM totp_secrets WHERE user_id = {}", user_id)
        if not rows:
            return False
        sealed = str(rows[0]["secret_enc"])
        secret = self._keys.decrypt(user_id, "totp_secrets", "secret_enc", user_id, sealed).decode()
        step = matching_step(secret, code, self._clock.now_ms() // 1000)
        if step is None:
            return False
        return bool(
            await fetch(
                "UPDATE totp_secrets SET last_step = {} "
                "WHERE user_id = {} AND secret_enc = {} AND last_step < {} RETURNING user_id",
                *(step, user_id, sealed, step),
            )
        )


def already_on() -> Conflict:
    """Somebody enrols a second app."""
    return Conflict("An authenticator app is set up already; remove it first.", code="totp_on")
