"""What is kept of rules that are made here, of the states of alerts, and of what became of them."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, DoublePrecision, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB

_CONFIGURATION = Column(DataClass.CONFIGURATION)
_METRICS = Column(DataClass.METRICS)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)


class RuleGroupRow(Table, db=DB, tablename="rule_groups"):
    """A group without its rules, as JSON; `preset` is the ready set that it was made of.

    `is_applied`: it came from a file by `obsv apply`, which may remove it again.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    name = Varchar(length=200)
    document = Text()
    version = Integer()
    is_applied = Boolean()
    preset = Varchar(length=40)
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="rule_groups.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("created_by", "updated_by"), _AUTHOR),
            **dict.fromkeys(("id", "org", "name", "document", "version", "preset"), _CONFIGURATION),
            **dict.fromkeys(("created_at_ms", "updated_at_ms"), _CONFIGURATION),
            **operational("is_applied"),
        },
    )


class RuleRow(Table, db=DB, tablename="rules"):
    """A rule of a group, as JSON."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    group_id = Varchar(length=40)
    position = Integer()
    name = Varchar(length=200)
    document = Text()
    version = Integer()
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="rules.json",
        subject_column="org",
        columns={
            "updated_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "group_id", "position", "name", "document", "version"), _CONFIGURATION),
            "updated_at_ms": _CONFIGURATION,
        },
    )


class RuleVersion(Table, db=DB, tablename="rule_versions"):
    """A rule as it was once saved; the newest is what it is now; they go with the rule."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    rule_id = Varchar(length=40)
    version = Integer()
    document = Text()
    message = Varchar(length=500)
    made_at_ms = BigInt()
    made_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="rule_versions.json",
        subject_column="org",
        columns={
            "made_by": _AUTHOR,
            **dict.fromkeys(("org", "rule_id", "version", "document", "message", "made_at_ms"), _CONFIGURATION),
            **operational("id"),
        },
    )


class RuleRevision(Table, db=DB, tablename="rule_revisions"):
    """How often an organisation's rules were changed: whoever evaluates them sees by it that they are others now."""

    org = BigInt(primary_key=True)
    revision = BigInt()

    holds = Holds(
        clause="ret.other",
        subject=Subject.INSTANCE,
        retention="instance",
        erase=Erase.KEEP,
        columns=operational("org", "revision"),
    )


class AlertState(Table, db=DB, tablename="alert_states"):
    """An alert that is pending or fires, or resolved of late; `source` are the labels of the series behind it.

    Labels and annotations are JSON; value and annotations are those of the last change of state.
    """

    id = BigSerial(primary_key=True)
    org = BigInt()
    rule_key = Varchar(length=40)
    identity = Varchar(length=40)
    labels = Text()
    source = Text()
    annotations = Text()
    value = DoublePrecision()
    state = Varchar(length=10)
    active_at_ms = BigInt()
    fired_at_ms = BigInt()
    resolved_at_ms = BigInt()
    absent_at_ms = BigInt()
    sent_at_ms = BigInt()

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="alert_states.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "rule_key", "labels", "source", "annotations", "value", "state"), _METRICS),
            **dict.fromkeys(("active_at_ms", "fired_at_ms", "resolved_at_ms"), _METRICS),
            **operational("id", "identity", "absent_at_ms", "sent_at_ms"),
        },
    )


class RuleBeat(Table, db=DB, tablename="rule_beats"):
    """When rules were evaluated last: the time without does not count for what is pending."""

    id = Integer(primary_key=True)
    at_ms = BigInt()

    holds = Holds(
        clause="ret.other",
        subject=Subject.INSTANCE,
        retention="instance",
        erase=Erase.KEEP,
        columns=operational("id", "at_ms"),
    )


class AlertEvent(Table, db=DB, tablename="alert_events"):
    """An alert began to fire, or it resolved, by which version of which rule.

    `points` are the values around that moment as JSON, read once `points_due_ms` has come (None: they were).
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    rule_key = Varchar(length=40)
    rule_version = Integer()
    group_name = Varchar(length=200)
    rule_name = Varchar(length=200)
    fingerprint = Varchar(length=16)
    status = Varchar(length=10)
    at_ms = BigInt()
    active_at_ms = BigInt()
    fired_at_ms = BigInt()
    labels = Text()
    source = Text()
    annotations = Text()
    query = Text()
    value = DoublePrecision()
    link = Text()
    points = Text()
    points_due_ms = BigInt(null=True, default=None)

    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="metrics",
        erase=Erase.DELETE,
        export="alert_events.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("id", "org", "rule_key", "rule_version", "group_name", "rule_name", "status"), _METRICS),
            **dict.fromkeys(("at_ms", "active_at_ms", "fired_at_ms", "labels", "annotations", "query"), _METRICS),
            **dict.fromkeys(("source", "value", "link", "points", "fingerprint"), _METRICS),
            **operational("points_due_ms"),
        },
    )
