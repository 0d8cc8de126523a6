"""What is set for the whole instance in the cabinet."""

from __future__ import annotations

from piccolo.columns import BigInt, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB


class InstanceSetting(Table, db=DB, tablename="instance_settings"):
    """A setting that the configuration leaves to the cabinet."""

    name = Varchar(length=40, primary_key=True)
    value = Varchar(length=100)
    changed_at_ms = BigInt()
    changed_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.INSTANCE,
        retention="instance",
        erase=Erase.KEEP,
        columns={
            "changed_by": Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False),
            **operational("name", "value", "changed_at_ms"),
        },
    )
