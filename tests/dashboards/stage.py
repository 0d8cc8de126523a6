"""An application in this process: Acme with an owner, an editor, a viewer and tokens, and another organisation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from obsv.accounts import NewUser, Role
from obsv.accounts.installed import accounts
from obsv.app import create_app
from obsv.config import load_settings
from obsv.core.clock import Clock, SystemClock

API = "/api/obsv/v1"
PASSWORD = "correct horse battery 9"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
CHEAP = {"auth.argon2.time_cost": 1, "auth.argon2.memory_cost": 19456, "agent.self_": False}
BASE_URL = "http://localhost:8450"
PEOPLE = (("ann", "Acme", Role.OWNER), ("edi", "Acme", Role.EDITOR), ("dot", "Acme", Role.VIEWER))


class SettableClock(SystemClock):
    """The system's, put forward; it stands still at `held_s` if that is set."""

    def __init__(self) -> None:
        self.ahead_ms = 0
        self.held_s: float | None = None

    def monotonic(self) -> float:
        return super().monotonic() if self.held_s is None else self.held_s

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@dataclass
class Caller:
    """Somebody who asks: a browser that is signed in, or a program with a token, or nobody."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def ask(self, method: str, path: str, body: object = None, **params: Any) -> httpx.Response:
        headers = {**SAME_ORIGIN, "X-CSRF-Token": self.csrf} if self.csrf else {}
        return await self.client.request(method, API + path, json=body, params=params, headers=headers)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.ask("GET", path, **params)
        assert answer.is_success, answer.text
        return answer.json()

    async def do(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = await self.ask(method, path, body)
        assert not answer.is_success
        return answer.status_code, answer.json()["code"]


@dataclass
class Stage:
    """The application; `clock` can be put forward."""

    app: Any
    clock: SettableClock
    stack: AsyncExitStack
    orgs: dict[str, int] = field(default_factory=dict[str, int])
    users: dict[str, str] = field(default_factory=dict[str, str])

    async def nobody(self, **headers: str) -> Caller:
        transport = httpx.ASGITransport(app=self.app, client=("198.51.100.77", 40000))
        client = httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)
        return Caller(await self.stack.enter_async_context(client))

    async def token(self, *scopes: str, org: str = "Acme") -> Caller:
        made = await accounts().administration.create_token(self.orgs[org], "robot", frozenset(scopes))
        return await self.nobody(Authorization=f"Bearer {made.token}")

    async def person(self, name: str) -> Caller:
        caller = await self.nobody()
        form = {"email": f"{name}@example.org", "password": PASSWORD}
        answer = await caller.client.post("/login", data=form, headers=SAME_ORIGIN)
        assert answer.headers["location"].startswith("/app")
        caller.csrf = (await caller.get("/session"))["csrf"]
        return caller


@asynccontextmanager
async def staged(tmp_path: Path, database_url: str, settings: Mapping[str, object]) -> AsyncIterator[Stage]:
    """Not a fixture: the application has to stop in the task that started it."""
    overrides = {"data_dir": str(tmp_path / "data"), "database.url": database_url, **CHEAP, **settings}
    clock: Clock = SettableClock()
    app = create_app(load_settings(env={}, overrides=overrides), clock)
    async with app.lifespan(), AsyncExitStack() as stack:
        assert isinstance(clock, SettableClock)
        stage = Stage(app, clock, stack)
        for name, org, role in (*PEOPLE, ("eve", "Other", Role.OWNER)):
            wish = NewUser(f"{name}@example.org", name.title(), org, role, PASSWORD)
            person, _ = await accounts().administration.create_user(wish)
            await accounts().people.attest_16(person.id)
            stage.users[name] = person.id
            stage.orgs[org] = (await accounts().administration.organisation(org)).id
        yield stage
