"""What signing in elsewhere keeps: whose account it is there, and the token that takes the consent back."""

from __future__ import annotations

from piccolo.columns import BigInt, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject
from obsv.db import DB

_LINK = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)
_SEALED = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, erase=Erase.KEY, export=False, secret=True)


class OAuthIdentity(Table, db=DB, tablename="oauth_identities"):
    """A person's account at a provider: not its name or address, only what finds it again.

    `token_enc` is the latest token, sealed with the person's key and used for one thing, revoking it; null where the
    provider offers no such thing.
    """

    id = Varchar(length=40, primary_key=True)
    user_id = Varchar(length=40)
    provider = Varchar(length=32)
    subject_index = Varchar(length=64, unique=True)
    token_enc = Text(null=True, default=None)
    created_at_ms = BigInt()
    last_used_at_ms = BigInt(null=True, default=None)

    holds = Holds(
        clause="data.account.oauth",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="identities.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("id", "user_id", "provider", "created_at_ms", "last_used_at_ms"), _LINK),
            "subject_index": _SECRET,
            "token_enc": _SEALED,
        },
    )
