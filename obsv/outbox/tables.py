"""The queue."""

from __future__ import annotations

from piccolo.columns import BigInt, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB


class OutboxMessage(Table, db=DB, tablename="outbox_messages"):
    """One mail; address, subject and body are one sealed `content`."""

    id = Varchar(length=40, primary_key=True)
    kind = Varchar(length=20)
    topic = Varchar(length=64)
    org = BigInt(null=True, default=None)
    subject_ref = Varchar(length=64)
    content = Text(null=True, default=None)
    once_key = Varchar(length=128, null=True, default=None, unique=True)
    batch = Varchar(length=40, null=True, default=None)
    state = Varchar(length=10)
    attempts = Integer()
    due_at_ms = BigInt()
    lease_owner = Varchar(length=40)
    lease_until_ms = BigInt()
    created_at_ms = BigInt()
    ended_at_ms = BigInt(null=True, default=None)
    forget_at_ms = BigInt(null=True, default=None)
    error = Varchar(length=300)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="ret.other",
        subject=Subject.USER,
        retention="mail",
        erase=Erase.DELETE,
        export="mail.json",
        subject_column="subject_ref",
        columns={
            **dict.fromkeys(("kind", "topic", "created_at_ms", "ended_at_ms", "state"), Column(DataClass.MAIL)),
            "subject_ref": Column(DataClass.MAIL),
            "content": Column(DataClass.MAIL, erase=Erase.KEY),
            **operational("id", "org", "once_key", "batch", "attempts", "due_at_ms", "lease_owner", "lease_until_ms"),
            **operational("forget_at_ms", "error", "erase_on"),
        },
    )
