"""What is kept of monitors: the documents, how each stands now, its history, and what jobs reported."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_CONFIGURATION = Column(DataClass.CONFIGURATION)
_MEASURED = Column(DataClass.METRICS)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)
_SEALED = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, erase=Erase.KEY, export=False, secret=True)


class MonitorRow(Table, db=DB, tablename="monitors"):
    """A monitor; `document` has no secrets, those are in `secrets_enc`. A heartbeat is found by its `ping_hash`.

    Tags stand each on a line. `is_applied`: it came from a file by `obsv apply`, which may remove it again.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    key = Varchar(length=80)
    name = Varchar(length=100)
    kind = Varchar(length=10)
    target = Varchar(length=2000)
    tags = Text()
    document = Text()
    secrets_enc = Text()
    ping_hash = Varchar(length=64, null=True, default=None)
    version = Integer()
    is_applied = Boolean()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="monitors.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("created_by", "updated_by"), _AUTHOR),
            **dict.fromkeys(("id", "org", "key", "name", "document", "version"), _CONFIGURATION),
            **dict.fromkeys(("created_at_ms", "updated_at_ms"), _CONFIGURATION),
            **dict.fromkeys(("kind", "target", "tags"), Column(DataClass.CONFIGURATION, export=False)),
            "secrets_enc": _SEALED,
            "ping_hash": _SECRET,
            **operational("is_applied"),
        },
    )


class MonitorStanding(Table, db=DB, tablename="monitor_standings"):
    """How a monitor stands now (see `obsv.monitors.machine`), and its last result, which lists show."""

    monitor_id = Varchar(length=40, primary_key=True)
    org = BigInt()
    kind = Varchar(length=10)
    state = Varchar(length=12)
    since_at_ms = BigInt()
    checked_at_ms = BigInt()
    accounted_at_ms = BigInt()
    failures = Integer()
    failing_at_ms = BigInt()
    due_at_ms = BigInt()
    started_at_ms = BigInt()
    pinged_at_ms = BigInt()
    seq = BigInt()
    result = Text()

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="monitor_standings.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("monitor_id", "org", "kind", "state", "since_at_ms", "checked_at_ms"), _MEASURED),
            **dict.fromkeys(("due_at_ms", "started_at_ms", "pinged_at_ms", "result"), _MEASURED),
            **operational("accounted_at_ms", "failures", "failing_at_ms", "seq"),
        },
    )


class MonitorEvent(Table, db=DB, tablename="monitor_events"):
    """A monitor turned from one state to another, and why."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    monitor_id = Varchar(length=40)
    at_ms = BigInt()
    before = Varchar(length=12)
    state = Varchar(length=12)
    reason = Varchar(length=500)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="monitor",
        erase=Erase.DELETE,
        export="monitor_events.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "monitor_id", "at_ms", "before", "state", "reason"), _MEASURED),
            **operational("id", "erase_on"),
        },
    )


class MonitorDay(Table, db=DB, tablename="monitor_days"):
    """How long of a day (UTC) a monitor was what; the rest is unknown."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    monitor_id = Varchar(length=40)
    day = Date()
    up_ms = BigInt()
    down_ms = BigInt()
    maintenance_ms = BigInt()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="monitor",
        erase=Erase.DELETE,
        export="monitor_days.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "monitor_id", "day", "up_ms", "down_ms", "maintenance_ms"), _MEASURED),
            **operational("id", "erase_on"),
        },
    )


class MonitorPing(Table, db=DB, tablename="monitor_pings"):
    """What a job reported, and the end of what it sent along; not from where."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    monitor_id = Varchar(length=40)
    at_ms = BigInt()
    signal = Varchar(length=10)
    exit_code = Integer(null=True, default=None)
    duration_ms = BigInt(null=True, default=None)
    body = Text()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="ping",
        erase=Erase.DELETE,
        export="monitor_pings.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "monitor_id", "at_ms", "signal", "exit_code", "duration_ms", "body"), _MEASURED),
            **operational("id", "erase_on"),
        },
    )
