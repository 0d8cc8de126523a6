"""Register, verify, forget, change: every link once, nothing told to strangers, every form ours alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from obsv.accounts import Accounts
from obsv.audit import entries
from obsv.config import Settings, load_settings
from obsv.core.clock import ManualClock
from obsv.db import fetch
from tests.accounts.app import PASSWORD, SAME_ORIGIN, browser, csrf_of, make_user, sign_in
from tests.accounts.conftest import CHEAP
from tests.accounts.mail import Sink

ME = "/api/obsv/v1/me"
NEW = "quite another few words"
FORM = {"name": "Nia", "email": "nia@example.org", "organisation": "Niacorp", "password": NEW, "is_16": "yes"}


@pytest.fixture
def settings(tmp_path: object, database_url: str) -> Settings:
    overrides = {"data_dir": str(tmp_path), "database.url": database_url, "auth.registration": "open", **CHEAP}
    return load_settings(env={}, overrides=overrides)


@pytest.fixture
async def client(service: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    await make_user(service, "ann")
    async with browser(service) as client:
        yield client


async def post(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    return await client.post(path, data=form, headers=SAME_ORIGIN)


async def api(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    return await client.request(method, ME + path, json=body, headers=headers)


async def link(service: Accounts, sink: Sink, path: str) -> str:
    """The code of the newest mail with a link to this path."""
    await service.password_change.settle()
    for mail in reversed(await sink.mails()):
        if found := re.search(re.escape(path) + r"\?code=([\w-]+)", mail.text):
            return found[1]
    raise AssertionError(path)


async def test_from_nothing_to_a_verified_account(service: Accounts, client: httpx.AsyncClient, sink: Sink) -> None:
    assert (await client.get("/register")).status_code == 200
    answer = await post(client, "/register", **FORM)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert (await sign_in(client, "nia", NEW)).headers["location"] == "/app/niacorp"
    me = (await client.get(ME)).json()
    assert (me["name"], me["email"], me["has_verified_email"]) == ("Nia", "nia@example.org", False)
    code = await link(service, sink, "/verify")
    assert "Confirm" in (await client.get("/verify", params={"code": code})).text
    assert not (await client.get(ME)).json()["has_verified_email"]  # looking changes nothing
    assert (await post(client, "/verify", code=code)).status_code == 200
    assert (await client.get(ME)).json()["has_verified_email"]
    assert (await post(client, "/verify", code=code)).status_code == 410
    assert {"user.registered", "user.email_verified"} <= {entry.event for entry in await entries(None)}


async def test_the_answer_does_not_tell_who_has_an_account(
    service: Accounts, client: httpx.AsyncClient, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    original = type(service.registration._parts.passwords).hash

    async def counted(self: object, password: str) -> str:
        hashed.append(password)
        return await original(self, password)  # type: ignore[arg-type]  # the method's own self

    monkeypatch.setattr(type(service.registration._parts.passwords), "hash", counted)
    answers = [
        await post(client, "/register", **{**FORM, "email": email}) for email in ("ann@example.org", "new@x.example")
    ]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert len(hashed) == 2  # the same work for both
    subjects = {mail.to: mail.subject for mail in await sink.mails()}
    assert subjects["ann@example.org"] == "You have an account already"
    assert subjects["new@x.example"] == "Confirm your email address"
    forgotten = [await post(client, "/forgot", email=email) for email in ("ann@example.org", "nobody@x.example")]
    assert len({(answer.status_code, answer.text) for answer in forgotten}) == 1
    assert (await sign_in(client, "ann")).status_code == 303  # the account is as it was


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"email": "nia"}, "email"),
        ({"name": " "}, "name"),
        ({"organisation": ""}, "organisation"),
        ({"is_16": ""}, "is_16"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    answer = await post(client, "/register", **{**FORM, **change})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert NEW not in answer.text


async def test_five_an_hour(client: httpx.AsyncClient) -> None:
    for number in range(5):
        assert (await post(client, "/register", **{**FORM, "email": f"p{number}@x.example"})).status_code == 200
    answer = await post(client, "/register", **FORM)
    assert answer.status_code == 429
    assert "retry-after" in answer.headers


async def test_a_forgotten_password(
    service: Accounts, client: httpx.AsyncClient, sink: Sink, clock: ManualClock
) -> None:
    await sign_in(client, "ann")
    await post(client, "/forgot", email="ann@example.org")
    code = await link(service, sink, "/reset")
    assert (await client.get("/reset", params={"code": code})).status_code == 200
    assert (await post(client, "/reset", code=code, password="short")).status_code == 422
    assert (await post(client, "/reset", code=code, password=NEW)).status_code == 200
    assert (await client.get(ME)).status_code == 401  # signed out everywhere
    assert (await post(client, "/reset", code=code, password=NEW)).status_code == 410
    assert (await sign_in(client, "ann")).status_code == 401
    assert (await sign_in(client, "ann", NEW)).status_code == 303
    assert "Your password was changed" in await sink.subjects()
    await post(client, "/forgot", email="ann@example.org")
    late = await link(service, sink, "/reset")
    clock.advance(3600)
    assert (await client.get("/reset", params={"code": late})).status_code == 410


async def test_a_newer_link_voids_the_older(service: Accounts, client: httpx.AsyncClient, sink: Sink) -> None:
    await post(client, "/forgot", email="ann@example.org")
    first = await link(service, sink, "/reset")
    await post(client, "/forgot", email="ann@example.org")
    assert await link(service, sink, "/reset") != first
    assert (await client.get("/reset", params={"code": first})).status_code == 410


async def test_three_links_an_hour(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await post(client, "/forgot", email="ann@example.org")).status_code == 200
    assert (await post(client, "/forgot", email="ann@example.org")).status_code == 429


async def test_a_password_is_changed_by_who_knows_it(service: Accounts, client: httpx.AsyncClient) -> None:
    await sign_in(client, "ann")
    async with browser(service) as other:
        await sign_in(other, "ann")
        wrong = await api(client, "POST", "/password", {"current": "wrong", "password": NEW})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "bad_proof")
        assert (await api(client, "POST", "/password", {"current": PASSWORD, "password": "x"})).status_code == 422
        assert (await api(client, "POST", "/password", {"current": PASSWORD, "password": NEW})).status_code == 204
        assert (await client.get(ME)).status_code == 200
        assert (await other.get(ME)).status_code == 401


async def test_an_address_is_changed_and_taken_back(service: Accounts, client: httpx.AsyncClient, sink: Sink) -> None:
    await sign_in(client, "ann")
    assert (await api(client, "POST", "/email", {"email": "thief@x.example"})).status_code == 202
    assert (await client.get(ME)).json()["email"] == "ann@example.org"
    assert (await post(client, "/email/confirm", code=await link(service, sink, "/email/confirm"))).status_code == 200
    assert (await client.get(ME)).json()["email"] == "thief@x.example"
    undo = await link(service, sink, "/email/undo")
    assert [mail.to for mail in await sink.mails()][-1] == "ann@example.org"
    assert (await post(client, "/email/undo", code=undo)).status_code == 200
    assert (await client.get(ME)).status_code == 401
    assert (await sign_in(client, "ann")).status_code == 303


async def test_an_address_of_somebody_else_is_not_told(
    service: Accounts, client: httpx.AsyncClient, sink: Sink
) -> None:
    await make_user(service, "bea")
    await sign_in(client, "ann")
    assert (await api(client, "POST", "/email", {"email": "bea@example.org"})).status_code == 202
    assert await sink.mails() == []


async def test_preferences_follow_the_person(service: Accounts, client: httpx.AsyncClient) -> None:
    await sign_in(client, "ann")
    session = "/api/obsv/v1/session"
    assert (await client.get(session)).json()["preferences"] == dict.fromkeys(
        ("language", "time_zone", "clock", "theme"), ""
    )
    wanted = {"language": "de", "time_zone": "America/New_York", "clock": "12", "theme": "dark"}
    answer = await api(client, "PUT", "/preferences", wanted)
    assert (answer.status_code, answer.json()) == (200, wanted)
    async with browser(service) as other:
        await sign_in(other, "ann")
        assert (await other.get(session)).json()["preferences"] == wanted


@pytest.mark.parametrize(
    "wish",
    [{"time_zone": "../etc"}, {"time_zone": "a" * 65}, {"clock": "13"}, {"language": "German"}, {"theme": "red"}],
)
async def test_preferences_that_mean_nothing_are_refused(client: httpx.AsyncClient, wish: dict[str, str]) -> None:
    await sign_in(client, "ann")
    assert (await api(client, "PUT", "/preferences", wish)).status_code == 400


async def test_devices_are_listed_and_signed_out(service: Accounts, client: httpx.AsyncClient) -> None:
    await sign_in(client, "ann")
    async with browser(service) as other:
        await sign_in(other, "ann")
        listed = (await client.get(ME + "/sessions")).json()["sessions"]
        assert sorted(one["is_current"] for one in listed) == [False, True]
        away = next(one["id"] for one in listed if not one["is_current"])
        assert (await api(client, "DELETE", f"/sessions/{away}")).status_code == 204
        assert (await other.get(ME)).status_code == 401
        assert (await api(client, "DELETE", f"/sessions/{away}")).status_code == 404
        await sign_in(other, "ann")
        assert (await api(client, "POST", "/sessions/end-others")).status_code == 204
        assert (await other.get(ME)).status_code == 401


async def test_what_is_dangerous_needs_a_fresh_proof(client: httpx.AsyncClient, clock: ManualClock) -> None:
    await sign_in(client, "ann")
    clock.advance(601)
    for path, body in (("/email", {"email": "x@x.example"}), ("/sessions/end-others", None)):
        answer = await api(client, "POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up")


@pytest.mark.parametrize(
    "path", ["/register", "/forgot", "/reset", "/verify", "/email/confirm", "/email/undo", "/factors/keep"]
)
async def test_foreign_pages_send_nothing(client: httpx.AsyncClient, path: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        assert (await client.post(path, data={**FORM, "code": "x"}, headers=headers)).status_code == 403


async def test_codes_and_addresses_are_not_readable_in_the_database(
    service: Accounts, client: httpx.AsyncClient, sink: Sink
) -> None:
    await post(client, "/forgot", email="ann@example.org")
    code = await link(service, sink, "/reset")
    dump = str([await fetch(f"SELECT * FROM {table}") for table in ("one_time_links", "outbox_messages", "users")])
    assert code not in dump
    assert "ann@" not in dump


async def test_a_new_device_is_told_and_a_known_one_is_not(
    service: Accounts, client: httpx.AsyncClient, sink: Sink
) -> None:
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    for _ in range(2):
        async with browser(service) as same:
            assert (await sign_in(same, "ann")).status_code == 303
    assert await sink.mails() == []
    async with browser(service) as other:
        other.headers.update(firefox)
        await sign_in(other, "ann")
    (mail,) = await sink.mails()
    assert mail.subject == "A new device signed in to your account"
    assert "Firefox on Linux" in mail.text
    async with browser(service) as again:
        again.headers.update(firefox)
        await sign_in(again, "ann")
    assert len(await sink.mails()) == 1
