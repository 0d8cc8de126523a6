"""The log, its personal side rows, and the heads of the chains."""

from __future__ import annotations

from datetime import date

from piccolo.columns import BigInt, BigSerial, Bytea, Date, Text, Varchar
from piccolo.table import Table

from obsv.audit.events import DETAIL_KEYS
from obsv.core.holds import Basis, Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_LOG = Column(DataClass.AUDIT, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, Erase.KEEP)
_PERSONAL = Column(DataClass.AUDIT, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST)


class AuditEntry(Table, db=DB, tablename="audit_log"):
    """One event; nothing in it is personal but opaque references."""

    id = BigSerial(primary_key=True)
    chain = BigInt()
    seq = BigInt()
    at_ms = BigInt()
    actor_kind = Varchar(length=10)
    actor_ref = Varchar(length=64)
    event = Varchar(length=64)
    target_kind = Varchar(length=40)
    target_ref = Varchar(length=64)
    outcome = Varchar(length=10)
    request_id = Varchar(length=64)
    details = Text()
    commitment = Varchar(length=64)
    prev_hash = Varchar(length=64)
    hash = Varchar(length=64)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.audit",
        subject=Subject.USER,
        retention="audit",
        erase=Erase.KEEP,
        export="audit.json",
        subject_column="actor_ref",
        columns={
            **dict.fromkeys(
                ("at_ms", "actor_kind", "actor_ref", "event", "target_kind", "target_ref", "outcome"), _LOG
            ),
            "details": Column(
                DataClass.AUDIT,
                Purpose.SECURITY,
                Basis.LEGITIMATE_INTEREST,
                Erase.KEEP,
                keys=tuple(sorted(DETAIL_KEYS)),
            ),
            **operational("id", "chain", "seq", "request_id", "commitment", "prev_hash", "hash", "erase_on"),
        },
    )

    @classmethod
    async def sweep(cls, today: date, limit: int) -> int:
        """Retention deletes a checked prefix of each chain, not single rows (see `obsv.privacy.sweep`)."""
        from obsv.audit.prune import prune  # noqa: PLC0415  # it reads these tables

        return await prune(today, limit)


class AuditPersonal(Table, db=DB, tablename="audit_personal"):
    """What is personal in an event: deleted with the person, whose entries stay."""

    audit_id = BigInt(primary_key=True)
    actor_ref = Varchar(length=64)
    salt = Bytea()
    ip_trunc = Varchar(length=45)
    ua_family = Varchar(length=60)
    email_enc = Text()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.audit",
        subject=Subject.USER,
        retention="audit",
        erase=Erase.DELETE,
        export="audit.json",
        subject_column="actor_ref",
        columns={
            "actor_ref": _PERSONAL,
            "ip_trunc": _PERSONAL,
            "ua_family": _PERSONAL,
            "email_enc": Column(DataClass.IDENTITY, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, Erase.KEY),
            "salt": Column(DataClass.AUDIT, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, export=False, secret=True),
            **operational("audit_id", "erase_on"),
        },
    )


class AuditHead(Table, db=DB, tablename="audit_heads"):
    """Where a chain ends, and up to where it was pruned."""

    chain = BigInt(primary_key=True)
    seq = BigInt()
    hash = Varchar(length=64)
    pruned_seq = BigInt(default=0)
    pruned_hash = Varchar(length=64)

    holds = Holds(
        clause="data.ops.audit",
        subject=Subject.INSTANCE,
        retention="instance",
        erase=Erase.KEEP,
        columns=operational("chain", "seq", "hash", "pruned_seq", "pruned_hash"),
    )
