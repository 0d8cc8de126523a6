"""The doors to a real provider and back, as a browser takes them, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from obsv.accounts import Accounts, Origin
from obsv.accounts.oauth import declared_hosts
from obsv.config import Settings, load_settings
from obsv.core.clock import ManualClock
from obsv.core.errors import BadRequest
from obsv.db import fetch, fetch_value
from obsv.egress import Policy, close_egress, open_egress
from obsv.keys import KeyStore
from obsv.outbox import ConsoleTransport, close_outbox, open_outbox
from tests.accounts.app import SAME_ORIGIN, browser, csrf_of, make_user, sign_in
from tests.accounts.conftest import CHEAP
from tests.accounts.oauth.conftest import BASE_URL, Elsewhere, sent_back

TABLES = ("oauth_identities", "sessions", "users", "audit_log", "audit_personal", "egress_calls", "outbox_messages")
API = "/api/obsv/v1/me/identities"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, elsewhere: Elsewhere) -> Settings:
    providers = (elsewhere.oidc(label="Example Ltd"), elsewhere.github())
    told = {"data_dir": str(tmp_path), "database.url": database_url, "auth.providers": providers, **CHEAP}
    return load_settings(env={}, overrides=told)


@pytest.fixture
async def client(service: Accounts, clock: ManualClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    declared = declared_hosts(service.settings.auth.providers)
    open_egress(Policy(declared=declared.hosts, public=declared.public), clock)
    open_outbox(KeyStore(tmp_path / "keys"), clock, ConsoleTransport(), sender="obsv@localhost")
    async with browser(service) as made:
        yield made
    close_outbox()
    await close_egress()


async def depart(client: httpx.AsyncClient, slug: str = "corp", **form: str) -> str:
    """Where the sign-in page's button leads."""
    answer = await client.post(f"/login/oauth/{slug}", data={"next": "", **form}, headers=SAME_ORIGIN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def land(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """Back from the provider, into the given browser."""
    where = await sent_back(url)
    assert where.startswith(BASE_URL)
    return await client.get(where)


async def link(client: httpx.AsyncClient, slug: str = "corp") -> httpx.Response:
    """As the cabinet does it."""
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    answer = await client.post(f"{API}/{slug}/link", json={"next": "/app/acme/settings"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return await land(client, answer.json()["url"])


async def linked_user(service: Accounts, client: httpx.AsyncClient, name: str = "ann") -> str:
    """An account to which the provider's person is linked, signed out again."""
    user_id = await make_user(service, name)
    await sign_in(client, name)
    answer = await link(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/acme/settings")
    client.cookies.clear()
    return user_id


async def events(*names: str) -> list[dict[str, Any]]:
    return [row for row in await fetch("SELECT * FROM audit_log ORDER BY id") if row["event"] in names]


async def test_link_then_sign_in(service: Accounts, client: httpx.AsyncClient) -> None:
    user_id = await linked_user(service, client)
    answer = await land(client, await depart(client, next="/app/acme/hosts", remember="yes"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/acme/hosts")
    assert "Max-Age" in answer.headers["set-cookie"]
    session = (await client.get("/api/obsv/v1/session")).json()
    assert session["user"] == {"id": user_id, "name": "Ann", "email": "ann@example.org"}
    (identity, github) = (await client.get(API)).json()["identities"]
    assert (identity["provider"], identity["label"], identity["can_confirm"]) == ("corp", "Example Ltd", True)
    assert identity["linked_at_ms"] == identity["last_used_at_ms"]
    assert (github["linked_at_ms"], github["can_confirm"], github["is_offered"]) == (None, False, True)
    assert [row["actor_ref"] for row in await events("oauth.linked")] == [user_id]
    assert '"method":"oauth"' in (await events("auth.login.success"))[-1]["details"]
    assert await fetch_value("SELECT COUNT(*) FROM outbox_messages WHERE topic = {}", "identity_linked") == 1


async def test_the_sign_in_page_offers_them(client: httpx.AsyncClient, elsewhere: Elsewhere) -> None:
    answer = await client.get("/login?next=/app/x")
    assert "Sign in with Example Ltd" in answer.text
    assert 'formaction="/login/oauth/hub"' in answer.text
    targets = f"{elsewhere.url} {elsewhere.github().issuer}"
    assert f"form-action 'self' {targets};" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "form-action 'self';" in (await client.get("/docs")).headers["content-security-policy"]


async def test_a_shared_address_links_nothing(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere
) -> None:
    """Somebody has an account elsewhere with the address of somebody here, verified or not: they stay out."""
    await make_user(service, "ann")
    for told in ({"email_verified": True}, {"email_verified": False}):
        elsewhere.switch(sub="attacker", email="ann@example.org", **told)
        answer = await land(client, await depart(client))
        assert (answer.status_code, answer.headers["location"]) == (303, "/login/oauth")
        assert (await client.get("/api/obsv/v1/session")).status_code == 401
        client.cookies.clear()
    assert await fetch_value("SELECT COUNT(*) FROM oauth_identities") == 0


async def test_the_answer_works_once_and_in_one_browser(service: Accounts, client: httpx.AsyncClient) -> None:
    await linked_user(service, client)
    url = await depart(client)
    back = await sent_back(url)
    async with browser(service) as victim:
        other = await victim.get(back)  # no session at all
        assert (other.status_code, "not begun in this browser" in other.text) == (400, True)
        await depart(victim)  # one of their own under way
        assert (await victim.get(back)).status_code == 400
        assert (await victim.get("/api/obsv/v1/session")).status_code == 401
    assert (await client.get(back)).status_code == 303
    again = await client.get(back)
    assert again.status_code == 400  # signed in, and it stays so
    assert (await client.get("/api/obsv/v1/session")).status_code == 200


async def test_a_wrong_answer_uses_the_flow_up(service: Accounts, client: httpx.AsyncClient) -> None:
    await linked_user(service, client)
    back = await sent_back(await depart(client))
    assert (await client.get(back.replace("state=", "state=x"))).status_code == 400
    assert (await client.get(back)).status_code == 400


async def test_a_session_that_was_planted_is_worth_nothing(service: Accounts, client: httpx.AsyncClient) -> None:
    await linked_user(service, client)
    url = await depart(client)
    planted = client.cookies["obsv_session"]
    assert (await land(client, url)).status_code == 303
    assert client.cookies["obsv_session"] != planted
    async with browser(service) as attacker:
        attacker.cookies.set("obsv_session", planted, domain="localhost")
        assert (await attacker.get("/api/obsv/v1/session")).status_code == 401


async def test_a_second_factor_is_asked_for_all_the_same(service: Accounts, client: httpx.AsyncClient) -> None:
    user_id = await linked_user(service, client)
    await fetch(
        "INSERT INTO totp_secrets (user_id, secret_enc, last_step, created_at_ms) VALUES ({}, {}, 0, 0) RETURNING user_id",
        *(user_id, "sealed"),
    )
    answer = await land(client, await depart(client))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/factor")
    assert (await client.get("/api/obsv/v1/session")).status_code == 401


async def test_the_age_is_asked_for_all_the_same(service: Accounts, client: httpx.AsyncClient) -> None:
    user_id = await linked_user(service, client)
    await fetch("UPDATE users SET attested_16_at_ms = NULL WHERE id = {} RETURNING id", user_id)
    assert (await land(client, await depart(client))).headers["location"] == "/login/age"


async def test_a_closed_account_stays_closed(service: Accounts, client: httpx.AsyncClient) -> None:
    user_id = await linked_user(service, client)
    await fetch("UPDATE users SET status = {} WHERE id = {} RETURNING id", "closed", user_id)
    answer = await land(client, await depart(client))
    assert (answer.status_code, "This account is closed" in answer.text) == (403, True)
    assert [row["actor_ref"] for row in await events("auth.login.failure")] == [user_id]


async def test_what_the_provider_spoils_is_told_and_noted(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere
) -> None:
    await linked_user(service, client)
    elsewhere.switch(claims={"nonce": "another"})
    answer = await land(client, await depart(client))
    assert (answer.status_code, "belongs to another sign-in" in answer.text) == (403, True)
    assert len(await events("auth.login.failure")) == 1
    elsewhere.switch(answers={"/token": {"status": 500}})
    answer = await land(client, await depart(client))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_where_one_may_go_afterwards(service: Accounts, client: httpx.AsyncClient) -> None:
    await linked_user(service, client)
    answer = await land(client, await depart(client, next="https://evil.example/"))
    assert answer.headers["location"] == "/app/acme"
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    answer = await client.post(f"{API}/corp/confirm", json={"next": "//evil.example"}, headers=headers)
    assert (await land(client, answer.json()["url"])).headers["location"] == "/app"


async def test_who_is_signed_in_is_not_sent_away(service: Accounts, client: httpx.AsyncClient) -> None:
    await make_user(service, "ann")
    await sign_in(client, "ann")
    assert await depart(client) == "/app"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
async def test_a_foreign_page_begins_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/login/oauth/corp", data={"next": ""}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_too_many_beginnings(client: httpx.AsyncClient) -> None:
    for _ in range(30):
        await depart(client)
    answer = await client.post("/login/oauth/corp", data={"next": ""}, headers=SAME_ORIGIN)
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
    assert (await client.post("/login/oauth/nobody", data={"next": ""}, headers=SAME_ORIGIN)).status_code == 429


async def test_an_unknown_provider(client: httpx.AsyncClient) -> None:
    assert (await client.post("/login/oauth/nobody", data={"next": ""}, headers=SAME_ORIGIN)).status_code == 404
    assert (await client.get("/login/oauth/nobody/callback?state=x&code=y")).status_code == 400


async def test_who_has_no_account_is_told(service: Accounts, client: httpx.AsyncClient, clock: ManualClock) -> None:
    assert (await client.get("/login/oauth")).headers["location"] == "/login"
    assert (await land(client, await depart(client))).headers["location"] == "/login/oauth"
    for _ in range(2):
        answer = await client.get("/login/oauth")
        assert (answer.status_code, "no account here is linked" in answer.text) == (403, True)
    assert (await client.get("/api/obsv/v1/session")).status_code == 401
    clock.advance(601)
    assert (await client.get("/login/oauth")).headers["location"] == "/login"


async def test_an_account_made_for_who_came_back(service: Accounts, client: httpx.AsyncClient) -> None:
    await land(client, await depart(client, next="/app/acme/hosts"))
    scope: Any = {"headers": [(b"cookie", f"obsv_session={client.cookies['obsv_session']}".encode())]}
    presented = await service.authenticator.presented(scope)
    newcomer = await service.federated.newcomer(presented)
    assert newcomer is not None
    assert presented is not None
    assert (newcomer.identity.email, newcomer.identity.email_verified) == ("ann@example.org", True)
    user_id = await make_user(service, "ann")
    arrived = await service.federated.welcome(presented, user_id, Origin())
    assert (arrived.wanted, arrived.done.pending) == ("/app/acme/hosts", "")
    assert (await client.get("/api/obsv/v1/session")).status_code == 401  # its value was replaced
    with pytest.raises(BadRequest):
        await service.federated.welcome(presented, user_id, Origin())
    client.cookies.clear()
    assert (await land(client, await depart(client))).headers["location"] == "/app/acme"


# -- linking -------------------------------------------------------------------------------------------------------


async def test_linking_needs_a_fresh_proof(service: Accounts, client: httpx.AsyncClient, clock: ManualClock) -> None:
    await make_user(service, "ann")
    await sign_in(client, "ann")
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    clock.advance(601)
    for answer in (
        await client.post(f"{API}/corp/link", json={}, headers=headers),
        await client.delete(f"{API}/corp", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up")
    client.cookies.clear()
    assert (await client.get(API)).status_code == 401
    assert (await client.post(f"{API}/corp/link", json={}, headers=SAME_ORIGIN)).status_code == 401


async def test_it_signs_in_one_person_alone(service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere) -> None:
    ann = await linked_user(service, client)
    await make_user(service, "bea")
    await sign_in(client, "bea")
    answer = await link(client)
    assert (answer.status_code, "signs somebody else in" in answer.text) == (409, True)
    elsewhere.switch(sub="PERSON-1")  # subjects that differ in case are different people
    assert (await link(client)).status_code == 303
    elsewhere.switch(sub="another")
    answer = await link(client)
    assert (answer.status_code, "unlink it first" in answer.text) == (409, True)
    rows = await fetch("SELECT user_id FROM oauth_identities ORDER BY created_at_ms, id")
    assert len(rows) == 2
    assert rows[0]["user_id"] == ann


async def test_what_one_began_another_does_not_finish(service: Accounts, client: httpx.AsyncClient) -> None:
    """The session that began is gone; whoever sits there now does not get the link."""
    await make_user(service, "ann")
    await sign_in(client, "ann")
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    url = (await client.post(f"{API}/corp/link", json={}, headers=headers)).json()["url"]
    client.cookies.clear()
    await make_user(service, "bea")
    await sign_in(client, "bea")
    answer = await land(client, url)
    assert (answer.status_code, "That did not work" in answer.text) == (400, True)
    assert await fetch_value("SELECT COUNT(*) FROM oauth_identities") == 0


async def test_unlinking_takes_the_consent_back(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere
) -> None:
    user_id = await linked_user(service, client)
    await sign_in(client, "ann")
    elsewhere.log()
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    answer = await client.delete(f"{API}/corp", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"is_revoked": True})
    assert elsewhere.paths() == ["POST /revoke"]
    assert [row["actor_ref"] for row in await events("oauth.unlinked")] == [user_id]
    assert (await client.delete(f"{API}/corp", headers=headers)).status_code == 404
    client.cookies.clear()
    assert (await land(client, await depart(client))).headers["location"] == "/login/oauth"


async def test_the_provider_need_not_answer_to_be_unlinked(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere
) -> None:
    await linked_user(service, client)
    await sign_in(client, "ann")
    elsewhere.switch(answers={"/revoke": {"status": 500}})
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    assert (await client.delete(f"{API}/corp", headers=headers)).json() == {"is_revoked": False}
    assert await fetch_value("SELECT COUNT(*) FROM oauth_identities") == 0


async def test_the_last_way_in_stays(service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere) -> None:
    user_id = await linked_user(service, client)
    await fetch("UPDATE users SET password_hash = NULL WHERE id = {} RETURNING id", user_id)
    await land(client, await depart(client))
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    elsewhere.log()
    answer = await client.delete(f"{API}/corp", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_way_in")
    assert elsewhere.paths() == []
    assert await events("oauth.unlinked") == []
    elsewhere.switch(sub="42")
    assert (await link(client, "hub")).status_code == 303
    assert (await client.delete(f"{API}/corp", headers=headers)).status_code == 200


# -- confirming ----------------------------------------------------------------------------------------------------


async def test_confirming_elsewhere(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere, clock: ManualClock
) -> None:
    await linked_user(service, client)
    await land(client, await depart(client))
    clock.advance(601)
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
    assert (await client.post(f"{API}/hub/link", json={}, headers=headers)).json()["code"] == "step_up"

    async def confirm(**switches: object) -> httpx.Response:
        now_s = clock.now_ms() // 1000
        claims = {"iat": now_s, "exp": now_s + 60, "auth_time": now_s}
        elsewhere.switch(**{"claims": claims, **switches})
        answer = await client.post(f"{API}/corp/confirm", json={"next": "/app/acme"}, headers=headers)
        return await land(client, answer.json()["url"])

    other = await confirm(sub="somebody else")
    assert (other.status_code, "as somebody else" in other.text) == (403, True)
    before = client.cookies["obsv_session"]
    good = await confirm()
    assert (good.status_code, good.headers["location"]) == (303, "/app/acme")
    assert client.cookies["obsv_session"] != before
    headers["X-CSRF-Token"] = await csrf_of(client)
    assert (await client.post(f"{API}/hub/link", json={}, headers=headers)).status_code == 200
    assert len(await events("auth.stepup")) == 1
    answer = await client.post(f"{API}/hub/confirm", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_step_up")


# -- what is kept --------------------------------------------------------------------------------------------------


async def test_nothing_of_it_is_kept_readable(
    service: Accounts, client: httpx.AsyncClient, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    elsewhere.switch(sub="canary-subject", email="canary@mail.example", name="Canary Name")
    await linked_user(service, client)
    url = await depart(client)
    await land(client, url)
    kept = ""
    for table in TABLES:
        kept += str(await fetch(f"SELECT * FROM {table}"))
    assert "oidc-access-" not in kept
    assert "canary" not in kept.lower()
    secrets = dict(pair.split("=", 1) for pair in urlsplit(url).query.split("&"))
    for name in ("state", "nonce", "code_challenge"):
        assert secrets[name] not in kept
    (row,) = await fetch("SELECT * FROM oauth_identities")
    keys = KeyStore(tmp_path / "keys")
    token = keys.decrypt(row["user_id"], "oauth_identities", "token_enc", row["id"], row["token_enc"])
    assert token.startswith(b"oidc-access-")
