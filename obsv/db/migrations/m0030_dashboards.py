"""Dashboards with their versions, stars and shared links; who may edit a folder; events that charts are marked with."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0030_dashboards"

STATEMENTS = (
    """CREATE TABLE dashboards (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, key VARCHAR(80) NOT NULL,
        title VARCHAR(200) NOT NULL, folder VARCHAR(200) NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
        panels INTEGER NOT NULL, document TEXT NOT NULL, search TEXT NOT NULL, version INTEGER NOT NULL,
        is_applied BOOLEAN NOT NULL, created_at_ms {bigint} NOT NULL,
        created_by VARCHAR(40) NOT NULL, updated_at_ms {bigint} NOT NULL, updated_by VARCHAR(40) NOT NULL,
        deleted_at_ms {bigint}, deleted_by VARCHAR(40) NOT NULL, erase_on DATE
    )""",
    "CREATE UNIQUE INDEX dashboards_key ON dashboards (org, key) WHERE deleted_at_ms IS NULL",
    "CREATE INDEX dashboards_erase_on ON dashboards (erase_on)",
    """CREATE TABLE dashboard_versions (
        id {bigserial}, org {bigint} NOT NULL, dashboard_id VARCHAR(40) NOT NULL, version INTEGER NOT NULL,
        document {bytes} NOT NULL, message VARCHAR(500) NOT NULL, made_at_ms {bigint} NOT NULL,
        made_by VARCHAR(40) NOT NULL
    )""",
    "CREATE UNIQUE INDEX dashboard_versions_once ON dashboard_versions (dashboard_id, version)",
    """CREATE TABLE dashboard_stars (
        id {bigserial}, org {bigint} NOT NULL, user_id VARCHAR(40) NOT NULL, dashboard_id VARCHAR(100) NOT NULL
    )""",
    "CREATE UNIQUE INDEX dashboard_stars_once ON dashboard_stars (user_id, org, dashboard_id)",
    """CREATE TABLE dashboard_links (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, dashboard_id VARCHAR(100) NOT NULL,
        token_hash VARCHAR(64) NOT NULL, title VARCHAR(200) NOT NULL, range_start VARCHAR(40) NOT NULL,
        range_end VARCHAR(40) NOT NULL, variables TEXT NOT NULL, chosen TEXT NOT NULL,
        created_by VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL, expires_at_ms {bigint} NOT NULL,
        revoked_at_ms {bigint}, erase_on DATE
    )""",
    "CREATE UNIQUE INDEX dashboard_links_token ON dashboard_links (token_hash)",
    "CREATE INDEX dashboard_links_dashboard ON dashboard_links (org, dashboard_id)",
    "CREATE INDEX dashboard_links_erase_on ON dashboard_links (erase_on)",
    """CREATE TABLE folder_editors (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, folder VARCHAR(200) NOT NULL,
        team_id VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX folder_editors_once ON folder_editors (org, folder, team_id)",
    """CREATE TABLE events (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, at_ms {bigint} NOT NULL, end_ms {bigint} NOT NULL,
        title VARCHAR(200) NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL, created_by VARCHAR(40) NOT NULL
    )""",
    "CREATE INDEX events_time ON events (org, at_ms)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
