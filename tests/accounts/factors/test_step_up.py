"""Step-up: each way, each refusal, and the session that it leads to."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from obsv.audit import entries
from obsv.db import execute
from tests.accounts.app import PASSWORD, sign_in
from tests.accounts.factors.authenticator import Authenticator
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import COOKIE, Person, code_of
from tests.accounts.mail import Sink

STEP_UP = "/session/step-up"
NEEDS_IT = ("POST", "/me/totp")


async def stale(person: Person) -> Person:
    """The same person when the last proof has become too old."""
    person.clock.advance(601)
    refused = await person.call(*NEEDS_IT)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up")
    return person


async def assertion(person: Person, authenticator: Authenticator) -> dict[str, Any]:
    return authenticator.get((await person.must("POST", f"{STEP_UP}/options"))["options"])


async def test_with_the_password(ann: Person) -> None:
    await stale(ann)
    assert (await ann.must("GET", STEP_UP))["ways"] == ["password"]
    before, csrf = ann.cookie, ann.csrf
    done = await ann.call("POST", STEP_UP, {"password": PASSWORD})
    assert done.json()["fresh_until_ms"] == ann.clock.now_ms() + 600_000
    assert (ann.cookie != before, ann.csrf != csrf) == (True, True)
    assert (await ann.call(*NEEDS_IT)).status_code == 200
    assert (await ann.must("GET", STEP_UP))["fresh_until_ms"] == done.json()["fresh_until_ms"]
    last = (await entries(None))[0]
    assert (last.event, last.outcome, last.details) == ("auth.stepup", "success", {"method": "password"})


async def test_the_value_from_before_is_void(ann: Person) -> None:
    before, csrf = ann.cookie, ann.csrf
    await ann.must("POST", STEP_UP, {"password": PASSWORD})
    headers = {"Cookie": f"{COOKIE}={before}", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": csrf}
    for method, path in (("GET", "/session"), ("POST", STEP_UP)):
        answer = await ann.client.request(
            method, f"/api/obsv/v1{path}", headers=headers, json={"password": PASSWORD} if method == "POST" else None
        )
        assert answer.status_code == 401


async def test_the_csrf_token_from_before_is_void(ann: Person) -> None:
    before = ann.csrf
    await ann.must("POST", STEP_UP, {"password": PASSWORD})
    ann.csrf = before
    refused = await ann.call(*NEEDS_IT)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")


async def test_with_a_code(ann: Person) -> None:
    secret, _ = await ann.add_totp()
    await stale(ann)
    assert (await ann.must("GET", STEP_UP))["ways"] == ["totp", "password"]
    code = code_of(secret, ann.clock)
    await ann.must("POST", STEP_UP, {"code": code})
    again = await ann.call("POST", STEP_UP, {"code": code})
    assert (again.status_code, again.json()["code"]) == (403, "bad_proof")
    await ann.must("DELETE", "/me/totp")


async def test_recovery_codes_are_for_signing_in(ann: Person) -> None:
    _, codes = await ann.add_totp()
    refused = await ann.call("POST", STEP_UP, {"code": codes[0]})
    assert refused.status_code == 403
    assert (await ann.must("GET", "/me/security"))["recovery_codes_left"] == 10


async def test_with_a_passkey(ann: Person) -> None:
    laptop = Authenticator()
    added = await ann.add_passkey(laptop)
    await stale(ann)
    assert (await ann.must("GET", STEP_UP))["ways"] == ["passkey", "password"]
    credential = await assertion(ann, laptop)
    await ann.must("POST", STEP_UP, {"credential": credential})
    again = await ann.call("POST", STEP_UP, {"credential": credential})
    assert (again.status_code, again.json()["code"]) == (403, "bad_proof")
    await ann.must("DELETE", f"/me/passkeys/{added['passkey']['id']}")


async def test_with_somebody_elses_passkey(ann: Person, person: MakePerson) -> None:
    phone, bob = Authenticator(), await person("bob")
    await bob.add_passkey(phone)
    await ann.add_passkey(Authenticator())
    refused = await ann.call("POST", STEP_UP, {"credential": await assertion(ann, phone)})
    assert refused.status_code == 403
    theirs = await assertion(bob, phone)
    await assertion(ann, phone)
    assert (await ann.call("POST", STEP_UP, {"credential": theirs})).status_code == 403


async def test_an_answer_given_at_sign_in_is_none_here(ann: Person) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    options = await ann.options("/login/passkey/options")
    assert (await ann.call("POST", STEP_UP, {"credential": laptop.get(options)})).status_code == 403


async def test_a_wrong_password_leaves_the_session_alone(ann: Person) -> None:
    before = ann.cookie
    refused = await ann.call("POST", STEP_UP, {"password": "not the one at all"})
    assert (refused.status_code, refused.json()["code"]) == (403, "bad_proof")
    assert ann.cookie == before
    assert (await ann.call("GET", "/session")).status_code == 200
    last = (await entries(None))[0]
    assert (last.event, last.outcome) == ("auth.stepup", "failure")


async def test_tries_are_limited(ann: Person) -> None:
    answers = [await ann.call("POST", STEP_UP, {"password": "not the one at all"}) for _ in range(11)]
    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1].headers
    secret, _ = await ann.add_totp()
    codes = [await ann.call("POST", STEP_UP, {"code": "000000"}) for _ in range(11)]
    assert [answer.status_code for answer in codes] == [403] * 10 + [429]
    assert (await ann.call("POST", STEP_UP, {"code": code_of(secret, ann.clock)})).status_code == 429


@pytest.mark.parametrize(
    "proof", [{}, {"password": "a", "code": "b"}, {"code": "1", "credential": {}}, {"password": None}]
)
async def test_one_proof_at_a_time(ann: Person, proof: dict[str, object]) -> None:
    refused = await ann.call("POST", STEP_UP, proof)
    assert (refused.status_code, refused.json()["code"]) == (422, "one_proof")


async def test_a_token_cannot(ann: Person) -> None:
    made = await ann.service.administration.create_token(1, "t", frozenset({"metrics:read"}))
    for method, path in (("GET", STEP_UP), ("POST", STEP_UP), ("GET", "/me/security"), ("POST", "/me/totp")):
        answer = await ann.client.request(
            method, f"/api/obsv/v1{path}", headers={"Authorization": f"Bearer {made.token}"}, json={}
        )
        assert answer.status_code == 401, path


async def test_of_two_at_once_the_browser_keeps_one_that_works(ann: Person) -> None:
    """Whichever answer comes last, the value it brings is good or it brings none."""
    headers = {"Cookie": f"{COOKIE}={ann.cookie}", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": ann.csrf}

    async def prove() -> httpx.Response:
        return await ann.client.post(f"/api/obsv/v1{STEP_UP}", json={"password": PASSWORD}, headers=headers)

    answers = await asyncio.gather(*(prove() for _ in range(3)))
    given = [answer.headers["set-cookie"].split("=")[1].split(";")[0] for answer in answers if answer.is_success]
    assert len(given) == 1
    assert await ann.service.sessions.find(given[0]) is not None


async def mailed_code(person: Person, sink: Sink) -> str:
    assert (await person.call("POST", f"{STEP_UP}/mail")).status_code == 204
    return re.findall(r"\b\d{8}\b", (await sink.mails())[-1].text)[-1]


async def test_without_another_way_by_a_code_that_is_mailed(ann: Person, sink: Sink) -> None:
    """Accounts that sign in at another provider alone."""
    await execute("UPDATE users SET password_hash = NULL WHERE id = {}", ann.user_id)
    await stale(ann)
    assert (await ann.must("GET", STEP_UP))["ways"] == ["mail"]
    assert (await ann.call("POST", f"{STEP_UP}/options")).status_code == 404
    assert (await ann.call("POST", STEP_UP, {"password": PASSWORD})).status_code == 403
    old = await mailed_code(ann, sink)
    code = await mailed_code(ann, sink)
    assert (await ann.call("POST", STEP_UP, {"mailed": old})).status_code == 403
    await ann.must("POST", STEP_UP, {"mailed": f"{code[:4]} {code[4:]}"})
    assert (await ann.call("POST", STEP_UP, {"mailed": code})).status_code == 403, "it works once"
    await ann.must("POST", "/me/totp")


async def test_a_mailed_code_ends_with_its_tries_and_its_time(ann: Person, sink: Sink) -> None:
    await execute("UPDATE users SET password_hash = NULL WHERE id = {}", ann.user_id)
    code = await mailed_code(ann, sink)
    wrong = [await ann.call("POST", STEP_UP, {"mailed": "1"}) for _ in range(5)]
    assert [answer.status_code for answer in wrong] == [403] * 5
    assert (await ann.call("POST", STEP_UP, {"mailed": code})).status_code == 403
    code = await mailed_code(ann, sink)
    ann.clock.advance(601)
    assert (await ann.call("POST", STEP_UP, {"mailed": code})).status_code == 403


async def test_no_code_is_mailed_to_who_has_a_better_way(ann: Person) -> None:
    refused = await ann.call("POST", f"{STEP_UP}/mail")
    assert (refused.status_code, refused.json()["code"]) == (409, "better_way")


async def test_strangers_who_guess_lock_out_nobody_who_is_signed_in(ann: Person, person: MakePerson) -> None:
    """Neither the fresh proof nor signing in anew, in a browser that has a session of the account."""
    client = (await person("ann", is_signed_in=False)).client
    for _ in range(6):
        await sign_in(client, "ann", "not the one at all")
    client.cookies.clear()
    assert (await sign_in(client, "ann")).status_code == 429
    await ann.must("POST", STEP_UP, {"password": PASSWORD})
    client.cookies.set(COOKIE, ann.cookie)
    assert (await sign_in(client, "ann")).status_code == 303
