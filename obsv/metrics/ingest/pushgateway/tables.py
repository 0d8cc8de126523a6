"""The table of what is pushed."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB

_METRICS = Column(DataClass.METRICS)


class PushGroup(Table, db=DB, tablename="push_groups"):
    """A group: its labels (JSON; `group_id` is a digest of them), and samples by family (JSON, see `groups`)."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    group_id = Varchar(length=32)
    labels = Text()
    families = Text()
    pushed_at_ms = BigInt()
    failed_at_ms = BigInt()

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="push",
        erase=Erase.DELETE,
        subject_column="org",
        export="push_groups",
        columns={
            **dict.fromkeys(("org", "labels", "families", "pushed_at_ms", "failed_at_ms"), _METRICS),
            **operational("id", "group_id"),
        },
    )
