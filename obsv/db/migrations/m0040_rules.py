"""Rules that are made in the cabinet, the states of alerts, and what became of them."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0040_rules"

STATEMENTS = (
    """CREATE TABLE rule_groups (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, name VARCHAR(200) NOT NULL,
        document TEXT NOT NULL, version INTEGER NOT NULL, is_applied BOOLEAN NOT NULL, preset VARCHAR(40) NOT NULL,
        created_at_ms {bigint} NOT NULL, created_by VARCHAR(40) NOT NULL,
        updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX rule_groups_name ON rule_groups (org, name)",
    """CREATE TABLE rules (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, group_id VARCHAR(40) NOT NULL,
        position INTEGER NOT NULL, name VARCHAR(200) NOT NULL, document TEXT NOT NULL, version INTEGER NOT NULL,
        updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL
    )""",
    "CREATE INDEX rules_group ON rules (org, group_id, position)",
    """CREATE TABLE rule_versions (
        id {bigserial}, org {bigint} NOT NULL, rule_id VARCHAR(40) NOT NULL, version INTEGER NOT NULL,
        document TEXT NOT NULL, message VARCHAR(500) NOT NULL, made_at_ms {bigint} NOT NULL,
        made_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX rule_versions_once ON rule_versions (rule_id, version)",
    "CREATE TABLE rule_revisions (org {bigint} PRIMARY KEY NOT NULL, revision {bigint} NOT NULL)",
    """CREATE TABLE alert_states (
        id {bigserial}, org {bigint} NOT NULL, rule_key VARCHAR(40) NOT NULL, identity VARCHAR(40) NOT NULL,
        labels TEXT NOT NULL, source TEXT NOT NULL, annotations TEXT NOT NULL, value {double} NOT NULL,
        state VARCHAR(10) NOT NULL, active_at_ms {bigint} NOT NULL, fired_at_ms {bigint} NOT NULL,
        resolved_at_ms {bigint} NOT NULL, absent_at_ms {bigint} NOT NULL, sent_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX alert_states_once ON alert_states (org, rule_key, identity)",
    "CREATE TABLE rule_beats (id INTEGER PRIMARY KEY NOT NULL, at_ms {bigint} NOT NULL)",
    """CREATE TABLE alert_events (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, rule_key VARCHAR(40) NOT NULL,
        rule_version INTEGER NOT NULL, group_name VARCHAR(200) NOT NULL, rule_name VARCHAR(200) NOT NULL,
        fingerprint VARCHAR(16) NOT NULL, status VARCHAR(10) NOT NULL, at_ms {bigint} NOT NULL,
        active_at_ms {bigint} NOT NULL, fired_at_ms {bigint} NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL,
        annotations TEXT NOT NULL, query TEXT NOT NULL, value {double} NOT NULL, link TEXT NOT NULL,
        points TEXT NOT NULL, points_due_ms {bigint}
    )""",
    "CREATE INDEX alert_events_time ON alert_events (org, at_ms)",
    "CREATE INDEX alert_events_rule ON alert_events (org, rule_key, at_ms)",
    "CREATE INDEX alert_events_due ON alert_events (points_due_ms)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
