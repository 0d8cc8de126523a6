"""Authenticator apps: enrolment, the window, replay, limits, removal."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from obsv.accounts.factors.totp import matching_step, new_secret
from obsv.audit import entries, verify
from obsv.core.clock import ManualClock
from obsv.db import fetch
from tests.accounts.app import SAME_ORIGIN
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import COOKIE, Person, code_of
from tests.accounts.mail import Sink


async def events() -> list[str]:
    return [entry.event for entry in await entries(None)]


def test_a_code_counts_half_a_minute_before_and_after() -> None:
    secret, now = new_secret(), 1_800_000_000  # a step begins here
    code = pyotp.TOTP(secret).at(now)
    accepted = [matching_step(secret, code, now + drift) is not None for drift in (-31, -30, 0, 59, 60)]
    assert accepted == [False, True, True, True, False]
    assert matching_step(secret, f" {code[:3]} {code[3:]} ", now) == now // 30


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\0" * 6])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(new_secret(), code, 1_800_000_000) is None


async def test_enrolment(ann: Person, sink: Sink) -> None:
    offer = await ann.must("POST", "/me/totp")
    uri = urlsplit(offer["uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/obsv:ann@example.org")
    assert parse_qs(uri.query)["secret"] == [offer["secret"]]
    assert len(base64.b32decode(offer["secret"])) == 20
    assert offer["qr_code"].startswith("data:image/svg+xml")
    assert (await ann.must("GET", "/me/security"))["totp_since_ms"] is None
    before = ann.cookie
    done = await ann.must("POST", "/me/totp/confirm", {"code": code_of(offer["secret"], ann.clock)})
    assert len(set(done["recovery_codes"])) == 10
    assert ann.cookie != before
    security = await ann.must("GET", "/me/security")
    assert (security["totp_since_ms"], security["recovery_codes_left"]) == (ann.clock.now_ms(), 10)
    assert "totp.enabled" in await events()
    assert (await verify(None)).is_valid
    (mail,) = await sink.mails()
    assert (mail.to, "authenticator app" in mail.subject) == ("ann@example.org", True)
    assert offer["secret"] not in mail.text


async def test_signing_in_asks_for_a_code_then(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    again = await person("ann", is_signed_in=False)
    asked = await again.sign_in(next="/app/ann-org/hosts")
    assert asked.headers["location"] == "/login/factor?next=%2Fapp%2Fann-org%2Fhosts"
    page = await again.client.get(asked.headers["location"])
    assert "one-time-code" in page.text
    assert "Use a recovery code" in page.text
    pending = again.cookie
    done = await again.door("/login/factor", code=code_of(secret, again.clock), next="/app/ann-org/hosts")
    assert (done.status_code, done.headers["location"]) == (303, "/app/ann-org/hosts")
    assert again.cookie != pending
    session = await again.service.sessions.find(again.cookie)
    assert session is not None
    assert session.methods == ("password", "totp")
    logged = {entry.event: entry.details for entry in reversed(await entries(None))}
    assert logged["auth.mfa.success"] == {"method": "totp"}
    assert logged["auth.login.success"] == {"method": "password+totp"}


async def test_the_code_of_the_enrolment_does_not_sign_in(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    ann.clock.advance(-30)
    again = await person("ann", is_signed_in=False)
    await again.sign_in()
    refused = await again.door("/login/factor", code=code_of(secret, again.clock))
    assert refused.status_code == 401
    assert "4 tries are left" in refused.text


async def test_of_twenty_posts_with_one_code_exactly_one_signs_in(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    again = await person("ann", is_signed_in=False)
    await again.sign_in()
    form, headers = {"code": code_of(secret, again.clock)}, {**SAME_ORIGIN, "Cookie": f"{COOKIE}={again.cookie}"}
    answers = await asyncio.gather(*(again.client.post("/login/factor", data=form, headers=headers) for _ in range(20)))
    assert [answer.status_code for answer in answers].count(303) == 1
    assert {answer.status_code for answer in answers} <= {303, 401, 429}
    rows = await fetch("SELECT COUNT(*) AS n FROM sessions WHERE methods = {}", "password totp")
    assert rows[0]["n"] == 2  # the one that enrolled, and this


async def test_replay_from_another_browser_fails(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    browsers = [await person("ann", is_signed_in=False) for _ in range(3)]
    for browser in browsers:
        await browser.sign_in()
    code = code_of(secret, ann.clock)
    answers = await asyncio.gather(*(browser.door("/login/factor", code=code) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 401, 401]


async def test_after_five_wrong_codes_the_step_is_over(ann: Person, person: MakePerson, sink: Sink) -> None:
    secret, _ = await ann.add_totp()
    again = await person("ann", is_signed_in=False)
    await again.sign_in()
    texts = [(await again.door("/login/factor", code="000000")).text for _ in range(5)]
    assert "1 try is left" in texts[3]
    assert "Sign in again with your password" in texts[4]
    refused = await again.door("/login/factor", code=code_of(secret, again.clock))
    assert refused.status_code == 401
    assert (await again.client.get("/login/factor")).headers["location"] == "/login"
    assert (await events()).count("auth.mfa.failure") == 5
    assert "Somebody knows your password but not your second factor" in await sink.subjects()


async def test_ten_tries_an_hour_whatever_the_browser(ann: Person, person: MakePerson) -> None:
    secret, _ = await ann.add_totp()
    for _ in range(2):
        other = await person("ann", is_signed_in=False)
        await other.sign_in()
        for _ in range(5):
            await other.door("/login/factor", code="000000")
        ann.clock.advance(120)
    again = await person("ann", is_signed_in=False)
    await again.sign_in()
    limited = await again.door("/login/factor", code=code_of(secret, again.clock))
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 3000
    ann.clock.advance(3600)
    await again.sign_in()
    assert (await again.door("/login/factor", code=code_of(secret, again.clock))).status_code == 303


async def test_a_wrong_code_at_enrolment_may_be_mended_four_times(ann: Person) -> None:
    secret = (await ann.must("POST", "/me/totp"))["secret"]
    for _ in range(4):
        refused = await ann.call("POST", "/me/totp/confirm", {"code": "000000"})
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong_code")
    assert (await ann.call("POST", "/me/totp/confirm", {"code": "000000"})).json()["code"] == "no_offer"
    right = await ann.call("POST", "/me/totp/confirm", {"code": code_of(secret, ann.clock)})
    assert (right.status_code, right.json()["code"]) == (409, "no_offer")


async def test_an_offer_ends_after_five_minutes_and_with_the_next(ann: Person) -> None:
    first = (await ann.must("POST", "/me/totp"))["secret"]
    second = (await ann.must("POST", "/me/totp"))["secret"]
    assert (await ann.call("POST", "/me/totp/confirm", {"code": code_of(first, ann.clock)})).status_code == 422
    ann.clock.advance(300)
    late = await ann.call("POST", "/me/totp/confirm", {"code": code_of(second, ann.clock)})
    assert late.json()["code"] == "no_offer"


async def test_of_two_enrolments_at_once_one_wins(ann: Person, person: MakePerson) -> None:
    other = await person("ann")
    secrets = [(await browser.must("POST", "/me/totp"))["secret"] for browser in (ann, other)]
    answers = await asyncio.gather(
        *(
            browser.call("POST", "/me/totp/confirm?end_others=false", {"code": code_of(secret, ann.clock)})
            for browser, secret in zip((ann, other), secrets, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(answer for answer in answers if answer.status_code == 200)
    rows = await fetch("SELECT COUNT(*) AS n FROM recovery_codes")
    assert rows[0]["n"] == len(winner.json()["recovery_codes"]) == 10


@pytest.mark.parametrize(("query", "left"), [("", 401), ("?end_others=false", 200)])
async def test_enrolling_signs_out_elsewhere_unless_told_not_to(
    ann: Person, person: MakePerson, query: str, left: int
) -> None:
    other = await person("ann")
    secret = (await ann.must("POST", "/me/totp"))["secret"]
    await ann.must("POST", f"/me/totp/confirm{query}", {"code": code_of(secret, ann.clock)})
    assert (await other.call("GET", "/session")).status_code == left
    assert (await ann.call("GET", "/session")).status_code == 200


async def test_removal_takes_the_codes_and_the_standing_along(ann: Person, person: MakePerson, sink: Sink) -> None:
    await ann.add_totp()
    await ann.must("DELETE", "/me/totp")
    security = await ann.must("GET", "/me/security")
    assert (security["totp_since_ms"], security["recovery_codes_left"]) == (None, 0)
    session = await ann.service.sessions.find(ann.cookie)
    assert session is not None
    assert not session.has_second_factor
    assert "totp.disabled" in await events()
    assert "Your authenticator app was removed" in await sink.subjects()
    again = await person("ann", is_signed_in=False)
    assert (await again.sign_in()).headers["location"] == "/app/ann-org"
    assert (await ann.call("DELETE", "/me/totp")).status_code == 404


async def test_a_password_is_not_enough_to_change_factors(ann: Person, clock: ManualClock) -> None:
    await ann.add_totp()
    clock.advance(600)
    stale = await ann.call("DELETE", "/me/totp")
    assert (stale.status_code, stale.json()["code"]) == (403, "step_up")
    await ann.must("POST", "/session/step-up", {"password": "four unrelated words here"})
    for method, path in (
        ("DELETE", "/me/totp"),
        ("POST", "/me/passkeys/options"),
        ("POST", "/me/recovery-codes"),
        ("DELETE", "/me/passkeys/pky_none"),
    ):
        refused = await ann.call(method, path)
        assert (refused.status_code, refused.json()["code"]) == (403, "step_up_factor"), path
