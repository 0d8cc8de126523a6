"""Who may register, which organisations there are, and what the instance does by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from obsv.accounts import Accounts
from obsv.accounts.registration import RegistrationMode
from obsv.audit import SYSTEM, entries
from obsv.core.clock import ManualClock
from obsv.core.errors import Conflict
from obsv.scheduler import Job, Scheduler, install, uninstall
from tests.accounts.app import SAME_ORIGIN
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink

REGISTRATION = "/instance/registration"


async def door(person: Person) -> int:
    return (await person.client.get("/register")).status_code


async def test_who_may_register_is_said_here_and_counts_at_once(root: Person, ann: Person) -> None:
    assert await root.must("GET", REGISTRATION) == {"mode": "invite", "is_fixed": False}
    assert await door(ann) == 403
    assert "/register" not in (await ann.client.get("/login")).text
    assert (await root.must("PUT", REGISTRATION, {"mode": "open"}))["mode"] == "open"
    assert await door(ann) == 200
    ann.client.cookies.clear()
    assert "/register" in (await ann.client.get("/login")).text
    last = (await entries(None))[0]
    assert (last.event, last.details) == (
        "config.changed",
        {"kind": "registration", "before": "invite", "after": "open"},
    )


async def test_closed_is_closed_for_the_invited_too(root: Person, person_invited: str, ann: Person) -> None:
    form = {"code": person_invited, "name": "Nia", "password": "four unrelated words here", "is_16": "on"}
    await root.must("PUT", REGISTRATION, {"mode": "closed"})
    assert (await ann.client.post("/invite", data=form, headers=SAME_ORIGIN)).status_code == 403
    await root.must("PUT", REGISTRATION, {"mode": "invite"})
    assert (await ann.client.post("/invite", data=form, headers=SAME_ORIGIN)).status_code == 303


@pytest.fixture
async def person_invited(ann: Person, sink: Sink) -> str:
    """The code of an invitation that Ann sent; her browser is signed out then."""
    await ann.must("POST", "/org/invitations", {"email": "nia@example.org", "role": "viewer"})
    ann.client.cookies.clear()
    return re.findall(r"/invite[?]code=(\S+)", (await sink.mails())[-1].text)[-1]


async def test_another_replica_hears_of_it_within_five_seconds(root: Person, service: Accounts) -> None:
    other = RegistrationMode("", service.clock, service.audit)
    assert await other.current() == "invite"
    await root.must("PUT", REGISTRATION, {"mode": "open"})
    root.clock.advance(5)
    assert await other.current() == "open"


async def test_what_the_configuration_says_stays(service: Accounts) -> None:
    mode = RegistrationMode("closed", service.clock, service.audit)
    assert (await mode.current(), mode.is_fixed) == ("closed", True)
    with pytest.raises(Conflict, match="configuration"):
        await mode.change("open", by=SYSTEM)


async def test_organisations_from_outside(root: Person, ann: Person, sink: Sink) -> None:
    await ann.must("POST", "/org/support", {"hours": 1})
    made = await root.must("POST", "/instance/organisations", {"name": "Zoo", "owner_email": "zoe@example.org"})
    assert made == {"slug": "zoo"}
    shown = (await root.must("GET", "/instance/organisations"))["organisations"]
    assert [(one["name"], one["members"], one["has_support_access"]) for one in shown] == [
        ("Zoo", 0, False),
        ("ann org", 1, True),
        ("root org", 1, False),
    ]
    mail = (await sink.mails())[-1]
    assert (mail.to, "Zoo" in mail.subject) == ("zoe@example.org", True)


@pytest.fixture
async def jobs(service: Accounts, clock: ManualClock) -> AsyncIterator[list[str]]:
    """A scheduler that does not start by itself, with a job that works and one that fails; what ran."""
    ran: list[str] = []

    async def work() -> None:
        ran.append("work")

    async def fail() -> None:
        raise ValueError("no")

    made = install(Scheduler((Job("b.fails", 60, fail), Job("a.works", 3600, work)), clock))
    yield ran
    uninstall()
    await made.stop()


async def test_jobs(root: Person, jobs: list[str]) -> None:
    listed = (await root.must("GET", "/instance/jobs"))["jobs"]
    assert [(job["name"], job["every_s"], job["started_at_ms"]) for job in listed] == [
        ("a.works", 3600, None),
        ("b.fails", 60, None),
    ]
    for name in ("a.works", "b.fails"):
        assert (await root.call("POST", f"/instance/jobs/{name}/run")).status_code == 204
    assert (await root.call("POST", "/instance/jobs/no.such/run")).status_code == 404
    for _ in range(100):
        listed = (await root.must("GET", "/instance/jobs"))["jobs"]
        if all(job["ended_at_ms"] for job in listed):
            break
        await asyncio.sleep(0.02)
    assert [(job["outcome"], job["error"]) for job in listed] == [("done", ""), ("failed", "ValueError: no")]
    assert jobs == ["work"]
    assert (await entries(None))[0].event == "job.requested"


async def test_at_a_glance(root: Person, jobs: list[str]) -> None:
    shown = await root.must("GET", "/instance")
    assert (shown["users"], shown["organisations"], shown["is_leader"]) == (1, 1, False)
    assert shown["database"] in ("sqlite", "postgres")
    assert shown["free_bytes"] > 0
    assert shown["data_bytes"] > 0
