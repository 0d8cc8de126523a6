"""Second factors, passkeys, links that work once, and how often something was tried."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0004_sign_in"

STATEMENTS = (
    """CREATE TABLE totp_secrets (
        user_id VARCHAR(40) PRIMARY KEY NOT NULL, secret_enc TEXT NOT NULL, last_step {bigint} NOT NULL,
        created_at_ms {bigint} NOT NULL
    )""",
    """CREATE TABLE recovery_codes (
        code_hash VARCHAR(64) PRIMARY KEY NOT NULL, user_id VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL,
        used_at_ms {bigint}
    )""",
    "CREATE INDEX recovery_codes_user_id ON recovery_codes (user_id)",
    """CREATE TABLE passkeys (
        id VARCHAR(40) PRIMARY KEY NOT NULL, user_id VARCHAR(40) NOT NULL, credential_id VARCHAR(1400) NOT NULL UNIQUE,
        public_key TEXT NOT NULL, sign_count {bigint} NOT NULL, transports VARCHAR(100) NOT NULL,
        aaguid VARCHAR(36) NOT NULL, is_backed_up BOOLEAN NOT NULL, rp_id VARCHAR(253) NOT NULL,
        name VARCHAR(100) NOT NULL, created_at_ms {bigint} NOT NULL, last_used_at_ms {bigint}
    )""",
    "CREATE INDEX passkeys_user_id ON passkeys (user_id)",
    """CREATE TABLE one_time_links (
        code_hash VARCHAR(64) PRIMARY KEY NOT NULL, kind VARCHAR(20) NOT NULL, user_id VARCHAR(40) NOT NULL,
        state_enc TEXT NOT NULL, created_at_ms {bigint} NOT NULL, expires_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX one_time_links_user_id ON one_time_links (user_id)",
    "CREATE INDEX one_time_links_erase_on ON one_time_links (erase_on)",
    """CREATE TABLE attempts (
        key_hash VARCHAR(64) PRIMARY KEY NOT NULL, tries {bigint} NOT NULL, ends_at_ms {bigint} NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX attempts_erase_on ON attempts (erase_on)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
