"""Calls of the API, and the minutes in which metrics were sent."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Date, DoublePrecision, Integer, Varchar
from piccolo.table import Table

from obsv.core.holds import Basis, Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_CALL = Column(DataClass.ACCESS_LOG, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST)


class AccessEntry(Table, db=DB, tablename="access_log"):
    """One call; `route` is the template of the path, never the path, and `ip_trunc` a network, never an address."""

    id = BigSerial(primary_key=True)
    at_ms = BigInt()
    request_id = Varchar(length=64)
    org = BigInt(null=True, default=None)
    user_id = Varchar(length=40)
    session_id = Varchar(length=40)
    token_id = Varchar(length=8)
    method = Varchar(length=10)
    route = Varchar(length=200)
    status = Integer()
    duration_ms = DoublePrecision()
    bytes_in = BigInt()
    bytes_out = BigInt()
    protocol = Varchar(length=10)
    ip_trunc = Varchar(length=45)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.access_log",
        subject=Subject.USER,
        retention="access_log",
        erase=Erase.DELETE,
        export="access_log.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("at_ms", "org", "user_id", "session_id", "token_id", "method", "route", "status"), _CALL),
            **dict.fromkeys(("duration_ms", "bytes_in", "bytes_out", "protocol", "ip_trunc"), _CALL),
            **operational("id", "request_id", "erase_on"),
        },
    )


class AccessCount(Table, db=DB, tablename="access_counts"):
    """How often a token called an ingest route with one outcome in one minute; `duration_ms` is the sum."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    token_id = Varchar(length=8)
    route = Varchar(length=200)
    status = Integer()
    minute_ms = BigInt()
    calls = BigInt()
    bytes_in = BigInt()
    duration_ms = DoublePrecision()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.access_log",
        subject=Subject.ORGANISATION,
        retention="access_log",
        erase=Erase.DELETE,
        export="access_counts.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "token_id", "route", "status", "minute_ms"), _CALL),
            **dict.fromkeys(("calls", "bytes_in", "duration_ms"), _CALL),
            **operational("id", "erase_on"),
        },
    )
