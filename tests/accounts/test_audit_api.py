"""The audit log over the API: whose, which, and as a file that a spreadsheet cannot be tricked with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from obsv.accounts import Accounts, Role
from obsv.audit import SYSTEM
from tests.accounts.app import SAME_ORIGIN, browser, csrf_of, make_user, sign_in

API = "/api/obsv/v1"


@pytest.fixture
async def ann(service: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    await make_user(service, "ann", "Acme", Role.OWNER)
    await make_user(service, "eve", "Other", Role.OWNER)
    async with browser(service) as client:
        await sign_in(client, "ann")
        headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(client)}
        for number in range(3):
            body = {"name": f"t{number}", "scopes": ["metrics:read"]}
            assert (await client.post(f"{API}/tokens", json=body, headers=headers)).status_code == 201
        yield client


async def test_pages_newest_first_with_names(ann: httpx.AsyncClient) -> None:
    first = (await ann.get(f"{API}/audit", params={"event": "token.", "limit": 2})).json()
    assert [entry["event"] for entry in first["entries"]] == ["token.created"] * 2
    assert {entry["actor_name"] for entry in first["entries"]} == {"Ann"}
    rest = (await ann.get(f"{API}/audit", params={"event": "token.", "before": first["next_before"]})).json()
    assert (len(rest["entries"]), rest["next_before"]) == (1, None)
    seqs = [entry["seq"] for entry in first["entries"] + rest["entries"]]
    assert seqs == sorted(seqs, reverse=True)


@pytest.mark.parametrize(
    ("params", "count"),
    [({"event": "token.created"}, 3), ({"event": "token_"}, 0), ({"outcome": "failure"}, 0), ({"actor": "nobody"}, 0)],
)
async def test_filters(ann: httpx.AsyncClient, params: dict[str, str], count: int) -> None:
    assert len((await ann.get(f"{API}/audit", params=params)).json()["entries"]) == count


async def test_only_ones_own_and_only_with_the_right(service: Accounts, ann: httpx.AsyncClient) -> None:
    await make_user(service, "dot", "Acme", Role.VIEWER)
    for name, status, count in (("eve", 200, 0), ("dot", 403, 0)):
        async with browser(service) as client:
            await sign_in(client, name)
            answer = await client.get(f"{API}/audit", params={"event": "token."})
            assert answer.status_code == status
            assert len(answer.json().get("entries", [])) == count
    assert (await ann.get(f"{API}/audit", params={"limit": 0})).status_code == 422


async def test_the_instance_chain_is_for_who_runs_the_instance(service: Accounts, ann: httpx.AsyncClient) -> None:
    events = {entry["event"] for entry in (await ann.get(f"{API}/instance/audit")).json()["entries"]}
    assert "auth.login.success" in events  # the first owner runs the instance
    async with browser(service) as eve:
        await sign_in(eve, "eve")
        assert (await eve.get(f"{API}/instance/audit")).status_code == 403


async def test_taken_along_as_a_file(service: Accounts, ann: httpx.AsyncClient) -> None:
    org = (await service.administration.organisation("Acme")).id
    await service.audit.write("config.changed", org=org, actor=SYSTEM, target=("setting", "=cmd()"))
    headers = {**SAME_ORIGIN, "X-CSRF-Token": await csrf_of(ann)}
    answer = await ann.post(f"{API}/audit/export", headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["event"] == "audit.exported"
    assert rows[1]["target_ref"] == "'=cmd()"
    lines = (await ann.post(f"{API}/audit/export", params={"form": "ndjson"}, headers=headers)).text.splitlines()
    assert len(lines) == len(rows) + 1
    assert json.loads(lines[-1])["seq"] == 1
    assert (await ann.get(f"{API}/audit/export")).status_code in (404, 405)
