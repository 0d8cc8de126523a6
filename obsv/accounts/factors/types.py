"""What the API takes and answers about factors. Whatever gives the session a new value answers its CSRF token too."""

from __future__ import annotations

from typing import Any

import msgspec


class SecurityView(msgspec.Struct, frozen=True):
    """What protects the person's account.

    `recovery_codes_low`: time to make new ones. `required_by` are the organisations that ask for a second factor.
    """

    has_password: bool
    totp_since_ms: int | None
    passkeys: int
    recovery_codes_left: int
    recovery_codes_low: bool
    required_by: list[str]


class TotpOfferView(msgspec.Struct, frozen=True):
    """A secret for an authenticator app: as text, as `otpauth:` address, and that as a QR code (`data:` SVG).

    It counts once one of its codes is confirmed, within 5 minutes.
    """

    secret: str
    uri: str
    qr_code: str


class TotpCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The six digits that the app shows."""

    code: str


class FactorChanged(msgspec.Struct, frozen=True):
    """The session has a new value: `csrf` is its token. `recovery_codes`, if any were made, are shown this once."""

    csrf: str
    recovery_codes: list[str] = []


class RecoveryCodeList(msgspec.Struct, frozen=True):
    """Ten recovery codes, shown this once."""

    recovery_codes: list[str]


class PasskeyView(msgspec.Struct, frozen=True):
    """A passkey. `is_synchronised`: its device backs it up; `works_here`: made at this instance's present address."""

    id: str
    name: str
    created_at_ms: int
    last_used_at_ms: int | None
    is_synchronised: bool
    works_here: bool


class PasskeyList(msgspec.Struct, frozen=True):
    """The person's passkeys, the oldest first."""

    passkeys: list[PasskeyView]


class PasskeyOptions(msgspec.Struct, frozen=True):
    """The `publicKey` of `navigator.credentials.create` or `.get`, in the JSON form that browsers parse."""

    options: dict[str, Any]


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser's answer (`PublicKeyCredential.toJSON()`), and what to call the passkey."""

    credential: dict[str, Any]
    name: str = ""


class PasskeyName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to call a passkey."""

    name: str


class AddedPasskey(msgspec.Struct, frozen=True):
    """A new passkey, the session's new CSRF token, and recovery codes if it is the first factor."""

    passkey: PasskeyView
    csrf: str
    recovery_codes: list[str]


class StepUpWays(msgspec.Struct, frozen=True):
    """How the person can prove to be themself, and until when they did already.

    `password`, `totp`, `passkey`; `mail`, a code sent by mail, where there is nothing else.
    """

    ways: list[str]
    fresh_until_ms: int


class StepUpProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of them: the password, a code of the app, a code that was mailed, or a passkey's answer."""

    password: str | None = None
    code: str | None = None
    mailed: str | None = None
    credential: dict[str, Any] | None = None


class SteppedUp(msgspec.Struct, frozen=True):
    """The session has a new value: `csrf` is its token, and until then nothing asks for another proof."""

    csrf: str
    fresh_until_ms: int
