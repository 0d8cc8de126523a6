"""What the purge remembers of the clock."""

from __future__ import annotations

from piccolo.columns import BigInt, Integer, Varchar
from piccolo.table import Table

from obsv.core.holds import Erase, Holds, Subject, operational
from obsv.db import DB


class ClockSeen(Table, db=DB, tablename="clock_seen"):
    """The last reading of the clock that a purge saw; one row."""

    id = Integer(primary_key=True)
    wall_ms = BigInt()
    boot_id = Varchar(length=64)
    mono_ms = BigInt()
    held_since_ms = BigInt(null=True, default=None)
    purged_at_ms = BigInt(null=True, default=None)
    rehearsed_at_ms = BigInt(null=True, default=None)

    holds = Holds(
        clause="ret.other",
        subject=Subject.INSTANCE,
        retention="instance",
        erase=Erase.KEEP,
        columns=operational(
            *("id", "wall_ms", "boot_id", "mono_ms", "held_since_ms", "purged_at_ms", "rehearsed_at_ms")
        ),
    )
