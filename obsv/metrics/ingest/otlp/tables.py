"""The table of what deltas have come to."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Bytea, Date, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB

_METRICS = Column(DataClass.METRICS)


class DeltaSum(Table, db=DB, tablename="delta_sums"):
    """What the deltas of a series (`series_id` is a digest of its labels) add up to, up to a time in Unix ns.

    `total` is MessagePack (see `sums`); `began_ns` is 0 where it was not told.
    """

    id = BigSerial(primary_key=True)
    org = BigInt()
    series_id = Varchar(length=32)
    began_ns = BigInt()
    at_ns = BigInt()
    total = Bytea()
    erase_on = Date()

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="delta",
        erase=Erase.DELETE,
        subject_column="org",
        export="delta_sums",
        columns={
            **dict.fromkeys(("org", "began_ns", "at_ns", "total"), _METRICS),
            **operational("id", "series_id", "erase_on"),
        },
    )
