"""What is kept of alerting: alerts, the groups they are in, what channels were told, silences, routing, links."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB

_METRICS = Column(DataClass.METRICS)
_CONFIGURATION = Column(DataClass.CONFIGURATION)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)


class AlertRow(Table, db=DB, tablename="alerts"):
    """An alert; `id` is its organisation and fingerprint, `status` what subscribers were told last."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    fingerprint = Varchar(length=16)
    labels = Text()
    annotations = Text()
    generator_url = Text()
    starts_at_ms = BigInt()
    ends_at_ms = BigInt()
    updated_at_ms = BigInt()
    is_timeout = Boolean()
    status = Varchar(length=10)
    acknowledged_at_ms = BigInt()
    acknowledged_by = Varchar(length=40)

    holds = Holds(
        clause="ret.metrics",
        subject=Subject.ORGANISATION,
        retention="alert",
        erase=Erase.DELETE,
        export="alerts.json",
        subject_column="org",
        columns={
            "acknowledged_by": _AUTHOR,
            **dict.fromkeys(("org", "fingerprint", "labels", "annotations", "generator_url"), _METRICS),
            **dict.fromkeys(("starts_at_ms", "ends_at_ms", "updated_at_ms", "acknowledged_at_ms"), _METRICS),
            **operational("id", "is_timeout", "status"),
        },
    )


class AlertGroup(Table, db=DB, tablename="alert_groups"):
    """Alerts that are told of together.

    It speaks at `flush_at_ms`, or at `wake_at_ms` to those it escalates to. `notified_at_ms` is since when nobody has
    acknowledged (0: nothing waits), `escalated` how many steps were taken.
    """

    id = Varchar(length=64, primary_key=True)
    org = BigInt()
    route_id = Text()
    group_key = Text()
    labels = Text()
    flush_at_ms = BigInt()
    wake_at_ms = BigInt()
    notified_at_ms = BigInt()
    escalated = Integer()

    holds = Holds(
        clause="ret.metrics",
        subject=Subject.ORGANISATION,
        retention="alert",
        erase=Erase.DELETE,
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "route_id", "group_key", "labels"), Column(DataClass.METRICS, export=False)),
            **operational("id", "flush_at_ms", "wake_at_ms", "notified_at_ms", "escalated"),
        },
    )


class AlertGroupMember(Table, db=DB, tablename="alert_group_members"):
    """An alert in a group, until the group has told that it is over."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    group_id = Varchar(length=64)
    alert_id = Varchar(length=40)

    holds = Holds(
        clause="ret.metrics",
        subject=Subject.ORGANISATION,
        retention="alert",
        erase=Erase.DELETE,
        subject_column="org",
        columns={"org": Column(DataClass.METRICS, export=False), **operational("id", "group_id", "alert_id")},
    )


class NotificationLog(Table, db=DB, tablename="notification_log"):
    """What a channel was told last about a group: fingerprints of what fires and of what is over, as JSON."""

    id = Varchar(length=64, primary_key=True)
    org = BigInt()
    group_key = Text()
    receiver = Varchar(length=200)
    channel = Varchar(length=200)
    firing = Text()
    resolved = Text()
    at_ms = BigInt()
    expires_at_ms = BigInt()

    holds = Holds(
        clause="ret.metrics",
        subject=Subject.ORGANISATION,
        retention="alert",
        erase=Erase.DELETE,
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "group_key", "receiver", "channel"), Column(DataClass.METRICS, export=False)),
            **operational("id", "firing", "resolved", "at_ms", "expires_at_ms"),
        },
    )


class SilenceRow(Table, db=DB, tablename="silences"):
    """Alerts that somebody does not want to hear of; `matchers` and `times` are JSON, `created_by` an id or a name."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    matchers = Text()
    times = Text()
    starts_at_ms = BigInt()
    ends_at_ms = BigInt()
    updated_at_ms = BigInt()
    created_by = Varchar(length=200)
    comment = Text()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="silence",
        erase=Erase.DELETE,
        export="silences.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "matchers", "times", "comment"), _CONFIGURATION),
            **dict.fromkeys(("starts_at_ms", "ends_at_ms", "updated_at_ms"), _CONFIGURATION),
            **operational("erase_on"),
        },
    )


class RoutingRow(Table, db=DB, tablename="alert_routing"):
    """The routing document of an organisation, as JSON; `is_applied`: it came from a file."""

    org = BigInt(primary_key=True)
    document = Text()
    version = Integer()
    is_applied = Boolean()
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="alert_routing.json",
        subject_column="org",
        columns={
            "updated_by": _AUTHOR,
            **dict.fromkeys(("org", "document", "version", "updated_at_ms"), _CONFIGURATION),
            **operational("is_applied"),
        },
    )


class AlertLink(Table, db=DB, tablename="alert_links"):
    """The link of a message by which its alerts are acknowledged; it carries 256 random bits, the hash is kept."""

    code_hash = Varchar(length=64, primary_key=True)
    org = BigInt()
    fingerprints = Text()
    receiver = Varchar(length=200)
    channel = Varchar(length=200)
    expires_at_ms = BigInt()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="link",
        erase=Erase.DELETE,
        subject_column="org",
        columns={
            "code_hash": _SECRET,
            **dict.fromkeys(("org", "fingerprints", "receiver", "channel"), Column(DataClass.METRICS, export=False)),
            **operational("expires_at_ms", "erase_on"),
        },
    )
