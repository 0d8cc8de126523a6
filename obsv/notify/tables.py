"""What is kept of channels: their sealed settings, the queue of what is to be told, and what became of each attempt."""

from __future__ import annotations

from datetime import date

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB, execute, fetch, write_tx

_CONFIGURATION = Column(DataClass.CONFIGURATION)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_SEALED = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, erase=Erase.KEY, export=False, secret=True)


class ChannelRow(Table, db=DB, tablename="channels"):
    """Where an organisation's alerts go.

    `content` has addresses, secrets and templates as one text, sealed with the organisation's key.  `rate_at_ms` is
    when the next message may leave.  `is_applied`: it came from a file by `obsv apply`.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    name = Varchar(length=80)
    kind = Varchar(length=40)
    content = Text()
    sends_resolved = Boolean()
    is_enabled = Boolean()
    is_default = Boolean()
    is_applied = Boolean()
    rate_at_ms = BigInt()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="channels.json",
        subject_column="org",
        columns={
            "content": _SEALED,
            **dict.fromkeys(("created_by", "updated_by"), _AUTHOR),
            **dict.fromkeys(("id", "org", "name", "kind", "sends_resolved", "is_enabled"), _CONFIGURATION),
            **dict.fromkeys(("created_at_ms", "updated_at_ms"), _CONFIGURATION),
            **operational("is_default", "is_applied", "rate_at_ms"),
        },
    )


class DeliveryRow(Table, db=DB, tablename="deliveries"):
    """A notification on its way to one channel; `content` is sealed, and dropped some time after the end.

    `told` names the alerts and their states by fingerprint, a line each.  `set_at_ms` is when `due_at_ms` or
    `lease_until_ms` was written: one in the future tells of a clock that was put back.  `asked_at_ms` is when the
    delivery was asked for, at first or again.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    channel_id = Varchar(length=40)
    channel = Varchar(length=80)
    status = Varchar(length=10)
    group_key = Text()
    told = Text()
    alerts = Integer()
    content = Text(null=True, default=None)
    once_key = Varchar(length=64, unique=True)
    state = Varchar(length=10)
    attempts = Integer()
    due_at_ms = BigInt()
    set_at_ms = BigInt()
    lease_owner = Varchar(length=40)
    lease_until_ms = BigInt()
    created_at_ms = BigInt()
    asked_at_ms = BigInt()
    ended_at_ms = BigInt(null=True, default=None)
    forget_at_ms = BigInt(null=True, default=None)
    detail = Varchar(length=300)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="delivery",
        erase=Erase.DELETE,
        export="deliveries.json",
        subject_column="org",
        columns={
            "content": Column(DataClass.CONFIGURATION, erase=Erase.KEY, export=False),
            **dict.fromkeys(("id", "org", "channel_id", "channel", "status", "group_key", "alerts"), _CONFIGURATION),
            **dict.fromkeys(("state", "attempts", "created_at_ms", "ended_at_ms", "detail"), _CONFIGURATION),
            **operational("told", "once_key", "due_at_ms", "set_at_ms", "lease_owner", "lease_until_ms"),
            **operational("asked_at_ms", "forget_at_ms", "erase_on"),
        },
    )

    @classmethod
    async def sweep(cls, today: date, limit: int) -> int:
        """What is due goes, with the log of its attempts."""
        async with write_tx():
            due = await fetch("SELECT id FROM deliveries WHERE erase_on <= {} ORDER BY id LIMIT {}", today, limit)
            for row in due:
                await execute("DELETE FROM delivery_attempts WHERE delivery_id = {}", row["id"])
                await execute("DELETE FROM deliveries WHERE id = {}", row["id"])
        return len(due)


class DeliveryAttempt(Table, db=DB, tablename="delivery_attempts"):
    """One attempt and what the other side answered, without secrets; it goes with its delivery."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    delivery_id = Varchar(length=40)
    at_ms = BigInt()
    took_ms = Integer()
    outcome = Varchar(length=10)
    detail = Varchar(length=300)
    reference = Varchar(length=200)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="attempts",
        erase=Erase.DELETE,
        export="delivery_attempts.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "delivery_id", "at_ms", "took_ms", "outcome", "detail"), _CONFIGURATION),
            "reference": _CONFIGURATION,
            **operational("id"),
        },
    )
