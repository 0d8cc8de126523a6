"""Status pages with their components, incidents, maintenances and subscribers; mailings and announcements."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0060_status"

PAGES = (
    """CREATE TABLE status_pages (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, slug VARCHAR(48) NOT NULL,
        title VARCHAR(100) NOT NULL, description TEXT NOT NULL, host VARCHAR(255) NOT NULL, is_public BOOLEAN NOT NULL,
        created_at_ms {bigint} NOT NULL, created_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX status_pages_slug ON status_pages (slug)",
    "CREATE UNIQUE INDEX status_pages_host ON status_pages (host) WHERE host <> ''",
    "CREATE INDEX status_pages_org ON status_pages (org)",
    """CREATE TABLE status_components (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, page_id VARCHAR(40) NOT NULL,
        position INTEGER NOT NULL, group_name VARCHAR(100) NOT NULL, name VARCHAR(100) NOT NULL,
        description VARCHAR(500) NOT NULL, monitors TEXT NOT NULL, matchers TEXT NOT NULL,
        alert_state VARCHAR(20) NOT NULL, alert_action VARCHAR(20) NOT NULL, shows_uptime BOOLEAN NOT NULL,
        created_at_ms {bigint} NOT NULL
    )""",
    "CREATE INDEX status_components_page ON status_components (org, page_id)",
    """CREATE TABLE status_periods (
        id {bigserial}, org {bigint} NOT NULL, component_id VARCHAR(40) NOT NULL, source VARCHAR(80) NOT NULL,
        state VARCHAR(20) NOT NULL, began_at_ms {bigint} NOT NULL, ended_at_ms {bigint}, erase_on DATE
    )""",
    "CREATE INDEX status_periods_component ON status_periods (component_id, began_at_ms)",
    # Of one cause, a component has one state at a time: two who say so at once are one.
    "CREATE UNIQUE INDEX status_periods_open ON status_periods (component_id, source) WHERE ended_at_ms IS NULL",
    "CREATE INDEX status_periods_erase_on ON status_periods (erase_on)",
)

INCIDENTS = (
    """CREATE TABLE status_incidents (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, page_id VARCHAR(40) NOT NULL,
        title VARCHAR(200) NOT NULL, impact VARCHAR(10) NOT NULL, status VARCHAR(20) NOT NULL,
        components TEXT NOT NULL, is_draft BOOLEAN NOT NULL, started_at_ms {bigint} NOT NULL,
        resolved_at_ms {bigint}, postmortem TEXT NOT NULL, postmortem_at_ms {bigint},
        alert_component VARCHAR(40) NOT NULL, is_touched BOOLEAN NOT NULL, created_at_ms {bigint} NOT NULL,
        created_by VARCHAR(40) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX status_incidents_page ON status_incidents (org, page_id, started_at_ms)",
    "CREATE INDEX status_incidents_alert ON status_incidents (alert_component) WHERE alert_component <> ''",
    "CREATE INDEX status_incidents_erase_on ON status_incidents (erase_on)",
    """CREATE TABLE status_updates (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, incident_id VARCHAR(40) NOT NULL,
        status VARCHAR(20) NOT NULL, text TEXT NOT NULL, at_ms {bigint} NOT NULL, edited_at_ms {bigint},
        created_by VARCHAR(40) NOT NULL
    )""",
    "CREATE INDEX status_updates_incident ON status_updates (incident_id, at_ms)",
    """CREATE TABLE status_maintenances (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, page_id VARCHAR(40) NOT NULL,
        title VARCHAR(200) NOT NULL, text TEXT NOT NULL, components TEXT NOT NULL, state VARCHAR(20) NOT NULL,
        starts_at_ms {bigint} NOT NULL, ends_at_ms {bigint} NOT NULL, reminder_min INTEGER NOT NULL,
        is_reminded BOOLEAN NOT NULL, notifies BOOLEAN NOT NULL, created_at_ms {bigint} NOT NULL,
        created_by VARCHAR(40) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX status_maintenances_page ON status_maintenances (org, page_id, starts_at_ms)",
    "CREATE INDEX status_maintenances_erase_on ON status_maintenances (erase_on)",
)

MAIL = (
    """CREATE TABLE status_subscribers (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, page_id VARCHAR(40) NOT NULL,
        email_enc TEXT NOT NULL, email_index VARCHAR(64) NOT NULL, components TEXT NOT NULL,
        created_at_ms {bigint} NOT NULL, confirmed_at_ms {bigint}, erase_on DATE
    )""",
    "CREATE UNIQUE INDEX status_subscribers_once ON status_subscribers (page_id, email_index)",
    "CREATE INDEX status_subscribers_erase_on ON status_subscribers (erase_on)",
    """CREATE TABLE mailings (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint}, source VARCHAR(20) NOT NULL,
        source_ref VARCHAR(80) NOT NULL, kind VARCHAR(20) NOT NULL, topic VARCHAR(64) NOT NULL, letter TEXT NOT NULL,
        audience TEXT NOT NULL, state VARCHAR(10) NOT NULL, cursor VARCHAR(40) NOT NULL, total INTEGER NOT NULL,
        queued INTEGER NOT NULL, created_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE UNIQUE INDEX mailings_once ON mailings (source_ref)",
    "CREATE INDEX mailings_state ON mailings (state)",
    "CREATE INDEX mailings_erase_on ON mailings (erase_on)",
    """CREATE TABLE announcements (
        id VARCHAR(40) PRIMARY KEY NOT NULL, kind VARCHAR(20) NOT NULL, subject VARCHAR(200) NOT NULL,
        text TEXT NOT NULL, audience VARCHAR(20) NOT NULL, audience_org {bigint}, state VARCHAR(10) NOT NULL,
        recipients INTEGER NOT NULL, created_at_ms {bigint} NOT NULL, created_by VARCHAR(40) NOT NULL,
        sent_at_ms {bigint}, erase_on DATE
    )""",
    "CREATE INDEX announcements_erase_on ON announcements (erase_on)",
    """CREATE TABLE mail_objections (
        id {bigserial}, user_id VARCHAR(40) NOT NULL, kind VARCHAR(20) NOT NULL CHECK (
            kind IN ('incident', 'maintenance')
        ), at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX mail_objections_once ON mail_objections (user_id, kind)",
    # What was sent together, so that one can tell how far it is.
    "ALTER TABLE outbox_messages ADD COLUMN batch VARCHAR(40)",
    "CREATE INDEX outbox_messages_batch ON outbox_messages (batch) WHERE batch IS NOT NULL",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in (*PAGES, *INCIDENTS, *MAIL):
        await run(statement)
