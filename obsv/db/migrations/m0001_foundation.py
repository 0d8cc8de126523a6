"""What every feature leans on: audit log, outgoing calls, mail queue, job runs."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0001_foundation"

AUDIT_TABLES = (
    """CREATE TABLE audit_log (
        id {bigserial}, chain {bigint} NOT NULL, seq {bigint} NOT NULL, at_ms {bigint} NOT NULL,
        actor_kind VARCHAR(10) NOT NULL, actor_ref VARCHAR(64) NOT NULL, event VARCHAR(64) NOT NULL,
        target_kind VARCHAR(40) NOT NULL, target_ref VARCHAR(64) NOT NULL, outcome VARCHAR(10) NOT NULL,
        request_id VARCHAR(64) NOT NULL, details TEXT NOT NULL, commitment VARCHAR(64) NOT NULL,
        prev_hash VARCHAR(64) NOT NULL, hash VARCHAR(64) NOT NULL, erase_on DATE, UNIQUE (chain, seq)
    )""",
    "CREATE INDEX audit_log_erase_on ON audit_log (chain, erase_on)",
    "CREATE INDEX audit_log_actor ON audit_log (actor_ref)",
    """CREATE TABLE audit_personal (
        audit_id {bigint} PRIMARY KEY NOT NULL, actor_ref VARCHAR(64) NOT NULL, salt {bytes} NOT NULL,
        ip_trunc VARCHAR(45) NOT NULL, ua_family VARCHAR(60) NOT NULL, email_enc TEXT NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX audit_personal_actor ON audit_personal (actor_ref)",
    "CREATE INDEX audit_personal_erase_on ON audit_personal (erase_on)",
    """CREATE TABLE audit_heads (
        chain {bigint} PRIMARY KEY NOT NULL, seq {bigint} NOT NULL, hash VARCHAR(64) NOT NULL,
        pruned_seq {bigint} NOT NULL, pruned_hash VARCHAR(64) NOT NULL, CHECK (pruned_seq <= seq)
    )""",
)

# Entries are never changed; only a prefix that the head has marked as pruned may go; a head never moves back.
# INSERT OR REPLACE would delete without firing DELETE triggers, hence the one on INSERT.
AUDIT_TRIGGERS_SQLITE = (
    """CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
    WHEN OLD.seq > COALESCE((SELECT pruned_seq FROM audit_heads WHERE chain = OLD.chain), 0)
    BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_replace BEFORE INSERT ON audit_log
    WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id OR (chain = NEW.chain AND seq = NEW.seq))
    BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads
    WHEN NEW.chain <> OLD.chain OR NEW.seq < OLD.seq OR NEW.pruned_seq < OLD.pruned_seq
    BEGIN SELECT RAISE(ABORT, 'audit_heads never move back'); END""",
    """CREATE TRIGGER audit_heads_delete BEFORE DELETE ON audit_heads
    BEGIN SELECT RAISE(ABORT, 'audit_heads never move back'); END""",
)

AUDIT_TRIGGERS_POSTGRES = (
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $body$""",
    """CREATE FUNCTION audit_delete() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF OLD.seq > COALESCE((SELECT pruned_seq FROM audit_heads WHERE chain = OLD.chain), 0) THEN
            RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $body$""",
    """CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_delete()""",
    """CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_heads_update BEFORE UPDATE ON audit_heads FOR EACH ROW
    WHEN (NEW.chain <> OLD.chain OR NEW.seq < OLD.seq OR NEW.pruned_seq < OLD.pruned_seq)
    EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_heads_delete BEFORE DELETE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_heads_truncate BEFORE TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)

EGRESS = (
    """CREATE TABLE egress_calls (
        id {bigserial}, at_ms {bigint} NOT NULL, day DATE NOT NULL, purpose VARCHAR(20) NOT NULL,
        recipient VARCHAR(100) NOT NULL, origin VARCHAR(10) NOT NULL, host VARCHAR(255) NOT NULL,
        data VARCHAR(200) NOT NULL, org {bigint}, bytes_sent {bigint} NOT NULL, bytes_received {bigint} NOT NULL,
        status INTEGER, outcome VARCHAR(10) NOT NULL, error VARCHAR(200) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX egress_calls_day ON egress_calls (day, host)",
    "CREATE INDEX egress_calls_erase_on ON egress_calls (erase_on)",
)

OUTBOX = (
    """CREATE TABLE outbox_messages (
        id VARCHAR(40) PRIMARY KEY NOT NULL,
        kind VARCHAR(20) NOT NULL CHECK (
            kind IN ('transactional', 'alert', 'incident', 'maintenance', 'security', 'report')
        ),
        topic VARCHAR(64) NOT NULL, org {bigint}, subject_ref VARCHAR(64) NOT NULL, content TEXT,
        once_key VARCHAR(128) UNIQUE, state VARCHAR(10) NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'dead')),
        attempts INTEGER NOT NULL, due_at_ms {bigint} NOT NULL, lease_owner VARCHAR(40) NOT NULL,
        lease_until_ms {bigint} NOT NULL, created_at_ms {bigint} NOT NULL, ended_at_ms {bigint},
        forget_at_ms {bigint}, error VARCHAR(300) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX outbox_messages_due ON outbox_messages (state, due_at_ms)",
    "CREATE INDEX outbox_messages_subject ON outbox_messages (subject_ref)",
    "CREATE INDEX outbox_messages_erase_on ON outbox_messages (erase_on)",
)

SCHEDULER = (
    """CREATE TABLE job_runs (
        id {bigserial}, job VARCHAR(100) NOT NULL, node VARCHAR(100) NOT NULL, started_at_ms {bigint} NOT NULL,
        ended_at_ms {bigint}, outcome VARCHAR(10) NOT NULL, error VARCHAR(300) NOT NULL, erase_on DATE
    )""",
    "CREATE INDEX job_runs_job ON job_runs (job, started_at_ms)",
    "CREATE INDEX job_runs_erase_on ON job_runs (erase_on)",
)

PRIVACY = (
    """CREATE TABLE clock_seen (
        id INTEGER PRIMARY KEY NOT NULL, wall_ms {bigint} NOT NULL, boot_id VARCHAR(64) NOT NULL,
        mono_ms {bigint} NOT NULL, held_since_ms {bigint}, purged_at_ms {bigint}, rehearsed_at_ms {bigint}
    )""",
)


async def forwards(run: Run) -> None:
    """Create the tables of audit, egress, outbox, scheduler and retention."""
    for statement in (*AUDIT_TABLES, *EGRESS, *OUTBOX, *SCHEDULER, *PRIVACY):
        await run(statement)
    for statement in AUDIT_TRIGGERS_SQLITE:
        await run(sqlite=statement)
    for statement in AUDIT_TRIGGERS_POSTGRES:
        await run(postgres=statement)
