"""Teams, support grants, and what is set for the whole instance in the cabinet."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0009_teams_and_support"

STATEMENTS = (
    """CREATE TABLE teams (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, name VARCHAR(100) NOT NULL,
        name_folded VARCHAR(100) NOT NULL, role VARCHAR(10) NOT NULL, created_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX teams_once ON teams (org, name_folded)",
    """CREATE TABLE team_members (
        id VARCHAR(40) PRIMARY KEY NOT NULL, team_id VARCHAR(40) NOT NULL, org {bigint} NOT NULL,
        user_id VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX team_members_once ON team_members (user_id, team_id)",
    "CREATE INDEX team_members_team ON team_members (team_id)",
    """CREATE TABLE support_grants (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, role VARCHAR(10) NOT NULL, reason TEXT NOT NULL,
        granted_by VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL, expires_at_ms {bigint} NOT NULL,
        revoked_at_ms {bigint}, erase_on DATE
    )""",
    "CREATE INDEX support_grants_org ON support_grants (org, expires_at_ms)",
    "CREATE INDEX support_grants_erase_on ON support_grants (erase_on)",
    """CREATE TABLE support_visits (
        id VARCHAR(80) PRIMARY KEY NOT NULL, grant_id VARCHAR(40) NOT NULL, org {bigint} NOT NULL,
        user_id VARCHAR(40) NOT NULL, first_at_ms {bigint} NOT NULL, last_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX support_visits_grant ON support_visits (grant_id)",
    "CREATE INDEX support_visits_erase_on ON support_visits (erase_on)",
    """CREATE TABLE instance_settings (
        name VARCHAR(40) PRIMARY KEY NOT NULL, value VARCHAR(100) NOT NULL, changed_at_ms {bigint} NOT NULL,
        changed_by VARCHAR(40) NOT NULL
    )""",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
