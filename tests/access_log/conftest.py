"""The whole application on a fresh database, its access log written when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from obsv.access_log import AccessLog
from obsv.accounts import NewUser, Role
from obsv.accounts.installed import accounts
from obsv.app import create_app
from obsv.config import load_settings
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]

API = "/api/obsv/v1"
PASSWORD = "correct horse battery 9"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
CHEAP = {"auth.argon2.time_cost": 1, "auth.argon2.memory_cost": 19456, "agent.self_": False}


@dataclass
class Stage:
    """The application, a client of it, and a log that is written by `told`."""

    app: Any
    log: AccessLog
    stack: AsyncExitStack
    orgs: dict[str, int] = field(default_factory=dict[str, int])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    async def client(self, token: str = "", address: str = "198.51.100.77") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(address, 40000))
        headers = {"Authorization": f"Bearer {self.tokens[token]}"} if token else {}
        made = httpx.AsyncClient(transport=transport, base_url="http://localhost:8450", headers=headers)
        return await self.stack.enter_async_context(made)

    async def browser(self, name: str) -> httpx.AsyncClient:
        client = await self.client()
        form = {"email": f"{name}@example.org", "password": PASSWORD}
        answer = await client.post("/login", data=form, headers=SAME_ORIGIN)
        assert answer.headers["location"].startswith("/app")
        return client

    async def told(self, reader: str = "reader", path: str = "", **params: Any) -> list[dict[str, Any]]:
        """What the log says once it is written."""
        await self.log.flush()
        client = await self.client(reader)
        answer = await client.get(f"{API}/access-log{path}", params=params)
        assert answer.status_code == 200, answer.text
        content = answer.json()
        return [call for call in content["calls"] if "access-log" not in call["route"]]


@asynccontextmanager
async def staged(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """Not a fixture: the application has to stop in the task that started it."""
    settings = load_settings(env={}, overrides={"data_dir": str(tmp_path), "database.url": database_url, **CHEAP})
    app = create_app(settings)
    log: AccessLog = app.asgi_handler._note.__self__  # type: ignore[attr-defined]
    async with app.lifespan(), AsyncExitStack() as stack:
        stage = Stage(app, log, stack)
        for name, org in (("ann", "Acme"), ("eve", "Other")):
            wish = NewUser(f"{name}@example.org", name.title(), org, Role.OWNER, PASSWORD)
            person, _ = await accounts().administration.create_user(wish)
            await accounts().people.attest_16(person.id)
            stage.orgs[org] = (await accounts().administration.organisation(org)).id
        for name, org, scopes in (
            ("reader", "Acme", {"audit:read"}),
            ("other", "Other", {"audit:read"}),
            ("writer", "Acme", {"metrics:write"}),
            ("looker", "Acme", {"metrics:read"}),
        ):
            made = await accounts().administration.create_token(stage.orgs[org], name, frozenset(scopes))
            stage.tokens[name] = made.token
        yield stage


@pytest.fixture
def stage_of(tmp_path: Path, database_url: str) -> Callable[[], Any]:
    return lambda: staged(tmp_path, database_url)
