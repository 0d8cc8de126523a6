"""What a sign-in elsewhere begins with, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from obsv.accounts.oauth.errors import Name


class FlowPurpose(StrEnum):
    """Why somebody is sent to a provider."""

    SIGN_IN = "sign_in"
    LINK = "link"  # who is signed in adds another way in
    STEP_UP = "step_up"  # who is signed in proves it anew


class Flow(msgspec.Struct, frozen=True, tag="oauth_flow", tag_field="step"):
    """A sign-in under way, kept sealed in the browser's session and taken once.

    `state` comes back with the browser, `nonce` inside the id token, `verifier` is what the code was bound to (PKCE).
    `user_id` is who links or proves ("" at sign-in), `wanted` the page to go to afterwards.
    """

    provider: str
    purpose: FlowPurpose
    user_id: str
    state: str
    nonce: str
    verifier: str
    created_at_ms: int
    wanted: str = ""
    remember: bool = False


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is at a provider: `issuer` and `subject` together never change and never mean another person.

    `email` and `name` may be "". `token` is what revokes the consent given there ("" where nothing can).
    """

    provider: str
    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    token: str = ""


class Newcomer(msgspec.Struct, frozen=True, tag="oauth_newcomer", tag_field="step"):
    """Somebody whom no account belongs to yet, between the provider and the registration page."""

    identity: Identity
    created_at_ms: int
    wanted: str = ""
    remember: bool = False


class CallbackParams(msgspec.Struct, frozen=True):
    """What the provider sends the browser back with.  Source: RFC 6749 section 4.1.2, RFC 9207 for `iss`."""

    state: str = ""
    code: str = ""
    iss: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """What this instance is to a provider."""

    issuer: str
    id: str
    secret: str
    scopes: tuple[str, ...]


class Provider(Protocol):
    """A service that people can sign in with."""

    name: Name
    issuer: str
    can_step_up: bool

    async def authorization_url(self, flow: Flow, redirect_uri: str) -> str:
        """Where the browser is sent.  Raises `Unavailable`, `Forbidden`."""
        ...

    async def check_issuer(self, iss: str) -> None:
        """Raise `Forbidden` when an answer says to be from somebody else (RFC 9207)."""
        ...

    async def identify(self, flow: Flow, code: str, redirect_uri: str) -> Identity:
        """Exchange the code for who it is.  Raises `Unavailable`, `Forbidden`."""
        ...

    async def revoke(self, token: str) -> bool:
        """Take the consent back; whether the provider confirmed.  Raises nothing."""
        ...


S = TypeVar("S", bound=msgspec.Struct)


def unpack(kind: type[S], state: bytes | None) -> S | None:
    """A step's state if it is of this kind; None without one, or when another feature kept it."""
    if state is None:
        return None
    try:
        return msgspec.json.decode(state, type=kind)
    except msgspec.DecodeError:
        return None
