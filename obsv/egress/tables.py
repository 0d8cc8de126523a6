"""The ledger of what left this host."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Date, Integer, Varchar
from piccolo.table import Table

from obsv.core.holds import Erase, Holds, Subject, operational
from obsv.db import DB


class EgressCall(Table, db=DB, tablename="egress_calls"):
    """An outgoing call, or `calls` of a routine: to whom, why, which categories of data; never the data itself."""

    id = BigSerial(primary_key=True)
    at_ms = BigInt()
    day = Date()
    purpose = Varchar(length=20)
    recipient = Varchar(length=100)
    origin = Varchar(length=10)
    host = Varchar(length=255)
    data = Varchar(length=200)
    org = BigInt(null=True, default=None)
    calls = Integer(default=1)
    bytes_sent = BigInt()
    bytes_received = BigInt()
    status = Integer(null=True, default=None)
    outcome = Varchar(length=10)
    error = Varchar(length=200)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="use.noads",
        subject=Subject.INSTANCE,
        retention="egress",
        erase=Erase.KEEP,
        columns=operational(
            *("id", "at_ms", "day", "purpose", "recipient", "origin", "host", "data", "org", "calls"),
            *("bytes_sent", "bytes_received", "status", "outcome", "error", "erase_on"),
        ),
    )
