"""Notification channels, the queue of deliveries, and the log of their attempts."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0045_channels"

STATEMENTS = (
    """CREATE TABLE channels (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, name VARCHAR(80) NOT NULL,
        kind VARCHAR(40) NOT NULL, content TEXT NOT NULL, sends_resolved BOOLEAN NOT NULL,
        is_enabled BOOLEAN NOT NULL, is_default BOOLEAN NOT NULL, is_applied BOOLEAN NOT NULL,
        rate_at_ms {bigint} NOT NULL, created_at_ms {bigint} NOT NULL, created_by VARCHAR(40) NOT NULL,
        updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX channels_name ON channels (org, name)",
    """CREATE TABLE deliveries (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, channel_id VARCHAR(40) NOT NULL,
        channel VARCHAR(80) NOT NULL, status VARCHAR(10) NOT NULL, group_key TEXT NOT NULL, told TEXT NOT NULL,
        alerts INTEGER NOT NULL, content TEXT, once_key VARCHAR(64) NOT NULL UNIQUE, state VARCHAR(10) NOT NULL,
        attempts INTEGER NOT NULL, due_at_ms {bigint} NOT NULL, set_at_ms {bigint} NOT NULL,
        lease_owner VARCHAR(40) NOT NULL, lease_until_ms {bigint} NOT NULL, created_at_ms {bigint} NOT NULL,
        asked_at_ms {bigint} NOT NULL, ended_at_ms {bigint}, forget_at_ms {bigint}, detail VARCHAR(300) NOT NULL,
        erase_on DATE
    )""",
    "CREATE INDEX deliveries_waiting ON deliveries (due_at_ms) WHERE state IN ('queued', 'leased')",
    "CREATE INDEX deliveries_of_channel ON deliveries (channel_id, id) WHERE state IN ('queued', 'leased')",
    "CREATE INDEX deliveries_of_org ON deliveries (org, id)",
    "CREATE INDEX deliveries_forget ON deliveries (forget_at_ms) WHERE content IS NOT NULL",
    "CREATE INDEX deliveries_erase_on ON deliveries (erase_on)",
    """CREATE TABLE delivery_attempts (
        id {bigserial}, org {bigint} NOT NULL, delivery_id VARCHAR(40) NOT NULL, at_ms {bigint} NOT NULL,
        took_ms INTEGER NOT NULL, outcome VARCHAR(10) NOT NULL, detail VARCHAR(300) NOT NULL,
        reference VARCHAR(200) NOT NULL
    )""",
    "CREATE INDEX delivery_attempts_of ON delivery_attempts (delivery_id)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
