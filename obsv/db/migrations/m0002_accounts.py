"""People, organisations, sessions, API tokens, and the code of the set-up page."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0002_accounts"

STATEMENTS = (
    """CREATE TABLE users (
        id VARCHAR(40) PRIMARY KEY NOT NULL, email_enc TEXT NOT NULL, email_index VARCHAR(64) NOT NULL UNIQUE,
        name_enc TEXT NOT NULL, password_hash VARCHAR(255), attested_16_at_ms {bigint},
        email_verified_at_ms {bigint}, webauthn_handle VARCHAR(86) NOT NULL,
        is_instance_admin BOOLEAN NOT NULL, status VARCHAR(20) NOT NULL, created_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX users_erase_on ON users (erase_on)",
    """CREATE TABLE organisations (
        id {bigserial}, slug VARCHAR(48) NOT NULL UNIQUE, name VARCHAR(100) NOT NULL, plan VARCHAR(64) NOT NULL,
        is_operator BOOLEAN NOT NULL, requires_mfa BOOLEAN NOT NULL, created_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX organisations_erase_on ON organisations (erase_on)",
    # One organisation is the operator's own, whichever of several replicas starts first.
    "CREATE UNIQUE INDEX organisations_operator ON organisations (is_operator) WHERE is_operator",
    """CREATE TABLE memberships (
        id {bigserial}, user_id VARCHAR(40) NOT NULL, org {bigint} NOT NULL, role VARCHAR(10) NOT NULL,
        created_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX memberships_once ON memberships (user_id, org)",
    "CREATE INDEX memberships_org ON memberships (org)",
    """CREATE TABLE sessions (
        id_hash VARCHAR(64) PRIMARY KEY NOT NULL, id VARCHAR(40) NOT NULL UNIQUE, user_id VARCHAR(40) NOT NULL,
        pending VARCHAR(20) NOT NULL, methods VARCHAR(100) NOT NULL, is_remembered BOOLEAN NOT NULL,
        sudo_until_ms {bigint} NOT NULL, state_enc TEXT NOT NULL,
        created_at_ms {bigint} NOT NULL, last_seen_at_ms {bigint} NOT NULL, expires_idle_at_ms {bigint} NOT NULL,
        expires_abs_at_ms {bigint} NOT NULL, ip_trunc VARCHAR(45) NOT NULL, ua_family VARCHAR(60) NOT NULL,
        erase_on DATE
    )""",
    "CREATE INDEX sessions_user_id ON sessions (user_id)",
    "CREATE INDEX sessions_expires_idle_at_ms ON sessions (expires_idle_at_ms)",
    "CREATE INDEX sessions_erase_on ON sessions (erase_on)",
    """CREATE TABLE api_tokens (
        id VARCHAR(8) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, kind VARCHAR(3) NOT NULL, name VARCHAR(100) NOT NULL,
        token_hash VARCHAR(64) NOT NULL, scopes VARCHAR(255) NOT NULL, created_by VARCHAR(40) NOT NULL,
        created_at_ms {bigint} NOT NULL, expires_at_ms {bigint}, revoked_at_ms {bigint}, last_used_on DATE,
        erase_on DATE
    )""",
    "CREATE INDEX api_tokens_org ON api_tokens (org)",
    "CREATE INDEX api_tokens_erase_on ON api_tokens (erase_on)",
    "CREATE TABLE setup_codes (code_hash VARCHAR(64) PRIMARY KEY NOT NULL, expires_at_ms {bigint} NOT NULL)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
