"""Whoever runs the instance takes all factors off an account: at once by its shell, in three days by the cabinet."""

from __future__ import annotations

import re

from obsv.accounts.factors import enrolled
from obsv.audit import entries
from obsv.db import execute, fetch
from tests.accounts.app import SAME_ORIGIN
from tests.accounts.factors.authenticator import Authenticator
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink


async def test_everything_goes(ann: Person, person: MakePerson, sink: Sink) -> None:
    bob = await person("bob")
    await bob.add_totp()
    await ann.add_totp()
    await ann.add_passkey(Authenticator())
    assert await ann.service.factors.removal.all_of(ann.user_id) == 2
    assert (await ann.call("GET", "/session")).status_code == 401
    assert (await ann.sign_in()).headers["location"] == "/app/ann-org"
    security = await ann.must("GET", "/me/security")
    assert (security["totp_since_ms"], security["passkeys"], security["recovery_codes_left"]) == (None, 0, 0)
    told = [entry.event for entry in await entries(None) if entry.actor_kind == "system"]
    assert {"totp.disabled", "passkey.removed"} <= set(told)
    mail = next(mail for mail in await sink.mails() if mail.subject == "Your second factors were removed")
    assert (mail.to, "the command line" in mail.text) == ("ann@example.org", True)
    assert (await bob.must("GET", "/me/security"))["recovery_codes_left"] == 10


async def test_who_has_none_is_not_bothered(ann: Person, sink: Sink) -> None:
    assert await ann.service.factors.removal.all_of(ann.user_id) == 0
    assert (await ann.call("GET", "/session")).status_code == 200
    assert await sink.subjects() == []
    assert await fetch("SELECT seq FROM audit_log WHERE event = {}", "totp.disabled") == []


async def who_helps(person: MakePerson) -> Person:
    root = await person("root")
    await execute("UPDATE users SET is_instance_admin = {} WHERE id = {}", True, root.user_id)
    root.clock.advance(6)  # longer than a session is remembered
    return root


async def test_three_days_after_it_was_asked_for(ann: Person, person: MakePerson, sink: Sink) -> None:
    await ann.add_totp()
    root = await who_helps(person)
    asked = await root.must("POST", f"/instance/users/{ann.user_id}/factors/removal")
    assert asked["due_at_ms"] == ann.clock.now_ms() + 72 * 3_600_000
    again = await root.call("POST", f"/instance/users/{ann.user_id}/factors/removal")
    assert (again.status_code, again.json()["code"]) == (409, "asked_already")
    mail = next(mail for mail in await sink.mails() if "removed in three days" in mail.subject)
    assert mail.to == "ann@example.org"
    ann.clock.advance(72 * 3600 - 1)
    assert await ann.service.factors.assisted.remove_due() == 0
    ann.clock.advance(1)
    assert await ann.service.factors.assisted.remove_due() == 1
    assert await ann.service.factors.assisted.remove_due() == 0
    assert (await ann.sign_in()).headers["location"] == "/app/ann-org"
    assert "Your second factors were removed" in await sink.subjects()


async def test_the_owner_says_no(ann: Person, person: MakePerson, sink: Sink) -> None:
    await ann.add_totp()
    root = await who_helps(person)
    await root.must("POST", f"/instance/users/{ann.user_id}/factors/removal")
    text = next(mail.text for mail in await sink.mails() if "removed in three days" in mail.subject)
    code = re.findall(r"/factors/keep[?]code=(\S+)", text)[0]
    anybody = (await person("ann", is_signed_in=False)).client
    for status in (200, 410):
        answer = await anybody.post("/factors/keep", data={"code": code}, headers=SAME_ORIGIN)
        assert answer.status_code == status
    ann.clock.advance(72 * 3600)
    assert await ann.service.factors.assisted.remove_due() == 0
    assert (await enrolled(ann.user_id)).totp
    assert (await entries(None))[0].event == "factors.removal_cancelled"


async def test_it_is_taken_back(ann: Person, person: MakePerson, sink: Sink) -> None:
    await ann.add_totp()
    root = await who_helps(person)
    path = f"/instance/users/{ann.user_id}/factors/removal"
    await root.must("POST", path)
    assert (await root.call("DELETE", path)).status_code == 204
    assert (await root.call("DELETE", path)).status_code == 404
    assert await ann.service.factors.assisted.due_at(ann.user_id) is None


async def test_only_for_who_runs_the_instance_and_whom_it_can_help(ann: Person, person: MakePerson) -> None:
    bob, root = await person("bob"), await who_helps(person)
    path = f"/instance/users/{ann.user_id}/factors/removal"
    assert (await bob.call("POST", path)).status_code == 403
    assert (await root.call("POST", path)).json()["code"] == "no_factor"
    assert (await root.call("POST", "/instance/users/usr_nobody/factors/removal")).status_code == 404
    root.clock.advance(601)
    assert (await root.call("POST", path)).json()["code"] == "step_up"
