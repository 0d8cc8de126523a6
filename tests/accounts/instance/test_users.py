"""Accounts from outside: listed, shut, opened, signed out, helped; and somebody always runs the instance."""

from __future__ import annotations

import re

import pytest

from obsv.audit import entries
from tests.accounts.app import PASSWORD, sign_in
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink

USERS = "/instance/users"


async def listed(root: Person, query: str = "") -> dict[str, dict[str, object]]:
    return {user["name"]: user for user in (await root.must("GET", USERS + query))["users"]}


async def test_who_there_is(root: Person, ann: Person) -> None:
    await ann.add_totp()
    users = await listed(root)
    assert list(users) == ["Ann", "Root"]
    assert users["Ann"] == {
        "id": ann.user_id,
        "name": "Ann",
        "email": "ann@example.org",
        "status": "active",
        "is_instance_admin": False,
        "has_verified_email": True,
        "has_second_factor": True,
        "organisations": 1,
        "created_at_ms": users["Ann"]["created_at_ms"],
        "last_seen_at_ms": users["Ann"]["last_seen_at_ms"],
        "factors_gone_at_ms": None,
    }
    assert users["Ann"]["last_seen_at_ms"]
    assert list(await listed(root, "?email=ROOT@example.org")) == ["Root"]
    assert await listed(root, "?email=nobody@example.org") == {}


async def test_page_by_page(root: Person, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsv.accounts.instance.users.PAGE", 1)
    first = await root.must("GET", USERS)
    assert [user["name"] for user in first["users"]] == ["Ann"]
    last = await root.must("GET", f"{USERS}?before={first['next_before']}")
    assert ([user["name"] for user in last["users"]], last["next_before"]) == (["Root"], None)


async def test_a_shut_account_is_out_at_once_and_comes_back_as_it_was(root: Person, ann: Person) -> None:
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/disable")).status_code == 204
    assert (await ann.call("GET", "/session")).status_code == 401
    shut, unknown = await sign_in(ann.client, "ann"), await sign_in(ann.client, "nobody")
    strip = re.compile(r'value="[^"]*"|nonce="[^"]*"')
    assert (shut.status_code, strip.sub("", shut.text)) == (401, strip.sub("", unknown.text))
    assert (await listed(root))["Ann"]["status"] == "disabled"
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/disable")).status_code == 409
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/send-reset")).status_code == 409
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/enable")).status_code == 204
    assert (await ann.sign_in()).headers["location"] == "/app/ann-org"
    told = [entry.event for entry in await entries(None) if entry.event.startswith("account.")]
    assert told == ["account.enabled", "account.disabled"]


async def test_nobody_shuts_themself_out(root: Person, ann: Person) -> None:
    assert (await root.call("POST", f"{USERS}/{root.user_id}/disable")).json()["code"] == "own"
    path, body = f"{USERS}/{root.user_id}/instance-admin", {"is_instance_admin": False}
    assert (await root.call("PUT", path, body)).json()["code"] == "last_admin"
    assert (await root.call("PUT", f"{USERS}/{ann.user_id}/instance-admin", {"is_instance_admin": True})).is_success
    assert (await ann.call("GET", "/session")).status_code == 401, "with more rights comes another session"
    await ann.sign_in()
    assert (await root.call("PUT", path, body)).status_code == 204
    assert (await ann.call("GET", USERS)).status_code == 200
    await root.sign_in()
    assert (await root.call("GET", USERS)).status_code == 403


async def test_a_shut_admin_does_not_count(root: Person, ann: Person) -> None:
    await root.call("PUT", f"{USERS}/{ann.user_id}/instance-admin", {"is_instance_admin": True})
    await root.call("POST", f"{USERS}/{ann.user_id}/disable")
    refused = await root.call("PUT", f"{USERS}/{root.user_id}/instance-admin", {"is_instance_admin": False})
    assert refused.json()["code"] == "last_admin"


async def test_signed_out_everywhere(root: Person, ann: Person, person: MakePerson) -> None:
    other = await person("ann")
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/end-sessions")).status_code == 204
    for browser in (ann, other):
        assert (await browser.call("GET", "/session")).status_code == 401


async def test_a_link_for_a_new_password(root: Person, ann: Person, sink: Sink) -> None:
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/send-reset")).status_code == 204
    mail = (await sink.mails())[-1]
    assert (mail.to, "/reset?code=" in mail.text) == ("ann@example.org", True)
    last = (await entries(None))[0]
    assert (last.event, last.actor_ref) == ("user.password_reset_requested", root.user_id)


@pytest.mark.parametrize("path", ["disable", "enable", "end-sessions", "send-reset"])
async def test_an_account_that_is_none(root: Person, path: str) -> None:
    assert (await root.call("POST", f"{USERS}/usr_nobody/{path}")).status_code == 404


async def test_changes_want_a_fresh_proof_and_nobody_else_gets_here(root: Person, ann: Person) -> None:
    assert (await ann.call("GET", USERS)).status_code == 403
    root.clock.advance(601)
    assert (await root.call("GET", USERS)).status_code == 200
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/disable")).json()["code"] == "step_up"
    await root.must("POST", "/session/step-up", {"password": PASSWORD})
    assert (await root.call("POST", f"{USERS}/{ann.user_id}/disable")).status_code == 204
