"""What a token has sent, under `/tokens/{token_id}/arrivals`."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from obsv.access_log.arrivals import Arrivals
from obsv.access_log.queries import has_token
from obsv.access_log.types import ArrivalView, RefusalView
from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest
from obsv.core.errors import NotFound

Watching = NamedDependency[SkipValidation[Arrivals]]


class ArrivalController(Controller):
    """For who has just made a token, and waits for its first sample."""

    path = "/tokens/{token_id:str}/arrivals"
    tags = ["API tokens"]
    guards = [requires_scope("admin:org")]

    @get("/", summary="Count what a token has sent", operation_id="countArrivals")
    async def index(self, request: AnyRequest, arrivals: Watching, token_id: FromPath[str]) -> ArrivalView:
        """Samples since the process began, and why some were refused last; each replica counts its own."""
        org = org_of(request)
        if not await has_token(org, token_id):
            raise NotFound("There is no such token.", code="no_token")
        brought = arrivals.of(org, token_id)
        last = brought.refusal
        return ArrivalView(
            since_ms=arrivals.since_ms,
            now_ms=arrivals.now_ms(),
            samples=brought.samples,
            refused=brought.refused,
            last_ms=brought.last_ms,
            refusal=RefusalView(last.at_ms, last.status, last.words) if last else None,
        )
