"""Between the steps nobody is signed in, and each step gives the browser another value."""

from __future__ import annotations

import json

import pytest
from litestar import Litestar

from obsv.accounts import accounts_router
from obsv.accounts.types import Origin
from obsv.db import execute
from tests.accounts.app import PASSWORD, SAME_ORIGIN
from tests.accounts.factors.authenticator import Authenticator
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import COOKIE, Person, code_of


def api_routes() -> list[tuple[str, str]]:
    """Every method and path of the accounts API, with ids that nobody has."""
    app = Litestar([accounts_router()], openapi_config=None)
    found: list[tuple[str, str]] = []
    for route in app.routes:
        path = route.path.replace("{", "").replace(":str}", "").replace(":int}", "").replace("}", "")
        found += [(method, path) for method in getattr(route, "methods", ()) if method != "OPTIONS"]
    return sorted(found)


@pytest.mark.parametrize("state", ["second_factor", "anonymous"])
async def test_who_waits_is_nobody(ann: Person, person: MakePerson, state: str) -> None:
    await ann.add_totp()
    browser = await person("ann", is_signed_in=False)
    if state == "anonymous":
        await browser.options("/login/passkey/options")
    else:
        await browser.sign_in()
    session = await ann.service.sessions.find(browser.cookie)
    assert session is not None
    assert session.pending == state
    routes = api_routes()
    assert ("POST", "/api/obsv/v1/me/totp") in routes
    for method, path in routes:
        answer = await browser.client.request(method, path, headers=SAME_ORIGIN, json={})
        assert answer.status_code == 401, (method, path)
        assert "set-cookie" not in answer.headers


async def test_a_step_is_not_taken_from_another(person: MakePerson) -> None:
    """Who waits for the 16+ box, or for nothing, has no second step; nor has a stranger."""
    browser = await person("ann", is_signed_in=False)
    await browser.options("/login/passkey/options")
    for path in ("/login/factor", "/login/factor/passkey"):
        refused = await browser.door(path, code="000000", credential="{}")
        assert refused.status_code == 401
        assert "Sign in again" in refused.text
    assert (await browser.client.get("/login/factor")).headers["location"] == "/login"
    assert (await browser.client.post("/login/factor/options", headers=SAME_ORIGIN)).status_code == 401


async def test_every_step_has_a_value_of_its_own(ann: Person, person: MakePerson) -> None:
    """From a planted value to a fresh session: each is void once the next is there."""
    secret, _ = await ann.add_totp()
    browser = await person("ann", is_signed_in=False)
    browser.client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="localhost.local")
    values = [browser.cookie]
    await browser.options("/login/passkey/options")
    values.append(browser.cookie)
    await browser.sign_in()
    values.append(browser.cookie)
    await browser.door("/login/factor", code=code_of(secret, browser.clock))
    values.append(browser.cookie)
    await browser.must("POST", "/session/step-up", {"password": PASSWORD})
    values.append(browser.cookie)
    assert len(set(values)) == 5
    alive = [await ann.service.sessions.find(value) is not None for value in values]
    assert alive == [False] * 4 + [True]


async def test_the_second_factor_is_asked_for_whatever_came_first(ann: Person) -> None:
    """A new password by mail, or an account elsewhere, is one factor; a passkey is two."""
    await ann.add_totp()
    login = await ann.service.people.login_of(ann.user_id)
    assert login is not None
    for methods, pending in ((("password",), "second_factor"), (("oauth",), "second_factor"), (("passkey",), "")):
        done = await ann.service.sign_in.proved(login, methods, Origin(), remember=False)
        assert done.pending == pending


async def test_the_16_plus_box_comes_after_the_second_factor(person: MakePerson) -> None:
    bob, laptop = await person("bob"), Authenticator()
    await bob.add_passkey(laptop)
    await execute("UPDATE users SET attested_16_at_ms = NULL WHERE id = {}", bob.user_id)
    browser = await person("bob", is_signed_in=False)
    assert (await browser.sign_in(next="/app/bob-org/hosts")).headers["location"].startswith("/login/factor")
    options = await browser.options("/login/factor/options")
    answer = await browser.door(
        "/login/factor/passkey", credential=json.dumps(laptop.get(options)), next="/app/bob-org/hosts"
    )
    assert answer.headers["location"] == "/login/age?next=%2Fapp%2Fbob-org%2Fhosts"
    done = await browser.door("/login/age", is_16="yes", next="/app/bob-org/hosts")
    assert done.headers["location"] == "/app/bob-org/hosts"
    session = await bob.service.sessions.find(browser.cookie)
    assert session is not None
    assert session.methods == ("password", "passkey")


async def test_a_waiting_session_ends_after_ten_minutes(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    browser.clock.advance(600)
    late = await browser.door("/login/factor", code=code_of(secret, browser.clock))
    assert late.status_code == 401
    assert "took too long" in late.text


async def test_an_organisation_that_asks_for_a_second_factor_gets_it(ann: Person) -> None:
    await execute("UPDATE organisations SET requires_mfa = {} WHERE slug = {}", True, "ann-org")
    ann.service.known_members.forget(ann.user_id)
    assert (await ann.call("GET", "/tokens")).json()["code"] == "second_factor_required"
    assert (await ann.must("GET", "/me/security"))["required_by"] == ["ann org"]
    await ann.add_totp()
    await ann.must("GET", "/tokens")
    await ann.must("DELETE", "/me/totp")
    assert (await ann.call("GET", "/tokens")).json()["code"] == "second_factor_required"


async def test_next_leads_nowhere_else(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    page = await browser.client.get("/login/factor?next=//evil.example/app&with=%22%3E")
    assert "evil" not in page.text
    done = await browser.door("/login/factor", code=code_of(secret, browser.clock), next="https://evil.example/")
    assert done.headers["location"] == "/app/ann-org"
