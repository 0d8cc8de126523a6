"""Passkeys: adding, naming, removing; and everything that a passkey's answer must not get away with."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.accounts.factors.ceremonies import RelyingParty, Unproven, answer_of
from obsv.audit import entries
from obsv.db import execute, fetch, fetch_value
from tests.accounts.factors.authenticator import BE, BS, UP, UV, Authenticator, b64
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink

OPTIONS, SUBMIT = "/login/passkey/options", "/login/passkey"


async def creation(person: Person) -> dict[str, Any]:
    return dict((await person.must("POST", "/me/passkeys/options"))["options"])


async def answered(browser: Person, authenticator: Authenticator, **form: str) -> Any:
    """Sign in with a passkey alone."""
    credential = authenticator.get(await browser.options(OPTIONS))
    return await browser.door(SUBMIT, credential=json.dumps(credential), **form)


# -- adding ---------------------------------------------------------------------------------------------------------


async def test_options_ask_for_a_checked_person_and_no_attestation(ann: Person) -> None:
    options = await creation(ann)
    assert options["rp"] == {"name": "obsv", "id": "localhost"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["user"]["name"] == "ann@example.org"
    assert len(options["user"]["id"]) == 86  # 64 bytes, neither the address nor the account's id
    assert options["excludeCredentials"] == []


async def test_add_list_rename_remove(ann: Person, sink: Sink) -> None:
    laptop, before = Authenticator(), ann.cookie
    added = await ann.add_passkey(laptop)
    assert ann.cookie != before
    assert len(added["recovery_codes"]) == 10  # the first factor of this account
    ann.clock.advance(1)
    second = await ann.add_passkey(Authenticator(flags=UP | UV | BE | BS, step=0), name="")
    assert second["recovery_codes"] == []
    assert second["passkey"]["is_synchronised"]
    listed = (await ann.must("GET", "/me/passkeys"))["passkeys"]
    assert [passkey["name"] for passkey in listed] == ["laptop", "Passkey"]
    assert b64(laptop.credential_id) in {known["id"] for known in (await creation(ann))["excludeCredentials"]}
    place = f"/me/passkeys/{added['passkey']['id']}"
    assert (await ann.must("PATCH", place, {"name": " Work  laptop "}))["name"] == "Work laptop"
    assert (await ann.call("PATCH", place, {"name": " "})).status_code == 422
    await ann.must("DELETE", place)
    assert [passkey["name"] for passkey in (await ann.must("GET", "/me/passkeys"))["passkeys"]] == ["Passkey"]
    events = [entry.event for entry in reversed(await entries(None)) if entry.event.startswith("passkey")]
    assert events == ["passkey.added", "passkey.added", "passkey.renamed", "passkey.removed"]
    assert "A passkey was removed from your account" in await sink.subjects()


async def test_nobody_touches_anothers(ann: Person, person: MakePerson) -> None:
    added, bob = await ann.add_passkey(Authenticator()), await person("bob")
    place = f"/me/passkeys/{added['passkey']['id']}"
    assert (await bob.call("PATCH", place, {"name": "mine"})).status_code == 404
    assert (await bob.call("DELETE", place)).status_code == 404
    assert (await ann.must("GET", "/me/passkeys"))["passkeys"][0]["name"] == "laptop"


async def test_a_passkey_is_registered_once(ann: Person, person: MakePerson) -> None:
    laptop, bob = Authenticator(), await person("bob")
    await ann.add_passkey(laptop)
    made = {"credential": laptop.create(await creation(bob)), "name": ""}
    refused = await bob.call("POST", "/me/passkeys", made)
    assert (refused.status_code, refused.json()["code"]) == (409, "passkey_known")


async def test_twenty_are_the_most(ann: Person) -> None:
    for number in range(20):
        await ann.add_passkey(Authenticator(), name=str(number))
    refused = await ann.call("POST", "/me/passkeys", {"credential": Authenticator().create(await creation(ann))})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_passkeys")


@pytest.mark.parametrize(
    ("authenticator", "why"),
    [
        (Authenticator(origin="http://evil.example"), "origin"),
        (Authenticator(origin="https://localhost:8450"), "scheme"),
        (Authenticator(flags=UP), "person not checked"),
        (Authenticator(flags=UV), "person not present"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_registration_that_does_not_hold(ann: Person, authenticator: Authenticator, why: str) -> None:
    made = {"credential": authenticator.create(await creation(ann)), "name": ""}
    refused = await ann.call("POST", "/me/passkeys", made)
    assert (refused.status_code, refused.json()["code"]) == (422, "passkey_refused")
    assert (await ann.must("GET", "/me/security"))["passkeys"] == 0


async def test_registration_for_another_site(ann: Person) -> None:
    options = await creation(ann)
    options["rp"]["id"] = "example.org"
    refused = await ann.call("POST", "/me/passkeys", {"credential": Authenticator().create(options)})
    assert refused.json()["code"] == "passkey_refused"


async def test_a_challenge_is_good_once_for_five_minutes_in_its_session(ann: Person, person: MakePerson) -> None:
    made = {"credential": Authenticator().create(await creation(ann)), "name": ""}
    bob = await person("bob")
    assert (await bob.call("POST", "/me/passkeys", made)).json()["code"] == "no_offer"
    await creation(bob)
    assert (await bob.call("POST", "/me/passkeys", made)).json()["code"] == "passkey_refused"
    await ann.must("POST", "/me/passkeys", made)
    assert (await ann.call("POST", "/me/passkeys", made)).json()["code"] == "no_offer"
    late = {"credential": Authenticator().create(await creation(ann)), "name": ""}
    ann.clock.advance(300)
    assert (await ann.call("POST", "/me/passkeys", late)).json()["code"] == "no_offer"


async def test_an_answer_to_another_question_registers_nothing(ann: Person) -> None:
    await ann.add_passkey(Authenticator())
    options = (await ann.must("POST", "/session/step-up/options"))["options"]
    made = Authenticator().create({**options, "rp": {"id": "localhost"}, "user": {"id": b64(b"x" * 64)}})
    assert (await ann.call("POST", "/me/passkeys", {"credential": made})).json()["code"] == "no_offer"


# -- the last way in ------------------------------------------------------------------------------------------------


async def test_the_last_way_in_stays(ann: Person) -> None:
    added = [await ann.add_passkey(Authenticator(), name=str(number)) for number in range(2)]
    await execute("UPDATE users SET password_hash = NULL WHERE id = {}", ann.user_id)
    await ann.must("DELETE", f"/me/passkeys/{added[0]['passkey']['id']}")
    kept = await ann.call("DELETE", f"/me/passkeys/{added[1]['passkey']['id']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "last_way_in")
    assert len((await ann.must("GET", "/me/passkeys"))["passkeys"]) == 1


async def test_two_browsers_cannot_take_the_last_two_at_once(ann: Person, person: MakePerson) -> None:
    laptop, phone = Authenticator(), Authenticator()
    added = [await ann.add_passkey(authenticator) for authenticator in (laptop, phone)]
    other = await person("ann", is_signed_in=False)
    assert (await answered(other, phone)).status_code == 303
    await execute("UPDATE users SET password_hash = NULL WHERE id = {}", ann.user_id)
    answers = await asyncio.gather(
        *(
            browser.call("DELETE", f"/me/passkeys/{one['passkey']['id']}?end_others=false")
            for browser, one in zip((ann, other), added, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await fetch_value("SELECT COUNT(*) AS n FROM passkeys") == 1


# -- signing in with it alone ---------------------------------------------------------------------------------------


async def test_in_without_a_password(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    options = await browser.options(OPTIONS)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    planted = browser.cookie
    assert planted
    done = await browser.door(
        SUBMIT, credential=json.dumps(laptop.get(options)), next="/app/ann-org/hosts", remember="yes"
    )
    assert (done.status_code, done.headers["location"]) == (303, "/app/ann-org/hosts")
    assert "Max-Age=2592000" in done.headers["set-cookie"]
    assert browser.cookie != planted
    assert await ann.service.sessions.find(planted) is None
    session = await ann.service.sessions.find(browser.cookie)
    assert session is not None
    assert (session.user_id, session.methods, session.has_second_factor) == (ann.user_id, ("passkey",), True)
    (listed,) = (await browser.must("GET", "/me/passkeys"))["passkeys"]
    assert listed["last_used_at_ms"] == ann.clock.now_ms()
    assert (await entries(None))[0].details == {"method": "passkey"}


async def test_a_synchronised_passkey_never_counts(ann: Person, person: MakePerson) -> None:
    synchronised = Authenticator(flags=UP | UV | BE | BS, step=0)
    await ann.add_passkey(synchronised)
    for _ in range(3):
        browser = await person("ann", is_signed_in=False)
        assert (await answered(browser, synchronised)).status_code == 303


@pytest.mark.parametrize(
    "lie",
    [{"origin": "http://evil.example"}, {"flags": UP}, {"flags": UV}, {"handle": b"x" * 64}, {"handle": b""}],
    ids=["origin", "not checked", "not present", "another's handle", "no handle"],
)
async def test_an_assertion_that_does_not_hold(ann: Person, person: MakePerson, lie: dict[str, Any]) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    refused = await answered(browser, replace(laptop, **lie))
    assert refused.status_code == 401
    assert "not accepted" in refused.text
    assert (await browser.call("GET", "/session")).status_code == 401
    assert (await entries(None))[0].event == "auth.login.failure"
    assert (await answered(browser, laptop)).status_code == 303


async def test_bobs_handle_with_anns_signature(ann: Person, person: MakePerson) -> None:
    laptop, phone, bob = Authenticator(), Authenticator(), await person("bob")
    await ann.add_passkey(laptop)
    await bob.add_passkey(phone)
    browser = await person("bob", is_signed_in=False)
    assert (await answered(browser, replace(laptop, handle=phone.handle))).status_code == 401


async def test_another_key_signs_for_nobody(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    assert (await answered(browser, replace(laptop, key=Authenticator().key))).status_code == 401
    unknown = await answered(browser, replace(Authenticator(), handle=laptop.handle))
    assert "not known here" in unknown.text


async def test_for_another_site(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    options = await browser.options(OPTIONS)
    refused = await browser.door(SUBMIT, credential=json.dumps(laptop.get({**options, "rpId": "example.org"})))
    assert refused.status_code == 401


async def test_a_count_that_goes_back_is_refused_and_told(ann: Person, person: MakePerson, sink: Sink) -> None:
    laptop = Authenticator(count=40)
    await ann.add_passkey(laptop)
    copied = replace(laptop, count=10)
    browser = await person("ann", is_signed_in=False)
    refused = await answered(browser, copied)
    assert refused.status_code == 401
    assert "counted fewer" in refused.text
    suspected = next(entry for entry in await entries(None) if entry.event == "passkey.clone_suspected")
    assert (suspected.actor_ref, suspected.outcome) == (ann.user_id, "failure")
    assert "A passkey of yours may have been copied" in await sink.subjects()
    assert (await answered(browser, laptop)).status_code == 303


async def test_a_copy_that_stopped_counting(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator(count=5)
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    assert (await answered(browser, replace(laptop, count=0, step=0))).status_code == 401


async def test_a_forged_count_raises_no_alarm(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator(count=5)
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    await answered(browser, replace(laptop, count=0, key=Authenticator().key))
    assert "passkey.clone_suspected" not in {entry.event for entry in await entries(None)}


async def test_replay(ann: Person, person: MakePerson) -> None:
    synchronised = Authenticator(step=0)
    await ann.add_passkey(synchronised)
    browser, other = await person("ann", is_signed_in=False), await person("ann", is_signed_in=False)
    credential = json.dumps(synchronised.get(await browser.options(OPTIONS)))
    await other.options(OPTIONS)
    assert (await other.door(SUBMIT, credential=credential)).status_code == 401
    waiting = browser.cookie
    assert (await browser.door(SUBMIT, credential=credential)).status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set("obsv_session", waiting)
    assert (await browser.door(SUBMIT, credential=credential)).status_code == 401


async def test_of_many_posts_of_one_answer_one_signs_in(ann: Person, person: MakePerson) -> None:
    synchronised = Authenticator(step=0)
    await ann.add_passkey(synchronised)
    browser = await person("ann", is_signed_in=False)
    credential = json.dumps(synchronised.get(await browser.options(OPTIONS)))
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"obsv_session={browser.cookie}"}
    answers = await asyncio.gather(
        *(browser.client.post(SUBMIT, data={"credential": credential}, headers=headers) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 9


async def test_a_challenge_ends_after_five_minutes(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    browser = await person("ann", is_signed_in=False)
    credential = json.dumps(laptop.get(await browser.options(OPTIONS)))
    browser.clock.advance(300)
    late = await browser.door(SUBMIT, credential=credential)
    assert late.status_code == 401
    assert "took too long" in late.text


async def test_a_closed_account_stays_closed(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_passkey(laptop)
    await execute("UPDATE users SET status = {} WHERE id = {}", "closed", ann.user_id)
    browser = await person("ann", is_signed_in=False)
    assert (await answered(browser, laptop)).status_code == 401


@pytest.mark.parametrize("credential", ["", "[]", "{}", "null", '{"id": 5}', '{"id": "%", "response": []}'])
async def test_nonsense_is_refused(service: object, person: MakePerson, credential: str) -> None:
    browser = await person("ann", is_signed_in=False)
    await browser.options(OPTIONS)
    assert (await browser.door(SUBMIT, credential=credential)).status_code == 401


async def test_options_are_limited_by_address_and_leave_one_session(person: MakePerson) -> None:
    browser = await person("ann", is_signed_in=False)
    for _ in range(60):
        await browser.options(OPTIONS)
    rows = await fetch("SELECT pending FROM sessions")
    assert [row["pending"] for row in rows] == ["anonymous"]
    limited = await browser.client.post(OPTIONS, headers={"Sec-Fetch-Site": "same-origin"})
    assert limited.status_code == 429


async def test_a_foreign_page_gets_no_options(person: MakePerson) -> None:
    browser = await person("ann", is_signed_in=False)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        refused = await browser.client.post(OPTIONS, headers=headers)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


# -- as second factor -----------------------------------------------------------------------------------------------


async def test_after_the_password(ann: Person, person: MakePerson) -> None:
    laptop, phone, bob = Authenticator(), Authenticator(), await person("bob")
    await ann.add_passkey(laptop)
    await bob.add_passkey(phone)
    browser = await person("ann", is_signed_in=False)
    assert (await browser.sign_in()).headers["location"] == "/login/factor"
    page = await browser.client.get("/login/factor")
    assert "passkey-form" in page.text
    assert 'name="code"' not in page.text  # no app, so no code to ask for
    assert 'name="code"' in (await browser.client.get("/login/factor?with=recovery")).text
    foreign = phone.get(await browser.options("/login/factor/options"))
    assert (await browser.door("/login/factor/passkey", credential=json.dumps(foreign))).status_code == 401
    options = await browser.options("/login/factor/options")
    assert [known["id"] for known in options["allowCredentials"]] == [b64(laptop.credential_id)]
    # A browser that was told which passkey to use may leave the handle out.
    credential = replace(laptop, handle=b"").get(options)
    done = await browser.door("/login/factor/passkey", credential=json.dumps(credential))
    assert done.headers["location"] == "/app/ann-org"
    session = await ann.service.sessions.find(browser.cookie)
    assert session is not None
    assert session.methods == ("password", "passkey")


async def test_guessed_codes_do_not_lock_a_passkeys_owner_out(ann: Person, person: MakePerson) -> None:
    laptop = Authenticator()
    await ann.add_totp()
    await ann.add_passkey(laptop)
    for _ in range(3):
        guesser = await person("ann", is_signed_in=False)
        await guesser.sign_in()
        for _ in range(5):
            limited = await guesser.door("/login/factor", code="000000")
        ann.clock.advance(120)
    assert limited.status_code == 429
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    credential = json.dumps(laptop.get(await browser.options("/login/factor/options")))
    assert (await browser.door("/login/factor/passkey", credential=credential)).status_code == 303


async def test_without_a_passkey_there_is_none_to_ask_for(ann: Person, person: MakePerson) -> None:
    await ann.add_totp()
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    asked = await browser.client.post("/login/factor/options", headers={"Sec-Fetch-Site": "same-origin"})
    assert asked.status_code == 404
    assert "passkey" not in (await browser.client.get("/login/factor")).text.lower()


# -- at a start -----------------------------------------------------------------------------------------------------


async def test_a_moved_instance_says_so(ann: Person, capsys: pytest.CaptureFixture[str]) -> None:
    await ann.add_passkey(Authenticator())
    await ann.service.factors.warn_of_stranded_passkeys()
    assert "stranded" not in capsys.readouterr().out
    await execute("UPDATE passkeys SET rp_id = {}", "old.example")
    await ann.service.factors.warn_of_stranded_passkeys()
    assert "stranded" in capsys.readouterr().out
    assert not (await ann.must("GET", "/me/passkeys"))["passkeys"][0]["works_here"]


@pytest.mark.parametrize(
    ("base_url", "rp_id", "origin"),
    [
        ("https://obsv.example", "obsv.example", "https://obsv.example"),
        ("https://obsv.example:443/", "obsv.example", "https://obsv.example"),
        ("https://OBSV.example:8443/x", "obsv.example", "https://obsv.example:8443"),
        ("http://localhost:8450", "localhost", "http://localhost:8450"),
        ("http://[::1]:8450", "::1", "http://[::1]:8450"),
    ],
)
def test_where_passkeys_live(base_url: str, rp_id: str, origin: str) -> None:
    site = RelyingParty.at(base_url, "obsv")
    assert (site.rp_id, site.origin) == (rp_id, origin)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["YQ", "public-key", "%%%"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "userHandle", "attestationObject"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "rawId", "type", "response", "x"]), _JSON, max_size=5))
def test_whatever_is_sent_is_refused_and_nothing_breaks(response: dict[str, Any]) -> None:
    site = RelyingParty.at("http://localhost:8450", "obsv")
    for check in (
        lambda: site.check_creation(response, b"challenge"),
        lambda: site.check_assertion(response, b"challenge", b"key"),
    ):
        with pytest.raises(Unproven):
            check()
    with contextlib.suppress(Unproven):
        answer_of(response)
