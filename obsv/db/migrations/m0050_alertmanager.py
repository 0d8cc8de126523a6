"""Alerts that were sent here, the groups they are told in, what channels were told, silences, routing, links."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0050_alertmanager"

STATEMENTS = (
    """CREATE TABLE alerts (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, fingerprint VARCHAR(16) NOT NULL,
        labels TEXT NOT NULL, annotations TEXT NOT NULL, generator_url TEXT NOT NULL, starts_at_ms {bigint} NOT NULL,
        ends_at_ms {bigint} NOT NULL, updated_at_ms {bigint} NOT NULL, is_timeout BOOLEAN NOT NULL,
        status VARCHAR(10) NOT NULL, acknowledged_at_ms {bigint} NOT NULL, acknowledged_by VARCHAR(40) NOT NULL
    )""",
    "CREATE INDEX alerts_org ON alerts (org, ends_at_ms)",
    "CREATE INDEX alerts_firing ON alerts (ends_at_ms) WHERE status = 'firing'",
    """CREATE TABLE alert_groups (
        id VARCHAR(64) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, route_id TEXT NOT NULL, group_key TEXT NOT NULL,
        labels TEXT NOT NULL, flush_at_ms {bigint} NOT NULL, wake_at_ms {bigint} NOT NULL,
        notified_at_ms {bigint} NOT NULL, escalated INTEGER NOT NULL
    )""",
    "CREATE INDEX alert_groups_wake ON alert_groups (wake_at_ms)",
    "CREATE INDEX alert_groups_org ON alert_groups (org)",
    """CREATE TABLE alert_group_members (
        id {bigserial}, org {bigint} NOT NULL, group_id VARCHAR(64) NOT NULL, alert_id VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX alert_group_members_once ON alert_group_members (group_id, alert_id)",
    "CREATE INDEX alert_group_members_alert ON alert_group_members (alert_id)",
    "CREATE INDEX alert_group_members_org ON alert_group_members (org)",
    """CREATE TABLE notification_log (
        id VARCHAR(64) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, group_key TEXT NOT NULL,
        receiver VARCHAR(200) NOT NULL, channel VARCHAR(200) NOT NULL, firing TEXT NOT NULL, resolved TEXT NOT NULL,
        at_ms {bigint} NOT NULL, expires_at_ms {bigint} NOT NULL
    )""",
    "CREATE INDEX notification_log_expires ON notification_log (expires_at_ms)",
    """CREATE TABLE silences (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, matchers TEXT NOT NULL, times TEXT NOT NULL,
        starts_at_ms {bigint} NOT NULL, ends_at_ms {bigint} NOT NULL, updated_at_ms {bigint} NOT NULL,
        created_by VARCHAR(200) NOT NULL, comment TEXT NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX silences_org ON silences (org, ends_at_ms)",
    "CREATE INDEX silences_erase_on ON silences (erase_on)",
    """CREATE TABLE alert_routing (
        org {bigint} PRIMARY KEY NOT NULL, document TEXT NOT NULL, version INTEGER NOT NULL,
        is_applied BOOLEAN NOT NULL, updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL
    )""",
    """CREATE TABLE alert_links (
        code_hash VARCHAR(64) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, fingerprints TEXT NOT NULL,
        receiver VARCHAR(200) NOT NULL, channel VARCHAR(200) NOT NULL, expires_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX alert_links_erase_on ON alert_links (erase_on)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
