"""One rule on every surface of the whole application: who sends from elsewhere, or in the query string, is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from obsv.accounts.installed import accounts
from obsv.app import create_app
from obsv.config import load_settings
from tests.remote import encode_request, snappy

SCOPES = frozenset({"metrics:read", "metrics:write", "admin:instance"})
INSIDE, OUTSIDE = "192.0.2.9", "203.0.113.5"
REMOTE_WRITE = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
ASKED = (
    ("POST", "/api/v1/write"),
    ("GET", "/api/v1/query?query=up"),
    ("POST", "/api/v1/labels"),
    ("GET", "/api/obsv/v1/org"),
    ("GET", "/metrics"),
)


@asynccontextmanager
async def application(tmp_path: Path, database_url: str) -> AsyncIterator[Any]:
    """Not a fixture: it has to stop in the task that started it."""
    overrides = {"data_dir": str(tmp_path), "database.url": database_url, "agent.self_": False}
    app = create_app(load_settings(env={}, overrides=overrides))
    async with app.lifespan():
        yield app


async def ask(app: Any, address: str, method: str, path: str, token: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8450") as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if not path.endswith("/write"):
            return await client.request(method, path, headers=headers)
        body = snappy(encode_request([({"__name__": "up"}, [(time.time_ns() // 1_000_000, 1.0)])]))
        return await client.post(path, content=body, headers={**headers, **REMOTE_WRITE})


async def make(networks: tuple[str, ...]) -> str:
    org = (await accounts().organisations.ensure_operator()).id
    return (await accounts().administration.create_token(org, "t", SCOPES, networks=networks)).token


async def test_from_elsewhere(tmp_path: Path, database_url: str) -> None:
    async with application(tmp_path, database_url) as app:
        token = await make(("192.0.2.0/24", "2001:db8::/32"))
        for method, path in ASKED:
            for address in (INSIDE, "::ffff:192.0.2.9", "2001:db8::9"):
                assert (await ask(app, address, method, path, token)).is_success, path
            refused = await ask(app, OUTSIDE, method, path, token)
            assert refused.status_code == 403, path
            assert f"not taken from {OUTSIDE}" in refused.text, path
            assert token not in refused.text


@pytest.mark.parametrize("name", ["token", "access_token", "x"])
async def test_in_the_query_string(tmp_path: Path, database_url: str, name: str) -> None:
    async with application(tmp_path, database_url) as app:
        token = await make(())
        for method, path in ASKED:
            refused = await ask(app, INSIDE, method, f"{path.partition('?')[0]}?{name}={token}", "")
            assert refused.status_code == 400, path
            assert "query string" in refused.text
            assert token not in refused.text
        assert (await ask(app, INSIDE, "GET", "/metrics", token)).is_success, "it was not revoked"
