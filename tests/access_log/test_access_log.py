"""What the access log says of a call, what it must never say, and who may read it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from obsv.access_log.calls import KEEP_DAYS
from obsv.core.days import erase_on
from obsv.db import execute, fetch, fetch_value
from obsv.privacy import sweep
from tests.access_log.conftest import API, SAME_ORIGIN
from tests.remote import encode_request, snappy

CANARY = "canary-91f0aa"
WRITE = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}


async def send(client: httpx.AsyncClient, *, name: str = "up", at_ms: int | None = None) -> int:
    content = snappy(encode_request([({"__name__": name}, [(at_ms or int(time.time() * 1000), 1.0)])]))
    return (await client.post("/api/v1/write", content=content, headers=WRITE)).status_code


async def test_a_call_is_told_and_nothing_personal_with_it(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        looker = await stage.client("looker")
        headers = {"X-Request-Id": "req-00000001", "User-Agent": f"{CANARY}/1.0"}
        form = {"query": f'up{{job="{CANARY}"}}'}
        answer = await looker.post("/api/v1/query", params={"note": CANARY}, data=form, headers=headers)
        assert answer.status_code == 200
        assert (await looker.get(f"/api/v1/label/{CANARY}/values")).status_code == 200
        values, query = await stage.told()
        assert values["route"] == "/api/v1/label/{name}/values"
        assert {key: query[key] for key in ("request_id", "actor_kind", "actor_name", "method", "route", "status")} == {
            "request_id": "req-00000001",
            "actor_kind": "token",
            "actor_name": "looker",
            "method": "POST",
            "route": "/api/v1/query",
            "status": 200,
        }
        assert query["bytes_out"] == len(answer.content)
        assert query["bytes_in"] == len(httpx.QueryParams(form).__str__())
        assert query["duration_ms"] > 0
        assert (query["protocol"], query["network"]) == ("HTTP/1.1", "198.51.100.0/24")
        kept = str(await fetch("SELECT * FROM access_log"))
        assert not [word for word in (CANARY, "198.51.100.77", *stage.tokens.values()) if word in kept]


async def test_the_address_is_cut_when_it_comes(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        client = await stage.client("looker", address="2001:db8:aaaa:bbbb::1")
        await client.get("/api/v1/labels")
        # Before anything is written.
        assert "bbbb" not in repr(stage.log._calls)
        assert (await stage.told())[0]["network"] == "2001:db8:aaaa::/48"


async def test_people_are_told_and_visitors_are_not(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        browser = await stage.browser("ann")
        for path in ("/", "/docs", "/login", "/no/such/page", f"{API}/no-such", "/healthz", "/app"):
            await (await stage.client()).get(path)
            await browser.get(path)
        assert (await (await stage.client()).get(f"{API}/tokens")).status_code == 401
        assert (await browser.get(f"{API}/me")).status_code == 200
        (call,) = await stage.told()
        assert (call["actor_kind"], call["actor_name"], call["route"]) == ("user", "Ann", f"{API}/me")
        assert call["session_id"]
        assert await fetch_value("SELECT count(*) FROM access_log WHERE user_id = '' AND token_id = ''") == 0


async def test_refusals_are_told_with_who_it_was(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        assert (await (await stage.client("looker")).get(f"{API}/tokens")).status_code == 403
        assert (await (await stage.client("looker")).post("/api/v1/query")).status_code == 400
        assert [(call["status"], call["route"]) for call in await stage.told()] == [
            (400, "/api/v1/query"),
            (403, f"{API}/tokens"),
        ]
        assert [call["status"] for call in await stage.told(status="4xx", route="/api/v1/query")] == [400]
        assert await stage.told(status="2xx") == []


async def test_metrics_that_were_sent_are_counted(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        writer = await stage.client("writer")
        for _ in range(2):
            assert [await send(writer) for _ in range(3)] == [204, 204, 204]
            await stage.log.flush()
        assert await send(await stage.client("looker")) == 403
        for _ in range(50):
            assert await send(writer, at_ms=1000) == 400
        refused = await stage.told(status="4xx")
        assert [(call["status"], call["actor_name"]) for call in refused] == [(400, "writer")] * 20 + [(403, "looker")]
        reader = await stage.client("reader")
        for step, step_ms in (("minute", 60_000), ("hour", 3_600_000), ("day", 86_400_000)):
            answer = (await reader.get(f"{API}/access-log/ingest", params={"step": step})).json()
            assert answer["step_ms"] == step_ms
            calls: dict[tuple[str, int], int] = {}
            for count in answer["counts"]:
                assert count["from_ms"] % step_ms == 0
                assert count["route"] == "/api/v1/write"
                assert count["mean_ms"] > 0
                key = (count["token_name"], count["status"])
                calls[key] = calls.get(key, 0) + count["calls"]
            assert calls == {("writer", 204): 6, ("writer", 400): 50, ("looker", 403): 1}
        assert (await reader.get(f"{API}/access-log/ingest", params={"until_ms": 1000})).json()["counts"] == []


async def test_pages_and_filters(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        looker, browser = await stage.client("looker"), await stage.browser("ann")
        for number in range(5):
            headers = {"X-Request-Id": f"request-{number}"}
            await (browser if number == 2 else looker).get("/api/v1/labels", headers=headers)
            await asyncio.sleep(0.002)
        await stage.log.flush()
        reader = await stage.client("reader")
        seen: list[dict[str, Any]] = []
        wish = {"limit": 2, "route": "/api/v1/labels"}
        while True:
            page = (await reader.get(f"{API}/access-log", params=wish)).json()
            seen += page["calls"]
            if page["next_before"] is None:
                break
            wish["before"] = page["next_before"]
        assert [call["request_id"] for call in seen] == [f"request-{number}" for number in (4, 3, 2, 1, 0)]
        token_id, user_id = seen[0]["actor_ref"], seen[2]["actor_ref"]
        assert len(await stage.told(actor=token_id)) == 4
        assert [call["request_id"] for call in await stage.told(actor=user_id)] == ["request-2"]
        assert len(await stage.told(since_ms=seen[2]["at_ms"], until_ms=seen[1]["at_ms"])) == 2


@pytest.mark.parametrize(
    "params",
    [{"before": "x"}, {"before": "1-"}, {"limit": 0}, {"since_ms": 10**30}, {"route": "a\0b"}, {"status": "9xx"}],
)
async def test_odd_wishes_are_refused(stage_of: Callable[[], Any], params: dict[str, Any]) -> None:
    async with stage_of() as stage:
        answer = await (await stage.client("reader")).get(f"{API}/access-log", params=params)
        assert answer.status_code in (400, 422), answer.text


async def test_only_ones_own_and_only_with_the_right(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        await send(await stage.client("writer"))
        await (await stage.client("looker")).get("/api/v1/labels")
        assert len(await stage.told()) == 1
        assert await stage.told("other") == []
        other = await stage.client("other")
        assert (await other.get(f"{API}/access-log/ingest")).json()["counts"] == []
        assert "labels" not in (await other.get(f"{API}/access-log/export")).text
        for path in ("", "/export", "/ingest"):
            assert (await (await stage.client("looker")).get(f"{API}/access-log{path}")).status_code == 403


async def test_taken_along_as_a_file(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        browser = await stage.browser("ann")
        csrf = (await browser.get(f"{API}/session")).json()["csrf"]
        wish = {"name": "=HYPERLINK(1)", "scopes": ["metrics:read"]}
        made = await browser.post(f"{API}/tokens", json=wish, headers={**SAME_ORIGIN, "X-CSRF-Token": csrf})
        stage.tokens["evil"] = made.json()["token"]
        await (await stage.client("evil")).get("/api/v1/labels")
        await stage.log.flush()
        answer = await browser.get(f"{API}/access-log/export", params={"route": "/api/v1/labels"})
        assert answer.headers["content-disposition"] == 'attachment; filename="access-log.csv"'
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert row["actor_name"] == "'=HYPERLINK(1)"
        lines = (await browser.get(f"{API}/access-log/export", params={"form": "ndjson"})).text.splitlines()
        assert {json.loads(line)["route"] for line in lines} >= {"/api/v1/labels", f"{API}/tokens", f"{API}/session"}


async def test_calls_and_counts_go_after_thirty_days(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        await send(await stage.client("writer"))
        await (await stage.client("looker")).get("/api/v1/labels")
        await stage.log.flush()
        last = erase_on(int(time.time() * 1000), days=KEEP_DAYS)
        await sweep(last.fromordinal(last.toordinal() - 1))
        assert await fetch_value("SELECT count(*) FROM access_log") == 1
        await sweep(last)
        for table in ("access_log", "access_counts"):
            assert await fetch_value(f"SELECT count(*) FROM {table}") == 0


async def test_a_person_is_erased_by_their_column(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        await (await stage.browser("ann")).get(f"{API}/me")
        (call,) = await stage.told()
        await execute("DELETE FROM access_log WHERE user_id = {}", call["actor_ref"])
        assert await stage.told() == []
