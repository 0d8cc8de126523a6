"""Mails before a token ends, each once and to who can make another; the audit log when it has ended."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.accounts import Accounts, Role
from obsv.accounts.jobs import jobs
from obsv.accounts.tokens.stages import DAY_MS, Stage, stage_at
from obsv.audit import Who, entries
from obsv.core.clock import ManualClock
from obsv.db import execute, fetch_value
from obsv.outbox import Mail
from tests.accounts.app import make_user
from tests.accounts.mail import Sink

DAY_S = 86_400
READ = frozenset({"metrics:read"})


@pytest.fixture
async def people(service: Accounts) -> dict[str, str]:
    """Ann and Abe own Acme, Bea administers it, Dot looks on."""
    roles = {"ann": Role.OWNER, "abe": Role.OWNER, "bea": Role.ADMIN, "dot": Role.VIEWER}
    return {name: await make_user(service, name, "Acme", role) for name, role in roles.items()}


async def acme(service: Accounts) -> int:
    return (await service.administration.organisation("Acme")).id


async def make(service: Accounts, user_id: str = "", *, days: int | None = 30, is_personal: bool = False) -> str:
    by = Who("user", user_id) if user_id else Who("system", "obsv")
    made = await service.administration.create_token(
        await acme(service), "prometheus", READ, expires_days=days, is_personal=is_personal, by=by
    )
    return made.id


async def told(service: Accounts, sink: Sink) -> list[Mail]:
    """What a run of the job mails."""
    before = len(await sink.mails())
    await service.token_expiry.tell_due()
    return (await sink.mails())[before:]


async def recipients(service: Accounts, sink: Sink) -> list[str]:
    return sorted(mail.to.partition("@")[0] for mail in await told(service, sink))


async def test_two_weeks_and_a_day_before_each_once(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock
) -> None:
    token_id = await make(service, people["bea"])
    clock.advance(16 * DAY_S - 1)
    assert await told(service, sink) == []
    clock.advance(1)
    (mail,) = await told(service, sink)
    assert (mail.to, mail.subject) == ("bea@example.org", "The API token prometheus ends in less than 14 days")
    for said in (token_id, "Acme", "14 February 2027, 08:00 UTC", "http://localhost:8450/app/acme/settings/tokens"):
        assert said in mail.text
    assert "obsv_" not in mail.text
    assert await told(service, sink) == []
    clock.advance(13 * DAY_S)
    (mail,) = await told(service, sink)
    assert mail.subject == "The API token prometheus ends in less than a day"
    assert await told(service, sink) == []


async def test_one_of_ones_own_leads_to_ones_own(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock
) -> None:
    await make(service, people["dot"], is_personal=True)
    clock.advance(20 * DAY_S)
    assert "/app/acme/settings/my-tokens" in (await told(service, sink))[0].text


async def test_the_end_is_written_down_once(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock
) -> None:
    token_id = await make(service, people["bea"])
    clock.advance(30 * DAY_S)
    for _ in range(2):
        assert await told(service, sink) == [], "what was missed is not told any more"
    ended = [entry for entry in await entries(await acme(service)) if entry.event == "token.expired"]
    assert [(entry.actor_kind, entry.target_ref) for entry in ended] == [("system", token_id)]


async def test_two_nodes_at_the_same_time_tell_once(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock
) -> None:
    await make(service, people["bea"])
    for seconds, mails in ((20 * DAY_S, 1), (10 * DAY_S, 1)):
        clock.advance(seconds)
        counts = await asyncio.gather(*(service.token_expiry.tell_due() for _ in range(4)))
        assert sum(counts) == 1
        assert len(await sink.mails()) == mails
    assert sum(entry.event == "token.expired" for entry in await entries(await acme(service))) == 1


@pytest.mark.parametrize(("days", "mails"), [(1, 0), (2, 1), (14, 1), (15, 2)])
async def test_nobody_hears_at_once_of_a_life_that_they_chose(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock, days: int, mails: int
) -> None:
    await make(service, people["bea"], days=days)
    assert await told(service, sink) == []
    heard = 0
    for _ in range(days * 24 - 1):
        clock.advance(3600)
        heard += await service.token_expiry.tell_due()
    assert heard == len(await sink.mails()) == mails


@pytest.mark.parametrize(
    ("maker", "is_personal", "heard"),
    [
        ("bea", False, ["bea"]),
        ("dot", False, ["abe", "ann"]),
        ("dot", True, ["dot"]),
        ("", False, ["abe", "ann"]),
    ],
)
async def test_who_can_make_another_hears_of_it(
    service: Accounts,
    people: dict[str, str],
    sink: Sink,
    clock: ManualClock,
    maker: str,
    is_personal: bool,
    heard: list[str],
) -> None:
    await make(service, people.get(maker, ""), is_personal=is_personal)
    clock.advance(20 * DAY_S)
    assert await recipients(service, sink) == heard


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM memberships WHERE user_id = {}",
        "UPDATE memberships SET role = 'editor' WHERE user_id = {}",
        "UPDATE users SET status = 'disabled' WHERE id = {}",
        "UPDATE users SET email_verified_at_ms = NULL WHERE id = {}",
    ],
)
async def test_a_maker_who_cannot_do_anything_about_it(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock, change: str
) -> None:
    await make(service, people["bea"])
    await execute(change, people["bea"])
    await execute("UPDATE users SET email_verified_at_ms = NULL WHERE id = {}", people["abe"])
    clock.advance(20 * DAY_S)
    assert await recipients(service, sink) == ["ann"]


async def test_not_of_what_is_revoked_or_lives_for_ever(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock
) -> None:
    org = await acme(service)
    await service.administration.create_token(org, "agent", frozenset({"metrics:write"}))
    await service.administration.revoke_token(org, await make(service, people["bea"]))
    for days in (20, 9, 2, 700):
        clock.advance(days * DAY_S)
        assert await told(service, sink) == []
    assert "token.expired" not in {entry.event for entry in await entries(org)}


async def test_a_mail_that_cannot_be_queued_is_told_later(
    service: Accounts, people: dict[str, str], sink: Sink, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("no outbox")

    token_id = await make(service, people["bea"])
    clock.advance(20 * DAY_S)
    with monkeypatch.context() as broken:
        broken.setattr("obsv.accounts.registration.letters.enqueue", fail)
        with pytest.raises(OSError, match="no outbox"):
            await service.token_expiry.tell_due()
    assert await fetch_value("SELECT expiry_stage FROM api_tokens WHERE id = {}", token_id) == Stage.FAR
    assert await recipients(service, sink) == ["bea"]


def test_the_job_is_one_of_ours(service: Accounts) -> None:
    (job,) = [job for job in jobs(service) if job.name == "accounts.token_expiry"]
    assert job.run == service.token_expiry.tell_due
    assert job.every_s <= 3600


@given(st.integers(0, 400 * DAY_MS), st.lists(st.integers(0, 100 * DAY_MS)))
def test_stages_never_go_back(expires: int, moments: list[int]) -> None:
    stages = [stage_at(now, expires) for now in sorted(moments)]
    assert stages == sorted(stages)
    assert all(stage_at(now, None) is Stage.FAR for now in moments)


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (14 * DAY_MS + 1, Stage.FAR),
        (14 * DAY_MS, Stage.TWO_WEEKS),
        (DAY_MS + 1, Stage.TWO_WEEKS),
        (DAY_MS, Stage.LAST_DAY),
        (1, Stage.LAST_DAY),
        (0, Stage.ENDED),
        (-1, Stage.ENDED),
    ],
)
def test_where_stages_begin(left: int, stage: Stage) -> None:
    assert stage_at(1_800_000_000_000, 1_800_000_000_000 + left) is stage
