"""A person's way past all routes, in this process; each visit is held against `audited`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from obsv.db import fetch, fetch_value
from tests.routes.audited import API, AUDITED
from tests.routes.cast import PASSWORD, SAME_ORIGIN

BASE_URL = "http://localhost:8450"


async def written(after: int) -> tuple[str, ...]:
    """What people and tokens did since; jobs of the instance write at times of their own."""
    rows = await fetch(
        "SELECT event FROM audit_log WHERE id > {} AND actor_kind IN ('user', 'token') ORDER BY id", after
    )
    return tuple(row["event"] for row in rows)


@dataclass
class Tour:
    """Ann's way past all routes; each visit asserts what it left in the log."""

    client: httpx.AsyncClient
    people: dict[str, str]
    csrf: str = ""
    seen: set[str] = field(default_factory=set[str])

    async def sign_in(self) -> None:
        await enter(self.client)
        self.csrf = (await self.client.get(API + "/session")).json()["csrf"]

    async def visit(self, operation: str, body: object = None, query: str = "", **ids: str) -> Any:
        """Ask, and compare the log; the answer's content."""
        method, template = operation.split(" ", 1)
        path = template if template.startswith("/api/") else API + template
        operation = f"{method} {path}"
        last = int(await fetch_value("SELECT COALESCE(MAX(id), 0) FROM audit_log") or 0)
        headers = {**SAME_ORIGIN, "X-CSRF-Token": self.csrf}
        answer = await self.client.request(method, path.format(**ids) + query, json=body, headers=headers)
        assert answer.is_success, f"{operation}: {answer.text}"
        told = await written(last)
        assert told == AUDITED.get(operation, ()), f"{operation}: {told}"
        self.seen.add(operation)
        content = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
        self.csrf = (content or {}).get("csrf", self.csrf)
        return content


async def enter(client: httpx.AsyncClient) -> None:
    """Through the door."""
    form = {"email": "ann@example.org", "password": PASSWORD}
    answer = await client.post("/login", data=form, headers=SAME_ORIGIN)
    assert answer.headers["location"].startswith("/app"), answer.headers


@dataclass
class Browsers:
    """Clients of the application in this process, each with a cookie jar."""

    app: Any
    stack: AsyncExitStack

    async def new(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=BASE_URL)
        return await self.stack.enter_async_context(client)
