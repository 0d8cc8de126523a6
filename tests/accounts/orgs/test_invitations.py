"""Invitations: from the mail to a place in the organisation, once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from obsv.accounts import Accounts, Role
from obsv.audit import entries
from obsv.core.clock import ManualClock
from obsv.db import fetch
from tests.accounts.app import PASSWORD, SAME_ORIGIN, browser, csrf_of, make_user, sign_in
from tests.accounts.mail import Sink

API = "/api/obsv/v1/org/invitations"
WEEK_S = 7 * 86_400
FORM = {"name": "Nia New", "password": "quite another few words", "is_16": "yes"}


@pytest.fixture
async def ann(service: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    await make_user(service, "ann", "Acme", Role.OWNER)
    await make_user(service, "eve", "Other", Role.OWNER)
    async with browser(service) as client:
        await sign_in(client, "ann")
        yield client


async def invite(client: httpx.AsyncClient, email: str = "nia@example.org", role: str = "editor") -> httpx.Response:
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    return await client.post(API, json={"email": email, "role": role}, headers=headers)


async def code_in(sink: Sink) -> str:
    found = re.search(r"/invite\?code=([\w-]+)", (await sink.mails())[-1].text)
    assert found is not None
    return found[1]


async def test_a_newcomer_comes_by_the_mail(service: Accounts, ann: httpx.AsyncClient, sink: Sink) -> None:
    assert (await invite(ann)).status_code == 201
    mail = (await sink.mails())[-1]
    assert (mail.to, mail.subject) == ("nia@example.org", "You are invited to Acme")
    code = await code_in(sink)
    async with browser(service) as nia:
        for _ in range(2):  # a mail scanner looks first
            page = await nia.get("/invite", params={"code": code})
            assert page.status_code == 200
            assert "Join Acme" in page.text
        wrong = await nia.post("/invite", data={**FORM, "code": code, "password": "short"}, headers=SAME_ORIGIN)
        assert wrong.status_code == 422
        done = await nia.post("/invite", data={**FORM, "code": code}, headers=SAME_ORIGIN)
        assert (done.status_code, done.headers["location"]) == (303, "/app/acme")
        session = (await nia.get("/api/obsv/v1/session")).json()
        assert session["orgs"] == [{"slug": "acme", "name": "Acme", "role": "editor", "support_until_ms": None}]
        assert (await nia.get("/invite", params={"code": code})).status_code == 410
    assert (await ann.get(API)).json()["invitations"] == []
    org = (await service.administration.organisation("Acme")).id
    assert {"member.invited", "member.joined"} <= {entry.event for entry in await entries(org)}


async def test_who_has_an_account_joins_with_it(service: Accounts, ann: httpx.AsyncClient, sink: Sink) -> None:
    await invite(ann, "eve@example.org", "viewer")
    code = await code_in(sink)
    async with browser(service) as eve:
        assert "has an account here" in (await eve.get("/invite", params={"code": code})).text
        await sign_in(eve, "eve")
        done = await eve.post("/invite", data={"code": code}, headers=SAME_ORIGIN)
        assert done.headers["location"] == "/app/acme"
        orgs = {org["slug"]: org["role"] for org in (await eve.get("/api/obsv/v1/session")).json()["orgs"]}
        assert orgs == {"acme": "viewer", "other": "owner"}


async def test_an_account_is_not_taken_over_by_its_address(
    service: Accounts, ann: httpx.AsyncClient, sink: Sink
) -> None:
    await invite(ann, "eve@example.org")
    code = await code_in(sink)
    async with browser(service) as thief:
        taken = await thief.post("/invite", data={**FORM, "code": code}, headers=SAME_ORIGIN)
        assert taken.status_code == 409
        assert "set-cookie" not in taken.headers
    async with browser(service) as eve:
        assert (await sign_in(eve, "eve", PASSWORD)).status_code == 303


async def test_it_is_for_one_address_alone(service: Accounts, ann: httpx.AsyncClient, sink: Sink) -> None:
    await invite(ann)
    code = await code_in(sink)
    async with browser(service) as eve:
        await sign_in(eve, "eve")
        assert "You are signed in as eve@example.org" in (await eve.get("/invite", params={"code": code})).text
        assert (await eve.post("/invite", data={"code": code}, headers=SAME_ORIGIN)).status_code == 403


async def test_a_foreign_page_cannot_make_anybody_join(service: Accounts, ann: httpx.AsyncClient, sink: Sink) -> None:
    await invite(ann, "eve@example.org")
    code = await code_in(sink)
    async with browser(service) as eve:
        await sign_in(eve, "eve")
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert (await eve.post("/invite", data={"code": code}, headers=foreign)).status_code == 403


async def test_a_week_later_it_is_gone(
    service: Accounts, ann: httpx.AsyncClient, sink: Sink, clock: ManualClock
) -> None:
    await invite(ann)
    code = await code_in(sink)
    clock.advance(WEEK_S)
    async with browser(service) as nia:
        assert (await nia.get("/invite", params={"code": code})).status_code == 410
        assert (await nia.post("/invite", data={**FORM, "code": code}, headers=SAME_ORIGIN)).status_code == 410


async def test_taken_back_and_replaced(service: Accounts, ann: httpx.AsyncClient, sink: Sink) -> None:
    await invite(ann)
    first = await code_in(sink)
    made = (await invite(ann, role="viewer")).json()
    second = await code_in(sink)
    async with browser(service) as nia:
        assert (await nia.get("/invite", params={"code": first})).status_code == 410
        assert (await nia.get("/invite", params={"code": second})).status_code == 200
        headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(ann)}
        assert (await ann.delete(f"{API}/{made['id']}", headers=headers)).status_code == 204
        assert (await nia.get("/invite", params={"code": second})).status_code == 410
        assert (await ann.delete(f"{API}/{made['id']}", headers=headers)).status_code == 404


async def test_nobody_gives_more_than_they_have(service: Accounts, ann: httpx.AsyncClient) -> None:
    await make_user(service, "bea", "Acme", Role.ADMIN)
    await make_user(service, "cid", "Acme", Role.EDITOR)
    for name, role, status in (("bea", "owner", 403), ("bea", "admin", 201), ("cid", "viewer", 403)):
        async with browser(service) as client:
            await sign_in(client, name)
            assert (await invite(client, role=role)).status_code == status
    assert (await invite(ann, "bea@example.org")).json()["code"] == "member_already"
    assert (await invite(ann, "no address")).status_code == 422


async def test_twenty_a_day(service: Accounts, ann: httpx.AsyncClient, clock: ManualClock) -> None:
    for number in range(20):
        assert (await invite(ann, f"p{number}@example.org")).status_code == 201
    answer = await invite(ann, "one-more@example.org")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 3600


async def test_neither_address_nor_code_stands_in_the_database(ann: httpx.AsyncClient, sink: Sink) -> None:
    await invite(ann)
    code = await code_in(sink)
    rows = str(await fetch("SELECT * FROM invitations")) + str(await fetch("SELECT * FROM audit_log"))
    assert "nia@" not in rows
    assert code not in rows
