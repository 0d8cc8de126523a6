"""Who was invited and has not come yet; teams; who of the instance's staff was let in."""

from __future__ import annotations

from piccolo.columns import BigInt, Date, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_ORGANISATION = Column(DataClass.ORGANISATION)
_MEMBER = Column(DataClass.IDENTITY)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_SUPPORT = Column(DataClass.ORGANISATION, purpose=Purpose.SUPPORT)
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
            "invited_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "role", "created_at_ms", "expires_at_ms"), _ORGANISATION),
            **operational("erase_on"),
        },
    )


class Team(Table, db=DB, tablename="teams"):
    """A group of members, to whom it gives a role in the organisation."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    name = Varchar(length=100)
    name_folded = Varchar(length=100)
    role = Varchar(length=10)
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="teams.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("id", "org", "name", "role", "created_at_ms"), _ORGANISATION),
            **operational("name_folded"),
        },
    )


class TeamMember(Table, db=DB, tablename="team_members"):
    """Who is in which team; only members of the organisation are."""

    id = Varchar(length=40, primary_key=True)
    team_id = Varchar(length=40)
    org = BigInt()
    user_id = Varchar(length=40)
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.account.identity",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="team_memberships.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("team_id", "user_id", "created_at_ms"), _MEMBER),
            "org": _ORGANISATION,
            **operational("id"),
        },
    )


class SupportGrant(Table, db=DB, tablename="support_grants"):
    """The instance's staff may enter the organisation until then, as if they had this role."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    role = Varchar(length=10)
    reason = Text()
    granted_by = Varchar(length=40)
    created_at_ms = BigInt()
    expires_at_ms = BigInt()
    revoked_at_ms = BigInt(null=True, default=None)
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="support",
        erase=Erase.DELETE,
        export="support_grants.json",
        subject_column="org",
        columns={
            "granted_by": _AUTHOR,
            **dict.fromkeys(
                ("id", "org", "role", "reason", "created_at_ms", "expires_at_ms", "revoked_at_ms"), _SUPPORT
            ),
            **operational("erase_on"),
        },
    )


class SupportVisit(Table, db=DB, tablename="support_visits"):
    """Who of the staff came in by a grant, first and last."""

    id = Varchar(length=80, primary_key=True)
    grant_id = Varchar(length=40)
    org = BigInt()
    user_id = Varchar(length=40)
    first_at_ms = BigInt()
    last_at_ms = BigInt()
    erase_on = Date(null=True, default=None, index=True)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="support",
        erase=Erase.DELETE,
        export="support_visits.json",
        subject_column="org",
        columns={
            "user_id": _AUTHOR,
            **dict.fromkeys(("grant_id", "org", "first_at_ms", "last_at_ms"), _SUPPORT),
            **operational("id", "erase_on"),
        },
    )
