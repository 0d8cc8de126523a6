"""Tables of exemplars and metric families."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, DoublePrecision, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB

_METRICS = Column(DataClass.METRICS)


class MetricExemplar(Table, db=DB, tablename="exemplars"):
    """One observation of a series (`series` and `labels` are JSON objects); `series_id` is a digest of `series`."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    series_id = Varchar(length=32)
    at_ms = BigInt()
    series = Text()
    labels = Text()
    value = DoublePrecision()

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="metrics",
        erase=Erase.DELETE,
        subject_column="org",
        export="exemplars",
        columns={
            **dict.fromkeys(("org", "at_ms", "series", "labels", "value"), _METRICS),
            **operational("id", "series_id"),
        },
    )


class MetricFamily(Table, db=DB, tablename="families"):
    """Type, help and unit of a family, as its sender told them last."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    family = Varchar(length=255)
    type = Varchar(length=20)
    help = Text()
    unit = Varchar(length=100)

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        subject_column="org",
        export="families",
        columns={**dict.fromkeys(("org", "family", "type", "help", "unit"), _METRICS), **operational("id")},
    )
