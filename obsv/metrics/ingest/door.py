"""What every way in does before and after it reads its own format: who sends, how much, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.types import Scope

from obsv.core.errors import Forbidden
from obsv.metrics.ingest.limits import Limits, SampleRates
from obsv.metrics.ingest.remote_write import HasOrg, IngestStats, KeepBeside
from obsv.metrics.ingest.unpack import unpack
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import WriteBatch, WriteResult

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Door:
    """The ways in that are not remote_write go through here.  `authenticate` and `limits` raise ObsvErrors."""

    store: Callable[[], MetricStore]
    keep_beside: KeepBeside
    authenticate: Callable[[Scope], Awaitable[HasOrg]]
    limits: Callable[[int], Awaitable[Limits]]
    rates: SampleRates
    stats: IngestStats
    max_body_bytes: int

    async def admit(self, request: AnyRequest) -> int:
        """The organisation of the sender, if it may send now.

        Raises Unauthorized, Forbidden, TooMany (its rate is spent).
        """
        actor = await self.authenticate(request.scope)
        if actor.org is None:
            raise Forbidden("the token belongs to no organisation")
        limits = await self.limits(actor.org)
        self.rates.check(actor.org, limits.samples_per_s)
        return actor.org

    async def body(self, request: AnyRequest) -> bytes:
        """The body, unpacked.  Raises TooLarge, Unsupported (its encoding), BadRequest (it is broken)."""
        data = await request.body()
        self.stats.body_bytes += len(data)
        return unpack(data, request.headers.get("content-encoding", ""), self.max_body_bytes)

    async def write(self, org: int, batch: WriteBatch, *, imported: bool = False) -> WriteResult:
        """Store samples and count them; those of an import are bounded by retention alone, not by the late window."""
        result = await self.store().write(org, batch, imported=imported)
        if batch.exemplars or batch.metadata:
            await self.keep_beside(org, batch)
        self.rates.spend(org, result.accepted)
        self.stats.count(result)
        return result
