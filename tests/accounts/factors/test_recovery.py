"""Recovery codes: each works once, few left is said, new ones void the old."""

from __future__ import annotations

import asyncio

from obsv.accounts.factors.recovery import new_code
from obsv.audit import entries
from obsv.db import fetch
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink


async def waiting(person: MakePerson) -> Person:
    """Another browser of Ann's, past the password."""
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    return browser


def test_a_code_has_eighty_bits_in_groups() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 19 and [len(group) for group in code.split("-")] == [4] * 4 for code in codes)


async def test_a_code_signs_in_once(ann: Person, person: MakePerson, sink: Sink) -> None:
    _, codes = await ann.add_totp()
    browser = await waiting(person)
    page = await browser.client.get("/login/factor?with=recovery&next=/app/ann-org/hosts")
    assert "Recovery code" in page.text
    assert 'value="/app/ann-org/hosts"' in page.text
    done = await browser.door("/login/factor", code=codes[0].upper().replace("-", " "), **{"with": "recovery"})
    assert done.headers["location"] == "/app/ann-org"
    session = await ann.service.sessions.find(browser.cookie)
    assert session is not None
    assert session.methods == ("password", "recovery_code")
    used = next(entry for entry in await entries(None) if entry.event == "auth.recovery_code_used")
    assert used.details == {"count": 9}
    mail = next(mail for mail in await sink.mails() if "recovery code was used" in mail.subject)
    assert "9 codes are left" in mail.text
    assert codes[0] not in mail.text
    again = await waiting(person)
    refused = await again.door("/login/factor", code=codes[0], **{"with": "recovery"})
    assert refused.status_code == 401
    assert "Recovery code" in refused.text


async def test_of_two_browsers_with_one_code_one_gets_in(ann: Person, person: MakePerson) -> None:
    _, codes = await ann.add_totp()
    browsers = [await waiting(person) for _ in range(2)]
    answers = await asyncio.gather(*(browser.door("/login/factor", code=codes[3]) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 401]
    rows = await fetch("SELECT COUNT(*) AS n FROM recovery_codes WHERE used_at_ms IS NOT NULL")
    assert rows[0]["n"] == 1


async def test_another_persons_code_is_none(ann: Person, person: MakePerson) -> None:
    await ann.add_totp()
    bob = await person("bob")
    _, codes = await bob.add_totp()
    browser = await waiting(person)
    assert (await browser.door("/login/factor", code=codes[0])).status_code == 401
    assert (await bob.must("GET", "/me/security"))["recovery_codes_left"] == 10


async def test_few_left_is_said(ann: Person, person: MakePerson) -> None:
    _, codes = await ann.add_totp()
    for used, code in enumerate(codes[:7], 1):
        browser = await waiting(person)
        assert (await browser.door("/login/factor", code=code)).status_code == 303
        security = await browser.must("GET", "/me/security")
        assert (security["recovery_codes_left"], security["recovery_codes_low"]) == (10 - used, used == 7)
        ann.clock.advance(60)


async def test_new_codes_void_the_old(ann: Person, person: MakePerson, sink: Sink) -> None:
    _, old = await ann.add_totp()
    new = (await ann.must("POST", "/me/recovery-codes"))["recovery_codes"]
    assert len(set(new) | set(old)) == 20
    browser = await waiting(person)
    assert (await browser.door("/login/factor", code=old[0])).status_code == 401
    assert (await browser.door("/login/factor", code=new[0])).status_code == 303
    assert "recovery_codes.regenerated" in {entry.event for entry in await entries(None)}
    assert "New recovery codes for your account" in await sink.subjects()


async def test_there_are_none_without_a_second_factor(ann: Person) -> None:
    refused = await ann.call("POST", "/me/recovery-codes")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_second_factor")


async def test_who_lost_the_app_removes_it_after_a_recovery_code(ann: Person, person: MakePerson) -> None:
    _, codes = await ann.add_totp()
    browser = await waiting(person)
    await browser.door("/login/factor", code=codes[0])
    await browser.must("DELETE", "/me/totp")
    assert (await browser.must("GET", "/me/security"))["totp_since_ms"] is None
