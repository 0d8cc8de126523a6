"""What is kept of status pages: components, how they did, incidents, maintenances, who wants mail, and the mailings."""

from __future__ import annotations

from datetime import date

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Basis, Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB, execute, fetch, write_tx
from obsv.keys import keystore

_CONFIGURATION = Column(DataClass.CONFIGURATION)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_WISH = Column(DataClass.IDENTITY, basis=Basis.CONSENT)


class StatusPage(Table, db=DB, tablename="status_pages"):
    """A public page of an organisation; its slug and its own host name are unique on the instance."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    slug = Varchar(length=48)
    title = Varchar(length=100)
    description = Text()
    host = Varchar(length=255)
    is_public = Boolean()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="status_pages.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "slug", "title", "description", "host"), _CONFIGURATION),
            **dict.fromkeys(("is_public", "created_at_ms"), _CONFIGURATION),
        },
    )


class Component(Table, db=DB, tablename="status_components"):
    """A part of the service; `monitors` is a JSON list of ids, `matchers` a selector of alerts."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    page_id = Varchar(length=40)
    position = Integer()
    group_name = Varchar(length=100)
    name = Varchar(length=100)
    description = Varchar(length=500)
    monitors = Text()
    matchers = Text()
    alert_state = Varchar(length=20)
    alert_action = Varchar(length=20)
    shows_uptime = Boolean()
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="status_components.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("id", "org", "page_id", "position", "group_name", "name"), _CONFIGURATION),
            **dict.fromkeys(("description", "monitors", "matchers", "alert_state"), _CONFIGURATION),
            **dict.fromkeys(("alert_action", "shows_uptime", "created_at_ms"), _CONFIGURATION),
        },
    )


class Period(Table, db=DB, tablename="status_periods"):
    """From when to when a component was in a state, because a person said so (`source` is empty) or an alert did."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    component_id = Varchar(length=40)
    source = Varchar(length=80)
    state = Varchar(length=20)
    began_at_ms = BigInt()
    ended_at_ms = BigInt(null=True, default=None)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="status",
        erase=Erase.DELETE,
        export="status_periods.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("org", "component_id", "source", "state", "began_at_ms", "ended_at_ms"), _CONFIGURATION),
            **operational("id", "erase_on"),
        },
    )


class Incident(Table, db=DB, tablename="status_incidents"):
    """Something that went wrong; `components` is a JSON object of states by component.

    `alert_component` opened it by an alert; `is_touched` since a person took it in hand.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    page_id = Varchar(length=40)
    title = Varchar(length=200)
    impact = Varchar(length=10)
    status = Varchar(length=20)
    components = Text()
    is_draft = Boolean()
    started_at_ms = BigInt()
    resolved_at_ms = BigInt(null=True, default=None)
    postmortem = Text()
    postmortem_at_ms = BigInt(null=True, default=None)
    alert_component = Varchar(length=40)
    is_touched = Boolean()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="status",
        erase=Erase.DELETE,
        export="incidents.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "page_id", "title", "impact", "status", "components"), _CONFIGURATION),
            **dict.fromkeys(("is_draft", "started_at_ms", "resolved_at_ms", "postmortem"), _CONFIGURATION),
            **dict.fromkeys(("postmortem_at_ms", "alert_component", "is_touched", "created_at_ms"), _CONFIGURATION),
            **operational("erase_on"),
        },
    )

    @classmethod
    async def sweep(cls, today: date, limit: int) -> int:
        """What is old enough goes, with its updates."""
        async with write_tx():
            due = await fetch("SELECT id FROM status_incidents WHERE erase_on <= {} ORDER BY id LIMIT {}", today, limit)
            for row in due:
                await execute("DELETE FROM status_updates WHERE incident_id = {}", row["id"])
                await execute("DELETE FROM status_incidents WHERE id = {}", row["id"])
        return len(due)


class Update(Table, db=DB, tablename="status_updates"):
    """What was told of an incident at a moment."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    incident_id = Varchar(length=40)
    status = Varchar(length=20)
    text = Text()
    at_ms = BigInt()
    edited_at_ms = BigInt(null=True, default=None)
    created_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="incident",
        erase=Erase.DELETE,
        export="incident_updates.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "incident_id", "status", "text", "at_ms", "edited_at_ms"), _CONFIGURATION),
        },
    )


class Maintenance(Table, db=DB, tablename="status_maintenances"):
    """Work that was announced; `components` is a JSON list of ids."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    page_id = Varchar(length=40)
    title = Varchar(length=200)
    text = Text()
    components = Text()
    state = Varchar(length=20)
    starts_at_ms = BigInt()
    ends_at_ms = BigInt()
    reminder_min = Integer()
    is_reminded = Boolean()
    notifies = Boolean()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="status",
        erase=Erase.DELETE,
        export="maintenances.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "page_id", "title", "text", "components", "state"), _CONFIGURATION),
            **dict.fromkeys(("starts_at_ms", "ends_at_ms", "reminder_min", "created_at_ms"), _CONFIGURATION),
            **operational("is_reminded", "notifies", "erase_on"),
        },
    )


class Subscriber(Table, db=DB, tablename="status_subscribers"):
    """Who wants mail of a page: the address is sealed with a key of its own, which goes with the row.

    `components` is a JSON list of ids, empty for all. One that was never confirmed has a day on which it goes.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    page_id = Varchar(length=40)
    email_enc = Text()
    email_index = Varchar(length=64)
    components = Text()
    created_at_ms = BigInt()
    confirmed_at_ms = BigInt(null=True, default=None)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="use.mail.incident",
        subject=Subject.USER,
        retention="subscriber",
        erase=Erase.DELETE,
        export="subscriptions.json",
        subject_column="id",
        columns={
            "email_enc": Column(DataClass.IDENTITY, basis=Basis.CONSENT, erase=Erase.KEY),
            "email_index": Column(DataClass.IDENTITY, basis=Basis.CONSENT, export=False, secret=True),
            **dict.fromkeys(("id", "page_id", "components", "created_at_ms", "confirmed_at_ms"), _WISH),
            **operational("org", "erase_on"),
        },
    )

    @classmethod
    async def sweep(cls, today: date, limit: int) -> int:
        """Who never confirmed goes, with the key and the mail that was not sent."""
        due = await fetch("SELECT id FROM status_subscribers WHERE erase_on <= {} ORDER BY id LIMIT {}", today, limit)
        for row in due:
            await forget_subscriber(row["id"], today)
        return len(due)


async def forget_subscriber(subscriber_id: str, today: date) -> None:
    """Nothing of the person stays: row, queued mail, key."""
    async with write_tx():
        await execute("DELETE FROM outbox_messages WHERE subject_ref = {}", subscriber_id)
        await execute("DELETE FROM status_subscribers WHERE id = {}", subscriber_id)
    await keystore().destroy_subject(subscriber_id, today)


class Mailing(Table, db=DB, tablename="mailings"):
    """One letter to many, queued in batches: `cursor` is the recipient who was queued last.

    `source` and `source_ref` say what it tells of (each is told once), `letter` and `audience` are JSON.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt(null=True, default=None)
    source = Varchar(length=20)
    source_ref = Varchar(length=80)
    kind = Varchar(length=20)
    topic = Varchar(length=64)
    letter = Text()
    audience = Text()
    state = Varchar(length=10)
    cursor = Varchar(length=40)
    total = Integer()
    queued = Integer()
    created_at_ms = BigInt()
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="ret.other",
        subject=Subject.INSTANCE,
        retention="mail",
        erase=Erase.KEEP,
        columns={
            **operational("id", "org", "source", "source_ref", "kind", "topic", "letter", "audience", "state"),
            **operational("cursor", "total", "queued", "created_at_ms", "erase_on"),
        },
    )


class Announcement(Table, db=DB, tablename="announcements"):
    """A mail to the people of the instance, written by who runs it."""

    id = Varchar(length=40, primary_key=True)
    kind = Varchar(length=20)
    subject = Varchar(length=200)
    text = Text()
    audience = Varchar(length=20)
    audience_org = BigInt(null=True, default=None)
    state = Varchar(length=10)
    recipients = Integer()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    sent_at_ms = BigInt(null=True, default=None)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="use.mail.maintenance",
        subject=Subject.INSTANCE,
        retention="announcement",
        erase=Erase.KEEP,
        columns={
            "created_by": _AUTHOR,
            **operational("id", "kind", "subject", "text", "audience", "audience_org", "state", "recipients"),
            **operational("created_at_ms", "sent_at_ms", "erase_on"),
        },
    )


class MailObjection(Table, db=DB, tablename="mail_objections"):
    """A kind of mail that a person switched off."""

    id = BigSerial(primary_key=True)
    user_id = Varchar(length=40)
    kind = Varchar(length=20)
    at_ms = BigInt()

    holds = Holds(
        clause="right.object",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="mail_objections.json",
        subject_column="user_id",
        columns={
            **dict.fromkeys(("user_id", "kind", "at_ms"), Column(DataClass.IDENTITY, purpose=Purpose.SERVICE)),
            **operational("id"),
        },
    )
