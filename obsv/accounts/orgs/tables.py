"""Who was invited and has not come yet."""

from __future__ import annotations

from piccolo.columns import BigInt, Date, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_ORGANISATION = Column(DataClass.ORGANISATION)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)


class Invitation(Table, db=DB, tablename="invitations"):
    """A place in an organisation for an address; the mail has the code, the database its hash."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    code_hash = Varchar(length=64, unique=True)
    email_enc = Text()
    email_index = Varchar(length=64)
    role = Varchar(length=10)
    invited_by = Varchar(length=40)
    created_at_ms = BigInt()
    expires_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.account.identity",
        subject=Subject.ORGANISATION,
        retention="link",
        erase=Erase.DELETE,
        export="invitations.json",
        subject_column="org",
        columns={
            "code_hash": _SECRET,
            "email_enc": Column(DataClass.IDENTITY, erase=Erase.KEY),
            "email_index": Column(DataClass.IDENTITY, export=False, secret=True),
            "invited_by": Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False),
            **dict.fromkeys(("id", "org", "role", "created_at_ms", "expires_at_ms"), _ORGANISATION),
            **operational("erase_on"),
        },
    )
