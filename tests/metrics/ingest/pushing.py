"""The ways in that go through the door, on a real store, with people at the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import AsyncTestClient

from obsv.accounts.credentials import headers_of, token_in
from obsv.core.clock import ManualClock
from obsv.core.errors import Forbidden, Unauthorized
from obsv.http import exception_handlers
from obsv.metrics.ingest import IngestStats, Limits, OrgLimits, SampleRates
from obsv.metrics.ingest.door import Door
from obsv.metrics.store.types import Exemplar, Metadata, WriteBatch
from tests.metrics.store.made import ALL, NOW, as_dict, make

MOST_BYTES = 100_000


@dataclass
class Someone:
    org: int | None


class Pushing:
    """An application with the handlers that `handlers` makes; the token is the organisation's number."""

    def __init__(self, folder: Path, handlers: Callable[[Door, ManualClock], Sequence[Any]]) -> None:
        self.clock = ManualClock(NOW)
        self.limits = {1: Limits(), 2: Limits(series=1, samples_per_s=10)}
        self.org_limits = OrgLimits(self.ask)
        self.store = make(folder, self.clock, series_limit=self.org_limits.series)
        self.stats = IngestStats()
        self.door = Door(
            lambda: self.store,
            self.keep_beside,
            self.authenticate,
            self.org_limits.of,
            SampleRates(self.clock),
            self.stats,
            MOST_BYTES,
        )
        self.exemplars: list[Exemplar] = []
        self.metadata: list[Metadata] = []
        self.app = Litestar(
            list(handlers(self.door, self.clock)), openapi_config=None, exception_handlers=exception_handlers()
        )

    async def ask(self, org: int) -> Limits:
        return self.limits[org]

    async def keep_beside(self, org: int, batch: WriteBatch) -> int:
        self.exemplars += batch.exemplars
        self.metadata += batch.metadata
        return len(batch.exemplars)

    async def authenticate(self, scope) -> Someone:
        token = token_in(headers_of(scope))
        if token == "reader":
            raise Forbidden("This token lacks the scope metrics:write.")
        if not token:
            raise Unauthorized("no token")
        return Someone(None if token == "nobody" else int(token))

    async def send(self, path: str, body: bytes | str = b"", *, method: str = "POST", token: object = 1, **headers: str) -> httpx.Response:  # fmt: skip
        given = {"authorization": f"Token {token}"} if token else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with AsyncTestClient(self.app) as client:
            return await client.request(method, path, content=body, headers=given)

    async def series(self, org: int = 1) -> list[dict[str, str]]:
        """Labels of all that is stored."""
        return (await self.store.select(org, ALL, 0, NOW * 2, limit=10**9)).labels

    async def points(self, org: int = 1) -> dict[str, list[tuple[int, float]]]:
        """What is stored, by name and labels as `as_dict` writes them."""
        found = await self.store.select(org, ALL, 0, NOW * 2, limit=10**9)
        return {
            key: [(t, found.v.view("uint64").dtype.type(bits).view("float64").item()) for t, bits in some]
            for key, some in as_dict(found).items()
        }
