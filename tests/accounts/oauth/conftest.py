"""Providers as configuration has them, a provider process to go with it, and a clock that agrees with it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from obsv.accounts.oauth import CallbackParams, Flow, FlowPurpose, Flows, Identity, declared_hosts
from obsv.config import AuthProvider
from obsv.core.clock import ManualClock
from obsv.egress import Policy, close_egress, open_egress
from tests.database import database, database_url, engine_name
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.ports import free_port

__all__ = ["database", "database_url", "engine_name"]

BASE_URL = "http://localhost:8450"


@dataclass
class Elsewhere:
    """The provider process, from outside."""

    url: str

    def switch(self, **switches: object) -> None:
        """Everything right but these."""
        self._ask("PUT", "/_switches", json.dumps(switches).encode())

    def log(self) -> list[dict[str, Any]]:
        """What it was asked since the last look."""
        entries: list[dict[str, Any]] = json.loads(self._ask("GET", "/_log"))
        return entries

    def paths(self) -> list[str]:
        return [f"{entry['method']} {entry['path']}" for entry in self.log()]

    def oidc(self, slug: str = "corp", **more: object) -> AuthProvider:
        told = {"kind": "oidc", "issuer": self.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return AuthProvider(slug=slug, **{**told, "allow_private": True, **more})  # type: ignore[arg-type]

    def github(self, slug: str = "hub", **more: object) -> AuthProvider:
        """By another name of this machine, since each provider has an issuer of its own."""
        issuer = self.url.replace("127.0.0.1", "localhost")
        return self.oidc(slug, **{"kind": "github", "issuer": issuer, **more})

    def _ask(self, method: str, path: str, content: bytes | None = None) -> bytes:
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, content, method=method), timeout=5
        ) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="session")
def provider_process() -> Iterator[str]:
    """Its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider", str(port)])
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_log", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def elsewhere(provider_process: str) -> Elsewhere:
    """The process with all its faults mended."""
    made = Elsewhere(provider_process)
    made.switch()
    made.log()
    return made


@pytest.fixture
def clock() -> ManualClock:
    """It begins at the time of the other process."""
    return ManualClock(int(time.time() * 1000))


@dataclass
class Ways:
    """Flows to some providers, and a browser that follows them."""

    flows: Flows

    async def begin(self, slug: str = "corp", purpose: FlowPurpose = FlowPurpose.SIGN_IN) -> tuple[str, Flow]:
        return await self.flows.begin(slug, purpose)

    async def visit(self, url: str) -> CallbackParams:
        """What the provider sends the browser back with."""
        where = urlsplit(await sent_back(url))
        assert f"{where.scheme}://{where.netloc}" == BASE_URL
        return CallbackParams(**dict(parse_qsl(where.query)))

    async def come_back(self, slug: str = "corp", purpose: FlowPurpose = FlowPurpose.SIGN_IN) -> Identity:
        """All the way."""
        url, flow = await self.begin(slug, purpose)
        return await self.flows.finish(flow, slug, await self.visit(url))


async def sent_back(url: str) -> str:
    """Where the provider sends the browser."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


@pytest.fixture
async def open_ways(database: str, clock: ManualClock) -> AsyncIterator[Any]:
    """Makes `Ways` to given providers, with the outgoing client that they need."""

    def opened(*configs: AuthProvider) -> Ways:
        declared = declared_hosts(configs)
        open_egress(Policy(declared=declared.hosts, public=declared.public), clock)
        return Ways(Flows(configs, clock, BASE_URL))

    yield opened
    await close_egress()


@pytest.fixture
def ways(open_ways: Any, elsewhere: Elsewhere) -> Ways:
    """To the process, as OpenID Connect and as GitHub."""
    made: Ways = open_ways(elsewhere.oidc(), elsewhere.github())
    return made
