"""The first start and the set-up form."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from obsv.accounts import Accounts, BadFields, NewUser, Role, SetupForm
from obsv.accounts.types import Origin
from obsv.audit import entries, verify
from obsv.core.clock import ManualClock
from obsv.core.errors import Forbidden

FORM = SetupForm("Ann Owner", "ann@example.org", "Acme GmbH", "four unrelated words here", is_16=True)
ORIGIN = Origin("192.0.2.0/24", "Firefox on Linux")


def code_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["code"][0]


async def test_first_start_makes_the_operators_organisation_and_the_agents_token(
    service: Accounts, tmp_path: Path
) -> None:
    start = await service.prepare()
    actor = (await service.tokens.known.recognise(start.agent_token)).actor
    operator = await service.organisations.operator()
    assert operator is not None
    assert (actor.org, actor.org_slug, actor.scopes) == (operator.id, "operator", {"metrics:write"})
    assert start.setup_url.startswith("http://localhost:8450/setup?code=")
    assert stat.S_IMODE((tmp_path / "agent.token").stat().st_mode) == 0o600


async def test_a_second_start_keeps_both_and_prints_another_code(service: Accounts) -> None:
    first, second = await service.prepare(), await service.prepare()
    assert first.agent_token == second.agent_token
    assert first.setup_url != second.setup_url


async def test_a_revoked_agent_token_is_replaced(service: Accounts) -> None:
    first = await service.prepare()
    actor = (await service.tokens.known.recognise(first.agent_token)).actor
    assert actor.org is not None
    await service.administration.revoke_token(actor.org, actor.token_id)
    assert (await service.prepare()).agent_token != first.agent_token


async def test_starts_at_the_same_time_make_one_organisation(service: Accounts) -> None:
    made = await asyncio.gather(*(service.organisations.ensure_operator() for _ in range(5)))
    assert len({organisation.id for organisation in made}) == 1


async def test_the_form_makes_the_owner_and_names_the_organisation(service: Accounts) -> None:
    code = code_of((await service.prepare()).setup_url)
    arrival = await service.setup.complete(code, FORM, ORIGIN)
    assert arrival.org_slug == "acme-gmbh"
    session = await service.sessions.find(arrival.session.value)
    assert session is not None
    person = await service.people.get(session.user_id)
    assert person is not None
    assert (person.email, person.name, person.is_instance_admin) == ("ann@example.org", "Ann Owner", True)
    members = await service.organisations.memberships(person.id)
    assert [(member.slug, member.name, member.role) for member in members] == [("acme-gmbh", "Acme GmbH", Role.OWNER)]
    assert (await service.prepare()).setup_url == ""
    operator = await service.organisations.by_name("operator")
    assert operator is not None
    assert operator.slug == "acme-gmbh"
    events = {entry.event for entry in await entries(None)}
    assert {"instance.set_up", "user.registered", "auth.login.success"} <= events
    assert (await verify(None)).is_valid
    assert (await verify(operator.id)).is_valid


async def test_a_code_works_once(service: Accounts) -> None:
    code = code_of((await service.prepare()).setup_url)
    await service.setup.complete(code, FORM, ORIGIN)
    with pytest.raises(Forbidden):
        await service.setup.complete(code, FORM, ORIGIN)


async def test_of_two_at_once_one_wins(service: Accounts) -> None:
    codes = [code_of((await service.prepare()).setup_url) for _ in range(2)]
    forms = [SetupForm(f"P {n}", f"p{n}@example.org", "Acme", FORM.password, is_16=True) for n in range(2)]
    done = await asyncio.gather(
        *(service.setup.complete(code, form, ORIGIN) for code, form in zip(codes, forms, strict=True)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in done) == ["Arrival", "Forbidden"]


async def test_a_code_ends_after_an_hour(service: Accounts, clock: ManualClock) -> None:
    code = code_of((await service.prepare()).setup_url)
    clock.advance(3599)
    assert await service.setup.accepts(code)
    clock.advance(1)
    assert not await service.setup.accepts(code)
    with pytest.raises(Forbidden):
        await service.setup.complete(code, FORM, ORIGIN)


async def test_a_wrong_code_is_refused(service: Accounts) -> None:
    await service.prepare()
    for code in ("", "x", "é" * 10):
        assert not await service.setup.accepts(code)


async def test_all_problems_are_told_at_once_and_the_code_stays_good(service: Accounts) -> None:
    code = code_of((await service.prepare()).setup_url)
    with pytest.raises(BadFields) as told:
        await service.setup.complete(code, SetupForm(" ", "ann", "", "short", is_16=False), ORIGIN)
    assert set(told.value.fields) == {"name", "email", "organisation", "password", "is_16"}
    assert await service.setup.accepts(code)


async def test_an_owner_made_by_command_line_closes_set_up(service: Accounts) -> None:
    code = code_of((await service.prepare()).setup_url)
    person, _ = await service.administration.create_user(
        NewUser("bob@example.org", "Bob", "operator", Role.OWNER, FORM.password)
    )
    assert person.is_instance_admin
    assert not await service.setup.accepts(code)
    assert (await service.prepare()).setup_url == ""
