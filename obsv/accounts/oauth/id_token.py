"""Whether an id token is for us, about this sign-in, and of now.  Source: OpenID Connect Core 1.0, section 3.1.3.7."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.accounts.oauth.types import Flow, FlowPurpose

SKEW_S: Final = 60
SUBJECT_MAX: Final = 255


class Person(msgspec.Struct, frozen=True):
    """What a provider says of a person, in an id token or at its userinfo endpoint."""

    sub: str
    email: str | None = None
    email_verified: bool | str | None = None
    name: str | None = None
    preferred_username: str | None = None

    @property
    def has_verified_email(self) -> bool:
        """Some providers write the word instead of the value; anything else is a no."""
        return bool(self.email) and self.email_verified in {True, "true"}

    @property
    def display_name(self) -> str:
        """What to call the person, "" where that is not said."""
        return self.name or self.preferred_username or ""


class Claims(Person, frozen=True, kw_only=True):
    """An id token's claims, as far as they are used; times are Unix seconds."""

    iss: str
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str | None = None
    azp: str | None = None
    auth_time: float | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the claims are held against; `now_s` in Unix seconds."""

    issuer: str
    client_id: str
    flow: Flow
    now_s: float


def problem_with(claims: Claims, expected: Expected) -> str | None:
    """Why a token must not be believed, None if it may be."""
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    begun_s, client_id = expected.flow.created_at_ms / 1000, expected.client_id
    if claims.iss != expected.issuer:
        return "the id token is from another issuer"
    if client_id not in audiences or (len(audiences) > 1 and claims.azp is None):
        return "the id token is for another application"
    if claims.azp is not None and claims.azp != client_id:
        return "the id token was given to another application"
    if not hmac.compare_digest((claims.nonce or "").encode(), expected.flow.nonce.encode()):
        return "the id token belongs to another sign-in"
    if claims.exp <= expected.now_s - SKEW_S:
        return "the id token has expired"
    if not begun_s - SKEW_S <= claims.iat <= expected.now_s + SKEW_S:
        return "the id token was not made during this sign-in (is a clock wrong?)"
    if not 1 <= len(claims.sub) <= SUBJECT_MAX:
        return "the id token does not say who it is about"
    if expected.flow.purpose is FlowPurpose.STEP_UP and (claims.auth_time or 0) < begun_s - SKEW_S:
        return "it does not confirm that you signed in there just now"
    return None
