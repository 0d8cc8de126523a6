"""API tokens: their shape, the matrix of who gets in, and how soon a revoked one does not."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.accounts import SCOPES, Accounts, Actor, parse_scopes
from obsv.accounts.tokens.format import holds_token, new_token, parse_token
from obsv.accounts.tokens.known import KnownTokens
from obsv.accounts.types import TokenKind
from obsv.core.clock import ManualClock
from obsv.core.errors import Invalid, NotFound, Unauthorized
from obsv.db import fetch_value
from tests.accounts.app import browser

READ = frozenset({"metrics:read"})
DAY_S = 86400


@pytest.fixture
async def client(service: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(service) as client:
        yield client


async def operator(service: Accounts) -> int:
    return (await service.organisations.ensure_operator()).id


async def token(service: Accounts, scopes: frozenset[str] = READ, days: int | None = None) -> str:
    made = await service.administration.create_token(await operator(service), "t", scopes, expires_days=days)
    return made.token


async def actor_of(service: Accounts, text: str) -> Actor:
    return (await service.tokens.known.recognise(text)).actor


@pytest.mark.parametrize("kind", ["pat", "org", "ing"])
def test_shape(kind: TokenKind) -> None:
    raw = new_token(kind)
    assert re.fullmatch(rf"obsv_{kind}_[0-9A-Za-z]{{8}}_[0-9A-Za-z]{{43}}_[0-9A-Za-z]{{6}}", raw.text)
    assert parse_token(raw.text) == raw
    assert holds_token(b"u=x&p=" + raw.text.encode())


@given(st.integers(0, 67), st.sampled_from("0aZ_"))
def test_a_mistyped_character_is_noticed(place: int, char: str) -> None:
    text = new_token("org").text
    wrong = text[:place] + char + text[place + 1 :]
    assert (parse_token(wrong) is None) == (wrong != text)


@given(st.text(max_size=90))
def test_anything_else_is_none(text: str) -> None:
    assert parse_token(text) is None


async def test_who_is_behind_it(service: Accounts) -> None:
    actor = await actor_of(service, await token(service))
    assert (actor.kind, actor.org_slug, actor.scopes, actor.role) == ("token", "operator", READ, None)


async def test_only_its_hash_is_kept(service: Accounts) -> None:
    raw = parse_token(await token(service))
    assert raw is not None
    assert re.fullmatch("[0-9a-f]{64}", await fetch_value("SELECT token_hash FROM api_tokens WHERE id = {}", raw.id))


async def refused(service: Accounts, text: str) -> None:
    with pytest.raises(Unauthorized):
        await service.tokens.known.recognise(text)


async def test_revoked_at_once_though_it_was_remembered(service: Accounts) -> None:
    text = await token(service)
    actor = await actor_of(service, text)
    await service.administration.revoke_token(await operator(service), actor.token_id)
    await refused(service, text)
    assert await service.tokens.listed(await operator(service)) == []


async def test_another_replica_forgets_within_five_seconds(service: Accounts, clock: ManualClock) -> None:
    replica, text = KnownTokens(clock), await token(service)
    known = await replica.recognise(text)
    await service.administration.revoke_token(await operator(service), known.actor.token_id)
    assert await replica.recognise(text)
    clock.advance(5)
    with pytest.raises(Unauthorized):
        await replica.recognise(text)


async def test_expiry_to_the_second_though_it_was_remembered(service: Accounts, clock: ManualClock) -> None:
    text = await token(service, days=1)
    clock.advance(DAY_S - 1)
    assert await actor_of(service, text)
    clock.advance(1)
    await refused(service, text)


async def test_default_lives(service: Accounts, clock: ManualClock) -> None:
    ingest, reader = await token(service, frozenset({"metrics:write"})), await token(service)
    assert ingest.startswith("obsv_ing_")
    clock.advance(90 * DAY_S)
    assert await actor_of(service, ingest)
    await refused(service, reader)


@pytest.mark.parametrize("days", [0, -1, 366])
async def test_a_life_out_of_bounds_is_refused(service: Accounts, days: int) -> None:
    with pytest.raises(Invalid, match="365"):
        await token(service, days=days)


async def test_a_right_id_with_a_wrong_secret(service: Accounts) -> None:
    raw, other = parse_token(await token(service)), new_token("org")
    assert raw is not None
    from obsv.core.ids import crc32_base62

    body = f"obsv_org_{raw.id}_{other.text.split('_')[3]}"
    await refused(service, f"{body}_{crc32_base62(body)}")


async def test_charlie_cannot_revoke(service: Accounts) -> None:
    text = await token(service)
    other = await service.organisations.create("Charlie")
    with pytest.raises(NotFound):
        await service.administration.revoke_token(other.id, text.split("_")[2])
    assert await actor_of(service, text)


async def test_last_use_is_a_day_and_a_cut_network_once_an_hour(
    service: Accounts, clock: ManualClock, client: httpx.AsyncClient
) -> None:
    text = await token(service)

    async def used_from(address: str) -> tuple[str | None, str]:
        async with browser(service, address=address) as elsewhere:
            assert (
                await elsewhere.get("/api/v1/probe", headers={"Authorization": f"Bearer {text}"})
            ).status_code == 200
        (view,) = await service.tokens.listed(await operator(service))
        return view.last_used_on, view.last_used_network

    (unused,) = await service.tokens.listed(await operator(service))
    assert (unused.last_used_on, unused.last_used_network) == (None, "")
    assert await used_from("198.51.100.77") == ("2027-01-15", "198.51.100.0/24")
    clock.advance(3599)
    assert await used_from("2001:db8:1:2::3") == ("2027-01-15", "198.51.100.0/24")
    clock.advance(1)
    assert await used_from("2001:db8:1:2::3") == ("2027-01-15", "2001:db8:1::/48")


async def test_a_refused_use_is_none(service: Accounts, client: httpx.AsyncClient) -> None:
    made = await service.administration.create_token(await operator(service), "t", READ, networks=["192.0.2.0/24"])
    assert (await client.get("/api/v1/probe", headers={"Authorization": f"Bearer {made.token}"})).status_code == 403
    (view,) = await service.tokens.listed(await operator(service))
    assert view.last_used_on is None


async def test_matrix(service: Accounts, client: httpx.AsyncClient) -> None:
    good = await token(service)
    revoked = await token(service)
    await service.administration.revoke_token(await operator(service), revoked.split("_")[2])
    expected = {
        "": 401,
        "Bearer": 401,
        "Bearer garbage": 401,
        "Bearer " + good[:-1] + ("0" if good[-1] != "0" else "1"): 401,
        "Bearer " + revoked: 401,
        "Bearer " + new_token("org").text: 401,
        "Digest x": 401,
        "Basic !": 401,
        "Basic " + base64.b64encode(b"user:garbage").decode(): 401,
        "Bearer " + await token(service, frozenset({"metrics:write"})): 403,
        "Bearer " + good: 200,
        "bearer " + good: 200,
        "Token " + good: 200,
        "Basic " + base64.b64encode(f"anything:{good}".encode()).decode(): 200,
    }
    for header, status in expected.items():
        answer = await client.get("/api/v1/probe", headers={"Authorization": header})
        assert answer.status_code == status, header
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert "set-cookie" not in answer.headers
    assert (await client.get("/api/v1/probe")).status_code == 401
    assert (await client.get("/api/v1/probe", headers={"DD-API-KEY": good})).status_code == 200
    assert (await client.get("/api/v1/probe-instance", headers={"Authorization": f"Bearer {good}"})).status_code == 403


async def test_each_scope_opens_its_own_doors_alone(service: Accounts, client: httpx.AsyncClient) -> None:
    doors = {
        "metrics:read": "/api/obsv/v1/org",
        "members:read": "/api/obsv/v1/org/members",
        "audit:read": "/api/obsv/v1/audit",
        "admin:org": "/api/obsv/v1/tokens",
        "admin:instance": "/api/v1/probe-instance",
    }
    for scope in SCOPES:
        headers = {"Authorization": f"Bearer {await token(service, frozenset({scope}))}"}
        opened = [needed for needed, door in doors.items() if (await client.get(door, headers=headers)).is_success]
        assert opened == [scope] * (scope in doors), scope
        written = await client.post("/api/v1/probe-write", headers=headers)
        assert written.is_success == (scope == "dashboards:write"), scope
    with pytest.raises(Invalid):
        parse_scopes(["owner:org"])


async def test_query_string_tokens_are_refused_and_not_revoked(service: Accounts, client: httpx.AsyncClient) -> None:
    good = await token(service)
    for query in (f"token={good}", f"u=x&p={good}", "api_key=x", "a=1&access_token=x"):
        answer = await client.get(f"/api/v1/probe?{query}")
        assert answer.status_code == 400, query
    fine = await client.get("/api/v1/probe?query=token_total", headers={"Authorization": f"Bearer {good}"})
    assert fine.status_code == 200
