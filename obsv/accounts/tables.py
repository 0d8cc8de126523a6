"""What accounts keep. Secrets are hashes, email and name are encrypted with the person's own key."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Basis, Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_IDENTITY = Column(DataClass.IDENTITY)
_ACCOUNT = Column(DataClass.IDENTITY, export=True)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)
_SEALED = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, erase=Erase.KEY, export=False, secret=True)
_SESSION = Column(DataClass.SESSION, purpose=Purpose.SECURITY, basis=Basis.LEGITIMATE_INTEREST)
_ORGANISATION = Column(DataClass.ORGANISATION)
_TOKEN = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)


class User(Table, db=DB, tablename="users"):
    """A person with an account."""

    id = Varchar(length=40, primary_key=True)
    email_enc = Text()
    email_index = Varchar(length=64, unique=True)
    name_enc = Text()
    password_hash = Varchar(length=255, null=True, default=None)
    attested_16_at_ms = BigInt(null=True, default=None)
    email_verified_at_ms = BigInt(null=True, default=None)
    webauthn_handle = Varchar(length=86)
    is_instance_admin = Boolean(default=False)
    status = Varchar(length=20, default="active")
    created_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)
    language = Varchar(length=16, default="")
    time_zone = Varchar(length=64, default="")
    clock = Varchar(length=4, default="")
    theme = Varchar(length=8, default="")

    holds = Holds(
        clause="data.account.identity",
        subject=Subject.USER,
        retention="account",
        erase=Erase.DELETE,
        export="account.json",
        subject_column="id",
        columns={
            "id": _ACCOUNT,
            "email_enc": Column(DataClass.IDENTITY, erase=Erase.KEY),
            "email_index": Column(DataClass.IDENTITY, export=False, secret=True),
            "name_enc": Column(DataClass.IDENTITY, erase=Erase.KEY),
            "password_hash": _SECRET,
            "attested_16_at_ms": Column(DataClass.IDENTITY, basis=Basis.LEGAL_OBLIGATION),
            "email_verified_at_ms": _ACCOUNT,
            "webauthn_handle": _SECRET,
            "created_at_ms": _ACCOUNT,
            **dict.fromkeys(("language", "time_zone", "clock", "theme"), _ACCOUNT),
            **operational("is_instance_admin", "status", "erase_on"),
        },
    )


class Organisation(Table, db=DB, tablename="organisations"):
    """A tenant; its `id` is the `org` of every series."""

    id = BigSerial(primary_key=True)
    slug = Varchar(length=48, unique=True)
    name = Varchar(length=100)
    plan = Varchar(length=64, default="")
    is_operator = Boolean(default=False)
    requires_mfa = Boolean(default=False)
    created_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="account",
        erase=Erase.DELETE,
        export="organisation.json",
        subject_column="id",
        columns={
            "slug": _ORGANISATION,
            "name": _ORGANISATION,
            "created_at_ms": _ORGANISATION,
            **operational("id", "plan", "is_operator", "requires_mfa", "erase_on"),
        },
    )


class Membership(Table, db=DB, tablename="memberships"):
    """Who belongs to which organisation, as what."""

    id = BigSerial(primary_key=True)
    user_id = Varchar(length=40, index=True)
    org = BigInt(index=True)
    role = Varchar(length=10)
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.account.identity",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="memberships.json",
        subject_column="user_id",
        columns={
            "user_id": _IDENTITY,
            "org": _ORGANISATION,
            "role": _ORGANISATION,
            "created_at_ms": _ORGANISATION,
            **operational("id"),
        },
    )


class Session(Table, db=DB, tablename="sessions"):
    """A browser that is signed in, or half-way there (`pending`); `state_enc` is what a step must remember."""

    id_hash = Varchar(length=64, primary_key=True)
    id = Varchar(length=40, unique=True)
    user_id = Varchar(length=40, index=True)
    pending = Varchar(length=20, default="")
    methods = Varchar(length=100, default="")
    is_remembered = Boolean(default=False)
    sudo_until_ms = BigInt(default=0)
    state_enc = Text(default="")
    created_at_ms = BigInt()
    last_seen_at_ms = BigInt()
    expires_idle_at_ms = BigInt(index=True)
    expires_abs_at_ms = BigInt()
    ip_trunc = Varchar(length=45, default="")
    ua_family = Varchar(length=60, default="")
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="cookie.session",
        subject=Subject.USER,
        retention="session",
        erase=Erase.DELETE,
        export="sessions.json",
        subject_column="user_id",
        columns={
            "id_hash": _SECRET,
            "id": _SESSION,
            "user_id": _SESSION,
            "methods": _SESSION,
            "state_enc": _SEALED,
            "created_at_ms": _SESSION,
            "last_seen_at_ms": _SESSION,
            "expires_idle_at_ms": _SESSION,
            "expires_abs_at_ms": _SESSION,
            "ip_trunc": _SESSION,
            "ua_family": _SESSION,
            **operational("pending", "is_remembered", "sudo_until_ms", "erase_on"),
        },
    )


class ApiToken(Table, db=DB, tablename="api_tokens"):
    """A machine's way in: `obsv_<kind>_<id>_<secret>_<check>`, of which only the hash is kept.

    A personal one (`pat`) is that of who made it.
    """

    id = Varchar(length=8, primary_key=True)
    org = BigInt(index=True)
    kind = Varchar(length=3)
    name = Varchar(length=100)
    token_hash = Varchar(length=64)
    scopes = Varchar(length=255)
    allowed_networks = Text(default="")
    created_by = Varchar(length=40, default="", index=True)
    created_at_ms = BigInt()
    expires_at_ms = BigInt(null=True, default=None)
    revoked_at_ms = BigInt(null=True, default=None)
    last_used_on = Date(null=True, default=None)
    last_used_network = Varchar(length=45, default="")
    expiry_stage = Integer(default=0)
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.account.none_else",
        subject=Subject.ORGANISATION,
        retention="token",
        erase=Erase.DELETE,
        export="tokens.json",
        subject_column="org",
        columns={
            "id": _TOKEN,
            "org": _ORGANISATION,
            "kind": _TOKEN,
            "name": _TOKEN,
            "token_hash": _SECRET,
            "scopes": _TOKEN,
            "allowed_networks": _TOKEN,
            "created_by": _AUTHOR,
            "created_at_ms": _TOKEN,
            "expires_at_ms": _TOKEN,
            "revoked_at_ms": _TOKEN,
            "last_used_on": _TOKEN,
            "last_used_network": _TOKEN,
            **operational("expiry_stage", "erase_on"),
        },
    )


class SetupCode(Table, db=DB, tablename="setup_codes"):
    """A printed invitation to make the owner's account; gone once one exists."""

    code_hash = Varchar(length=64, primary_key=True)
    expires_at_ms = BigInt()

    holds = Holds(
        clause="data.account.none_else",
        subject=Subject.INSTANCE,
        retention="setup",
        erase=Erase.KEEP,
        columns={"code_hash": _SECRET, **operational("expires_at_ms")},
    )


class OneTimeLink(Table, db=DB, tablename="one_time_links"):
    """A link in a mail that does one thing once; `state_enc` is what it is about."""

    code_hash = Varchar(length=64, primary_key=True)
    kind = Varchar(length=20)
    user_id = Varchar(length=40, index=True)
    state_enc = Text()
    created_at_ms = BigInt()
    expires_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.account.identity",
        subject=Subject.USER,
        retention="link",
        erase=Erase.DELETE,
        subject_column="user_id",
        columns={
            "code_hash": _SECRET,
            "user_id": Column(DataClass.IDENTITY, export=False),
            "state_enc": _SEALED,
            "created_at_ms": Column(DataClass.IDENTITY, export=False),
            **operational("kind", "expires_at_ms", "erase_on"),
        },
    )


class Attempt(Table, db=DB, tablename="attempts"):
    """How often something was tried in a window; `key_hash` stands for whom or what is limited."""

    key_hash = Varchar(length=64, primary_key=True)
    tries = BigInt()
    ends_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.account.none_else",
        subject=Subject.INSTANCE,
        retention="attempt",
        erase=Erase.KEEP,
        columns={"key_hash": _SECRET, **operational("tries", "ends_at_ms", "erase_on")},
    )
