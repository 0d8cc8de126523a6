"""Monitors, how they stand, what happened to them, their days, and what jobs reported."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0055_monitors"

STATEMENTS = (
    """CREATE TABLE monitors (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, key VARCHAR(80) NOT NULL,
        name VARCHAR(100) NOT NULL, kind VARCHAR(10) NOT NULL, target VARCHAR(2000) NOT NULL, tags TEXT NOT NULL,
        document TEXT NOT NULL, secrets_enc TEXT NOT NULL, ping_hash VARCHAR(64), version INTEGER NOT NULL,
        is_applied BOOLEAN NOT NULL, created_at_ms {bigint} NOT NULL, created_by VARCHAR(40) NOT NULL,
        updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX monitors_key ON monitors (org, key)",
    "CREATE UNIQUE INDEX monitors_name ON monitors (org, name)",
    "CREATE UNIQUE INDEX monitors_ping ON monitors (ping_hash)",
    "CREATE INDEX monitors_version ON monitors (id, version)",
    """CREATE TABLE monitor_standings (
        monitor_id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, kind VARCHAR(10) NOT NULL,
        state VARCHAR(12) NOT NULL, since_at_ms {bigint} NOT NULL, checked_at_ms {bigint} NOT NULL,
        accounted_at_ms {bigint} NOT NULL, failures INTEGER NOT NULL, failing_at_ms {bigint} NOT NULL,
        due_at_ms {bigint} NOT NULL, started_at_ms {bigint} NOT NULL, pinged_at_ms {bigint} NOT NULL,
        seq {bigint} NOT NULL, result TEXT NOT NULL
    )""",
    "CREATE INDEX monitor_standings_org ON monitor_standings (org)",
    "CREATE INDEX monitor_standings_kind ON monitor_standings (kind)",
    """CREATE TABLE monitor_events (
        id {bigserial}, org {bigint} NOT NULL, monitor_id VARCHAR(40) NOT NULL, at_ms {bigint} NOT NULL,
        before VARCHAR(12) NOT NULL, state VARCHAR(12) NOT NULL, reason VARCHAR(500) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX monitor_events_time ON monitor_events (org, at_ms)",
    "CREATE INDEX monitor_events_monitor ON monitor_events (monitor_id, at_ms)",
    "CREATE INDEX monitor_events_erase_on ON monitor_events (erase_on)",
    """CREATE TABLE monitor_days (
        id {bigserial}, org {bigint} NOT NULL, monitor_id VARCHAR(40) NOT NULL, day DATE NOT NULL,
        up_ms {bigint} NOT NULL, down_ms {bigint} NOT NULL, maintenance_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE UNIQUE INDEX monitor_days_once ON monitor_days (monitor_id, day)",
    "CREATE INDEX monitor_days_org ON monitor_days (org, day)",
    "CREATE INDEX monitor_days_erase_on ON monitor_days (erase_on)",
    """CREATE TABLE monitor_pings (
        id {bigserial}, org {bigint} NOT NULL, monitor_id VARCHAR(40) NOT NULL, at_ms {bigint} NOT NULL,
        signal VARCHAR(10) NOT NULL, exit_code INTEGER, duration_ms {bigint}, body TEXT NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX monitor_pings_monitor ON monitor_pings (monitor_id, id)",
    "CREATE INDEX monitor_pings_erase_on ON monitor_pings (erase_on)",
)


async def forwards(run: Run) -> None:
    """Make them."""
    for statement in STATEMENTS:
        await run(statement)
