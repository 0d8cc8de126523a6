"""The chain, its transactions, its protection by the database, pruning and erasure."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import structlog

from obsv import audit
from obsv.audit import SYSTEM, AuditLog, Filter, Who, entries, prune, queries, verify
from obsv.core.clock import ManualClock
from obsv.core.days import day_of
from obsv.db import execute, fetch, fetch_value, is_postgres, write_tx

ANN = Who("user", "usr_1", ip_trunc="192.0.2.0/24", ua_family="Firefox", email="ann@example.org")
YEAR_S = 366 * 86400


async def fill(count: int, org: int | None = 1) -> None:
    for _ in range(count):
        await audit.write("token.created", org=org, actor=ANN, target=("token", "tok_1"))


async def test_an_entry_reads_back(log: AuditLog, clock: ManualClock) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-7"):
        seq = await log.write(
            "member.role_changed", org=7, actor=ANN, target=("user", "usr_2"), details={"role_after": "viewer"}
        )
    assert seq == 1
    (entry,) = await entries(7)
    assert (entry.event, entry.actor_ref, entry.target_ref, entry.request_id) == (
        "member.role_changed",
        "usr_1",
        "usr_2",
        "req-7",
    )
    assert entry.details == {"role_after": "viewer"}
    assert (entry.at_ms, entry.ip_trunc, entry.ua_family) == (clock.now_ms(), "192.0.2.0/24", "Firefox")
    assert "ann@" not in str(await fetch("SELECT * FROM audit_log")) + str(await fetch("SELECT * FROM audit_personal"))


async def test_chains_are_separate_and_filters_hold(log: AuditLog) -> None:
    await fill(3)
    await fill(2, org=2)
    await audit.write("schema.migrated", org=None, actor=SYSTEM, details={"migrations": ["m0001"]})
    assert [entry.seq for entry in await entries(1)] == [3, 2, 1]
    assert [entry.seq for entry in await entries(1, Filter(before_seq=3), limit=1)] == [2]
    assert await entries(1, Filter(event="auth.logout")) == []
    assert len(await entries(2, Filter(actor_ref="usr_1"))) == 2
    for org, count in ((1, 3), (2, 2), (None, 1), (99, 0)):
        checked = await verify(org)
        assert (checked.is_valid, checked.checked) == (True, count)


async def test_undeclared_names_are_refused(log: AuditLog) -> None:
    with pytest.raises(ValueError, match=r"no\.such"):
        await audit.write("no.such", org=1, actor=SYSTEM)
    with pytest.raises(ValueError, match="email"):
        await audit.write("user.registered", org=1, actor=SYSTEM, details={"email": "x"})
    assert await entries(1) == []


async def test_an_entry_lives_and_dies_with_its_action(log: AuditLog) -> None:
    async def action() -> None:
        async with write_tx():
            await fill(1)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        await action()
    assert await entries(1) == []
    async with write_tx():
        await fill(1)
    assert (await verify(1)).checked == 1


async def test_concurrent_appends_leave_no_gap(log: AuditLog) -> None:
    await asyncio.gather(*(fill(5) for _ in range(10)))
    checked = await verify(1)
    assert (checked.is_valid, checked.checked, checked.head_seq) == (True, 50, 50)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_log SET event = 'auth.logout'",
        "UPDATE audit_log SET erase_on = NULL WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 3",
        "DELETE FROM audit_log",
        "DELETE FROM audit_heads",
        "UPDATE audit_heads SET seq = 1",
    ],
)
async def test_the_database_refuses_changes(log: AuditLog, sql: str) -> None:
    await fill(3)
    with pytest.raises(Exception, match=r"append-only|never move back"):
        await execute(sql)
    assert (await verify(1)).checked == 3


async def test_the_database_refuses_the_back_doors(log: AuditLog) -> None:
    await fill(3)
    back_doors = (
        ["TRUNCATE audit_log", "TRUNCATE audit_heads"]
        if is_postgres()
        else ["INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE seq = 2"]
    )
    for sql in back_doors:
        with pytest.raises(Exception, match="append-only"):
            await execute(sql)


async def without_triggers(sql: str) -> None:
    """What a database superuser may do."""
    if is_postgres():
        async with write_tx():
            await execute("SET LOCAL session_replication_role = replica")
            await execute(sql)
        return
    kept = await fetch("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for trigger in kept:
        await execute(f"DROP TRIGGER {trigger['name']}")
    await execute(sql)
    for trigger in kept:
        await execute(trigger["sql"])


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE audit_log SET actor_ref = 'usr_2' WHERE seq = 2", "altered"),
        ("UPDATE audit_log SET details = '{\"count\":1}' WHERE seq = 2", "altered"),
        ("DELETE FROM audit_log WHERE seq = 2", "missing"),
        ("DELETE FROM audit_log WHERE seq = 4", "missing at the end"),
        ("DELETE FROM audit_heads", "head is missing"),
        ("UPDATE audit_personal SET ip_trunc = '198.51.100.0/24' WHERE audit_id = 2", "side row"),
    ],
)
async def test_tampering_is_noticed(log: AuditLog, sql: str, reason: str) -> None:
    await fill(4)
    await without_triggers(sql)
    checked = await verify(1)
    assert not checked.is_valid
    assert reason in checked.reason


@pytest.mark.parametrize(
    "forgery",
    [
        ["DELETE FROM audit_log WHERE seq > 2", "UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_log)"],
        ["DELETE FROM audit_log", "DELETE FROM audit_heads"],
    ],
    ids=["the end", "the whole chain"],
)
async def test_what_a_chain_cannot_know_is_known_from_the_mark(log: AuditLog, forgery: list[str]) -> None:
    """Whoever may write the database may make a chain that is whole in itself."""
    await fill(4)
    assert await log.checkpoints.note() == []
    for sql in forgery:
        await without_triggers(sql.replace("FROM audit_log)", "FROM audit_log WHERE seq = 2)"))
    assert (await queries.verify(1)).is_valid
    checked = await verify(1)
    assert not checked.is_valid
    assert "noted outside" in checked.reason
    await fill(4)
    assert await log.checkpoints.note() == [1], "a mark that is lost stays where it was"
    assert not (await verify(1)).is_valid
    await log.checkpoints.accept()
    assert (await audit.verify_all())[1].is_valid


async def test_a_mark_outlives_the_pruning_of_its_entry(log: AuditLog, clock: ManualClock) -> None:
    await fill(3)
    await log.checkpoints.note()
    clock.advance(2 * YEAR_S)
    for expected in (3, 0):
        assert await prune(day_of(clock.now_ms()), limit=10) == expected
        assert (await verify(1)).is_valid
        await fill(1)
    await log.checkpoints.note()
    assert log.checkpoints.read()[1].seq == 5


async def test_erasing_a_person_leaves_the_chain_valid(log: AuditLog) -> None:
    await fill(4)
    await execute("DELETE FROM audit_personal WHERE actor_ref = {}", "usr_1")
    assert (await verify(1)).is_valid
    assert {entry.ip_trunc for entry in await entries(1)} == {""}


async def test_pruning_takes_a_due_prefix_and_nothing_else(log: AuditLog, clock: ManualClock) -> None:
    await fill(5)
    await fill(2, org=2)
    first = day_of(clock.now_ms())
    last_day = first.replace(year=first.year + 1)
    clock.advance(40 * 86400)
    await fill(3)
    assert await prune(last_day) == 0
    clock.advance(YEAR_S - 40 * 86400)
    due = last_day.fromordinal(last_day.toordinal() + 1)
    assert await prune(due, limit=2) == 4
    assert await prune(due, limit=100) == 3
    assert await prune(due) == 0
    checked = await verify(1)
    assert (checked.is_valid, checked.checked, checked.head_seq) == (True, 3, 8)
    assert await fetch_value("SELECT count(*) FROM audit_personal") == 3
    await fill(1, org=2)
    assert [entry.seq for entry in await entries(2)] == [3]
    assert (await verify(2)).is_valid


async def test_an_unwilling_action_does_not_block_the_next(log: AuditLog) -> None:
    for _ in range(3):
        with contextlib.suppress(RuntimeError):
            async with write_tx():
                await fill(1)
                raise RuntimeError
    async with asyncio.timeout(5):
        await fill(1)
    assert (await verify(1)).head_seq == 1
