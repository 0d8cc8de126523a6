"""Members over the API: who may change whom, and that somebody always owns the organisation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from obsv.accounts import Accounts, Role
from obsv.audit import entries, verify
from obsv.core.clock import ManualClock
from obsv.core.errors import Conflict
from tests.accounts.app import SAME_ORIGIN, browser, csrf_of, make_user, sign_in

API = "/api/obsv/v1/org"


@pytest.fixture
async def owner(service: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """Ann owns Acme; Bea administers it, Cid edits, Dot looks on. Eve owns Other."""
    for name, role in (("ann", Role.OWNER), ("bea", Role.ADMIN), ("cid", Role.EDITOR), ("dot", Role.VIEWER)):
        await make_user(service, name, "Acme", role)
    await make_user(service, "eve", "Other", Role.OWNER)
    async with browser(service) as client:
        await sign_in(client, "ann")
        yield client


async def unsafe(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    return await client.request(method, API + path, json=body, headers=headers)


async def ids(service: Accounts, org: str = "Acme") -> dict[str, str]:
    found = await service.administration.organisation(org)
    return {member.name.lower(): member.user_id for member in await service.members.listed(found.id)}


async def as_person(service: Accounts, name: str, method: str, path: str, body: object = None) -> int:
    async with browser(service) as client:
        await sign_in(client, name)
        return (await unsafe(client, method, path, body)).status_code


async def test_members_are_listed_by_name_for_those_who_administer(service: Accounts, owner: httpx.AsyncClient) -> None:
    listed = (await owner.get(API + "/members")).json()["members"]
    assert [(member["name"], member["role"]) for member in listed] == [
        ("Ann", "owner"),
        ("Bea", "admin"),
        ("Cid", "editor"),
        ("Dot", "viewer"),
    ]
    assert listed[0]["email"] == "ann@example.org"
    assert await as_person(service, "dot", "GET", "/members") == 403


@pytest.mark.parametrize(
    ("who", "whom", "role", "status"),
    [
        ("ann", "dot", "owner", 204),
        ("ann", "bea", "viewer", 204),
        ("bea", "cid", "admin", 204),
        ("bea", "cid", "owner", 403),
        ("bea", "ann", "viewer", 403),
        ("cid", "dot", "editor", 403),
        ("dot", "dot", "owner", 403),
        ("eve", "dot", "viewer", 404),
        ("ann", "nobody", "viewer", 404),
        ("ann", "dot", "king", 400),
    ],
)
async def test_roles_go_up_to_ones_own(
    service: Accounts, owner: httpx.AsyncClient, who: str, whom: str, role: str, status: int
) -> None:
    people = await ids(service)
    assert (
        await as_person(service, who, "PATCH", f"/members/{people.get(whom, 'usr_nobody')}", {"role": role}) == status
    )


async def test_a_change_counts_at_once(service: Accounts, owner: httpx.AsyncClient) -> None:
    people = await ids(service)
    async with browser(service) as dot:
        await sign_in(dot, "dot")
        assert (await dot.get(API + "/members")).status_code == 403
        await unsafe(owner, "PATCH", f"/members/{people['dot']}", {"role": "admin"})
        assert (await dot.get(API + "/members")).status_code == 200
        assert (await unsafe(owner, "DELETE", f"/members/{people['dot']}")).status_code == 204
        assert (await dot.get(API + "/members", headers={"X-Obsv-Org": "acme"})).status_code == 404


async def test_rights_need_a_fresh_proof(service: Accounts, owner: httpx.AsyncClient, clock: ManualClock) -> None:
    people = await ids(service)
    clock.advance(601)
    answer = await unsafe(owner, "PATCH", f"/members/{people['dot']}", {"role": "editor"})
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up")


async def test_the_last_owner_stays(service: Accounts, owner: httpx.AsyncClient) -> None:
    people = await ids(service)
    for method, body in (("PATCH", {"role": "admin"}), ("DELETE", None)):
        answer = await unsafe(owner, method, f"/members/{people['ann']}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


async def test_of_two_owners_who_leave_at_once_one_stays(service: Accounts, owner: httpx.AsyncClient) -> None:
    people, org = await ids(service), (await service.administration.organisation("Acme")).id
    from obsv.audit import Who

    ann, bea = people["ann"], people["bea"]
    await service.members.change_role(org, bea, Role.OWNER, changer=Role.OWNER, by=Who("user", ann))
    done = await asyncio.gather(
        *(service.members.remove(org, one, changer=Role.OWNER, by=Who("user", one)) for one in (ann, bea)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in done) == ["Conflict", "NoneType"]
    assert any(isinstance(result, Conflict) for result in done)


async def test_everybody_may_leave_and_nobody_may_send_others_away(service: Accounts, owner: httpx.AsyncClient) -> None:
    people = await ids(service)
    assert await as_person(service, "dot", "DELETE", f"/members/{people['cid']}") == 403
    assert await as_person(service, "bea", "DELETE", f"/members/{people['ann']}") == 403
    assert await as_person(service, "dot", "DELETE", f"/members/{people['dot']}") == 204
    assert "dot" not in await ids(service)


async def test_the_organisation_changes_hands(service: Accounts, owner: httpx.AsyncClient) -> None:
    people = await ids(service)
    assert await as_person(service, "bea", "POST", "/transfer", {"user_id": people["bea"]}) == 403
    assert (await unsafe(owner, "POST", "/transfer", {"user_id": people["ann"]})).status_code == 409
    assert (await unsafe(owner, "POST", "/transfer", {"user_id": people["bea"]})).status_code == 204
    listed = {m["name"]: m["role"] for m in (await owner.get(API + "/members")).json()["members"]}
    assert (listed["Ann"], listed["Bea"]) == ("admin", "owner")
    org = (await service.administration.organisation("Acme")).id
    assert "org.transferred" in {entry.event for entry in await entries(org)}
    assert (await verify(org)).is_valid


async def test_a_second_factor_is_asked_for_once_the_owner_has_one(service: Accounts, owner: httpx.AsyncClient) -> None:
    answer = await unsafe(owner, "PATCH", "", {"requires_mfa": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_factor")
    assert await as_person(service, "bea", "PATCH", "", {"requires_mfa": False}) == 403


async def test_a_new_name_brings_a_new_address(service: Accounts, owner: httpx.AsyncClient) -> None:
    answer = await unsafe(owner, "PATCH", "", {"name": "Acme Works"})
    assert (answer.status_code, answer.json()["slug"], answer.json()["name"]) == (200, "acme-works", "Acme Works")
    assert (await owner.get(API, headers={"X-Obsv-Org": "acme-works"})).json()["role"] == "owner"
    assert (await unsafe(owner, "PATCH", "", {"name": " "})).status_code == 422
