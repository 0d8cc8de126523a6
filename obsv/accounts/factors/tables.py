"""What second factors and passkeys keep: a sealed TOTP secret, hashes of recovery codes, public keys."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_FACTOR = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)
_SEALED = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, erase=Erase.KEY, export=False, secret=True)


class TotpSecret(Table, db=DB, tablename="totp_secrets"):
    """A person's authenticator app; `last_step` is the latest 30 s step of which a code was taken."""

    user_id = Varchar(length=40, primary_key=True)
    secret_enc = Text()
    last_step = BigInt()
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.account.totp",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="totp.json",
        subject_column="user_id",
        columns={
            "user_id": _FACTOR,
            "secret_enc": _SEALED,
            "created_at_ms": _FACTOR,
            **operational("last_step"),
        },
    )


class RecoveryCode(Table, db=DB, tablename="recovery_codes"):
    """One of ten codes for who lost the authenticator; works once."""

    code_hash = Varchar(length=64, primary_key=True)
    user_id = Varchar(length=40, index=True)
    created_at_ms = BigInt()
    used_at_ms = BigInt(null=True, default=None)

    holds = Holds(
        clause="data.account.totp",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="recovery_codes.json",
        subject_column="user_id",
        columns={"code_hash": _SECRET, "user_id": _FACTOR, "created_at_ms": _FACTOR, "used_at_ms": _FACTOR},
    )


class Passkey(Table, db=DB, tablename="passkeys"):
    """A WebAuthn credential: its public half, and how often it signed."""

    id = Varchar(length=40, primary_key=True)
    user_id = Varchar(length=40, index=True)
    credential_id = Varchar(length=1400, unique=True)
    public_key = Text()
    sign_count = BigInt()
    transports = Varchar(length=100, default="")
    aaguid = Varchar(length=36, default="")
    is_backed_up = Boolean(default=False)
    rp_id = Varchar(length=253)
    name = Varchar(length=100)
    created_at_ms = BigInt()
    last_used_at_ms = BigInt(null=True, default=None)

    holds = Holds(
        clause="data.account.passkey",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="passkeys.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("id", "user_id", "credential_id", "public_key", "transports", "aaguid"), _FACTOR),
            **dict.fromkeys(("is_backed_up", "name", "created_at_ms", "last_used_at_ms"), _FACTOR),
            **operational("sign_count", "rp_id"),
        },
    )


class FactorRemoval(Table, db=DB, tablename="factor_removals"):
    """All second factors of a person, to be removed when the time comes unless they say no."""

    user_id = Varchar(length=40, primary_key=True)
    asked_by = Varchar(length=40)
    asked_at_ms = BigInt()
    due_at_ms = BigInt()

    holds = Holds(
        clause="data.account.totp",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="factor_removals.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("user_id", "asked_at_ms", "due_at_ms"), _FACTOR),
            "asked_by": Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False),
        },
    )
