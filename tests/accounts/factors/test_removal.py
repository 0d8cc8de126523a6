"""Whoever runs the instance takes all factors off an account."""

from __future__ import annotations

from obsv.audit import entries
from obsv.db import fetch
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
