"""What looking on costs an ingest request; run it alone with -s for the figures."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest

from obsv.access_log import AccessLog
from obsv.access_log.watch import AccessWatch
from obsv.accounts import Actor
from obsv.core.clock import SystemClock

ROUTE = "/api/v1/write"
REQUESTS = 4000
ROUNDS = 15
MOST_US = 25
"""Of some 200 us that the smallest request takes; measured 5, and machines differ."""


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """As little as an ingest handler can do."""
    scope["state"]["actor"] = ACTOR
    scope["path_template"] = ROUTE
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


ACTOR = Actor("token", token_id="tok00001", org=1)


async def _per_request_us(app: Any) -> float:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * 2000, "more_body": False}

    async def send(_: Any) -> None:
        pass

    begun = time.perf_counter()
    for _ in range(REQUESTS):
        await app({"type": "http", "state": {}}, receive, send)
    return (time.perf_counter() - begun) / REQUESTS * 1e6


@pytest.mark.slow
async def test_ingest_pays_microseconds() -> None:
    watched = AccessWatch(answer, AccessLog(SystemClock()).note, frozenset({ROUTE}))
    bare, seen = zip(
        *[(await _per_request_us(answer), await _per_request_us(watched)) for _ in range(ROUNDS)], strict=True
    )
    cost = statistics.median(seen) - statistics.median(bare)
    print(f"\n{statistics.median(bare):.1f} us bare, {statistics.median(seen):.1f} us watched: {cost:.1f} us a request")
    assert cost < MOST_US
