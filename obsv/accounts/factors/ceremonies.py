"""WebAuthn: what the browser is asked, and whether its answer holds.

A passkey stands for password and second factor together, so the authenticator must have checked the person (finger,
face, PIN). No attestation is asked for: which device somebody uses is not ours to know.

The library is loaded when somebody first uses a passkey: with what it parses certificates by it takes 5 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import structlog

from obsv.accounts.factors.state import Challenge

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_log = structlog.get_logger("obsv.passkeys")

ID_MAX: Final = 1023
"""Bytes of a credential's id (WebAuthn, credential ID)."""

_PORTS: Final = {"https": 443, "http": 80}
_TRANSPORTS: Final = frozenset(("usb", "nfc", "ble", "internal", "cable", "hybrid", "smart-card"))


class Unproven(Exception):
    """The browser's answer does not hold."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A passkey as the browser and its authenticator know it; `transports` say how it is reached."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A passkey to name to the browser."""

    credential_id: bytes
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an assertion says before it is checked: which credential, and whose (None when the browser left it out)."""

    credential_id: bytes
    user_handle: bytes | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a good assertion says."""

    sign_count: int
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """This instance as passkeys know it; a passkey works for one `rp_id` alone, for ever."""

    rp_id: str
    origin: str
    name: str

    @classmethod
    def at(cls, base_url: str, name: str) -> RelyingParty:
        """The one at an address; browsers leave the scheme's own port out of an origin."""
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
        return cls(host, f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}", name)

    def creation_options(
        self, challenge: bytes, *, handle: bytes, user_name: str, display_name: str, known: Iterable[Known]
    ) -> dict[str, Any]:
        """For `navigator.credentials.create`; a device that has one of `known` already refuses."""
        from webauthn import generate_registration_options  # noqa: PLC0415
        from webauthn.helpers.options_to_json_dict import options_to_json_dict  # noqa: PLC0415
        from webauthn.helpers.structs import (  # noqa: PLC0415
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        return options_to_json_dict(
            generate_registration_options(
                rp_id=self.rp_id,
                rp_name=self.name,
                user_name=user_name,
                user_display_name=display_name,
                user_id=handle,
                challenge=challenge,
                timeout=Challenge.lives_ms,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=_descriptors(known),
            )
        )

    def request_options(self, challenge: bytes, known: Iterable[Known] = ()) -> dict[str, Any]:
        """For `navigator.credentials.get`; without `known` the browser offers all that it has for this site."""
        from webauthn import generate_authentication_options  # noqa: PLC0415
        from webauthn.helpers.options_to_json_dict import options_to_json_dict  # noqa: PLC0415
        from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415

        return options_to_json_dict(
            generate_authentication_options(
                rp_id=self.rp_id,
                challenge=challenge,
                timeout=Challenge.lives_ms,
                allow_credentials=_descriptors(known),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def check_creation(self, response: Mapping[str, Any], challenge: bytes) -> Credential:
        """The new passkey of the browser's answer.  Raises `Unproven`."""
        from webauthn import verify_registration_response  # noqa: PLC0415

        try:
            made = verify_registration_response(
                credential=dict(response),
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except Exception as error:
            raise _unproven(error) from error
        if not 0 < len(made.credential_id) <= ID_MAX:
            raise Unproven("the credential's id is too long")
        return Credential(
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=_transports(response),
            aaguid=made.aaguid,
            is_backed_up=made.credential_backed_up,
        )

    def check_assertion(self, response: Mapping[str, Any], challenge: bytes, public_key: bytes) -> Assertion:
        """What the answer says, signed.  Raises `Unproven`; signature count and handle are left to the caller."""
        from webauthn import verify_authentication_response  # noqa: PLC0415

        try:
            proof = verify_authentication_response(
                credential=dict(response),
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                credential_public_key=public_key,
                # Compared by the caller once the signature is known to be good: only then it means a copied key.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception as error:
            raise _unproven(error) from error
        return Assertion(proof.new_sign_count, proof.credential_backed_up)


def answer_of(response: Mapping[str, Any]) -> Answer:
    """Which passkey the browser used, as it says.  Raises `Unproven`."""
    from webauthn import base64url_to_bytes  # noqa: PLC0415

    inner = response.get("response")
    handle = cast("Mapping[str, Any]", inner).get("userHandle") if isinstance(inner, Mapping) else None
    try:
        return Answer(base64url_to_bytes(str(response["id"])), base64url_to_bytes(str(handle)) if handle else None)
    except (KeyError, ValueError) as error:
        raise Unproven("the answer names no credential") from error


def _unproven(error: Exception) -> Unproven:
    # The library parses what a stranger sent: whatever it stumbles over, the answer does not hold.
    _log.info("passkey.refused", reason=type(error).__name__, detail=str(error)[:200])
    return Unproven(type(error).__name__)


def _transports(response: Mapping[str, Any]) -> tuple[str, ...]:
    inner = response.get("response")
    named: object = cast("Mapping[str, Any]", inner).get("transports") if isinstance(inner, Mapping) else None
    if not isinstance(named, list):
        return ()
    return tuple(sorted(_TRANSPORTS.intersection(str(name) for name in cast("list[object]", named))))


def _descriptors(known: Iterable[Known]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor  # noqa: PLC0415

    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in known
    ]
