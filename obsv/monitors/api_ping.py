"""Where jobs report in: `/ping/<id>`, public, because who knows the id is who may.

A GET changes something here, and only here: `curl` is what a crontab has.
"""

from __future__ import annotations

from typing import Final

from litestar import HttpMethod, Response, route
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from obsv.accounts.client import address_of
from obsv.accounts.requests import AnyRequest
from obsv.core.errors import NotFound
from obsv.http import Rate, RateLimit
from obsv.monitors.heartbeats import BODY_BYTES, Heartbeats, Ping

PER_HEARTBEAT: Final = Rate(60, 60)
PER_ADDRESS: Final = Rate(600, 60)
"""Unknown ids from one address."""
LONGEST_ID: Final = 64

Beats = NamedDependency[SkipValidation[Heartbeats]]
PingRate = NamedDependency[SkipValidation[RateLimit]]
GuessRate = NamedDependency[SkipValidation[RateLimit]]


@route(
    ["/ping/{ping_id:str}", "/ping/{ping_id:str}/{signal:str}"],
    http_method=[HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST],
    status_code=200,
    include_in_schema=False,
)
async def ping(
    request: AnyRequest,
    *,
    beats: Beats,
    ping_rate: PingRate,
    guess_rate: GuessRate,
    ping_id: FromPath[str],
) -> Response[str]:
    """Success, `/start`, `/fail`, or an exit code, of which 0 is success; a body is kept with it."""
    told = _ping_of(request.path_params.get("signal", ""))
    if told is None or len(ping_id) > LONGEST_ID:
        raise NotFound("A heartbeat takes /start, /fail, or an exit code from 0 to 255.", code="no_signal")
    ping_rate.take(ping_id)
    body = b""
    async for chunk in request.stream():
        body = (body + chunk)[-BODY_BYTES:]
    try:
        await beats.take(ping_id, Ping(told.signal, told.exit_code, body))
    except NotFound:
        guess_rate.take(address_of(request))
        raise
    return Response("OK\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


def _ping_of(signal: str) -> Ping | None:
    if signal == "":
        return Ping("success")
    if signal in ("start", "fail"):
        return Ping("start" if signal == "start" else "fail")
    if signal.isascii() and signal.isdigit() and len(signal) <= 3 and int(signal) <= 255:
        return Ping("fail" if int(signal) else "success", int(signal))
    return None
