"""Who called the API, and how often metrics were sent."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0003_access_log"

STATEMENTS = (
    """CREATE TABLE access_log (
        id {bigserial}, at_ms {bigint} NOT NULL, request_id VARCHAR(64) NOT NULL, org {bigint},
        user_id VARCHAR(40) NOT NULL, session_id VARCHAR(40) NOT NULL, token_id VARCHAR(8) NOT NULL,
        method VARCHAR(10) NOT NULL, route VARCHAR(200) NOT NULL, status INTEGER NOT NULL,
        duration_ms {double} NOT NULL, bytes_in {bigint} NOT NULL, bytes_out {bigint} NOT NULL,
        protocol VARCHAR(10) NOT NULL, ip_trunc VARCHAR(45) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX access_log_org ON access_log (org, at_ms, id)",
    "CREATE INDEX access_log_user_id ON access_log (user_id)",
    "CREATE INDEX access_log_erase_on ON access_log (erase_on)",
    """CREATE TABLE access_counts (
        id {bigserial}, org {bigint} NOT NULL, token_id VARCHAR(8) NOT NULL, route VARCHAR(200) NOT NULL,
        status INTEGER NOT NULL, minute_ms {bigint} NOT NULL, calls {bigint} NOT NULL, bytes_in {bigint} NOT NULL,
        duration_ms {double} NOT NULL, erase_on DATE
    )""",
    # Replicas add to one row: it serves lookups by time too.
    "CREATE UNIQUE INDEX access_counts_once ON access_counts (org, minute_ms, token_id, route, status)",
    "CREATE INDEX access_counts_erase_on ON access_counts (erase_on)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
