"""The access log over our own API, under `/api/obsv/v1/access-log`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter, SkipValidation
from litestar.response import Stream

from obsv.access_log.api_arrivals import ArrivalController
from obsv.access_log.arrivals import Arrivals
from obsv.access_log.queries import Filter, Position, calls, counts
from obsv.access_log.types import AccessPage, AccessView, IngestCount, IngestCounts
from obsv.accounts import org_of, requires_scope
from obsv.accounts.people_names import PeopleNames
from obsv.accounts.requests import AnyRequest
from obsv.core.errors import Invalid
from obsv.core.spreadsheet import csv_line
from obsv.http.parameters import Millis, Word

PAGE: Final = 100
MOST: Final = 1000
MOST_COUNTS: Final = 20_000
STEPS_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(AccessView))

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
StatusClass = FromQuery[Literal["", "2xx", "3xx", "4xx", "5xx"]]
Before = Annotated[str, QueryParameter(max_length=40)]
Wanted = NamedDependency[SkipValidation[Filter]]


def _wanted(
    *,
    actor: Word = "",
    route: Word = "",
    status: StatusClass = "",
    since_ms: Millis = None,
    until_ms: Millis = None,
    before: Before = "",
) -> Filter:
    """What list and export can be asked for: `actor` is a token's id or a person's, `before` a `next_before`."""
    digit = int(status[0]) if status else None
    return Filter(actor, route, digit, since_ms, until_ms, _position(before) if before else None)


def _position(text: str) -> Position:
    at_ms, _, number = text.partition("-")
    if not (at_ms.isascii() and at_ms.isdigit() and number.isascii() and number.isdigit()):
        raise Invalid("before is not what next_before said.", code="bad_cursor")
    return Position(min(int(at_ms), 2**53), min(int(number), 2**53))


class AccessLogController(Controller):
    """Who called the API for the organisation."""

    path = "/access-log"
    tags = ["Access log"]
    guards = [requires_scope("audit:read")]
    dependencies = {"wanted": Provide(_wanted, sync_to_thread=False)}

    @get("/", summary="List API calls", operation_id="listAccessLog")
    async def index(self, request: AnyRequest, wanted: Wanted, limit: Limit = PAGE) -> AccessPage:
        """Of the last 30 days. Calls that sent metrics are under `/access-log/ingest`, refused ones here too."""
        found, names = await calls(org_of(request), wanted, limit + 1), PeopleNames()
        shown = [await _view(row, names) for row in found[:limit]]
        last = found[limit - 1] if len(found) > limit else None
        return AccessPage(shown, f"{last['at_ms']}-{last['id']}" if last else None)

    @get("/export", summary="Take the access log along", operation_id="exportAccessLog")
    async def export(
        self, request: AnyRequest, wanted: Wanted, form: FromQuery[Literal["csv", "ndjson"]] = "csv"
    ) -> Stream:
        """All that the filters let through, newest first."""
        kind = "text/csv" if form == "csv" else "application/x-ndjson"
        headers = {"Content-Disposition": f'attachment; filename="access-log.{form}"'}
        return Stream(_lines(org_of(request), wanted, form), media_type=kind, headers=headers)

    @get("/ingest", summary="Count calls that sent metrics", operation_id="countIngestCalls")
    async def ingest(
        self,
        request: AnyRequest,
        *,
        since_ms: Millis = None,
        until_ms: Millis = None,
        step: FromQuery[Literal["minute", "hour", "day"]] = "minute",
    ) -> IngestCounts:
        """By token, route and status; steps are those of UTC."""
        step_ms = STEPS_MS[step]
        found = await counts(org_of(request), since_ms or 0, until_ms or 2**53, step_ms, MOST_COUNTS + 1)
        return IngestCounts(step_ms, [_count(row) for row in found[:MOST_COUNTS]], len(found) <= MOST_COUNTS)


async def _view(row: Mapping[str, Any], names: PeopleNames) -> AccessView:
    is_token = bool(row["token_id"])
    return AccessView(
        at_ms=row["at_ms"],
        request_id=row["request_id"],
        actor_kind="token" if is_token else "user",
        actor_ref=row["token_id"] or row["user_id"],
        actor_name=(row["token_name"] or "") if is_token else await names.of(row["user_id"]),
        session_id=row["session_id"],
        method=row["method"],
        route=row["route"],
        status=row["status"],
        duration_ms=row["duration_ms"],
        bytes_in=row["bytes_in"],
        bytes_out=row["bytes_out"],
        protocol=row["protocol"],
        network=row["ip_trunc"],
    )


def _count(row: Mapping[str, Any]) -> IngestCount:
    return IngestCount(
        from_ms=row["from_ms"],
        token_id=row["token_id"],
        token_name=row["token_name"] or "",
        route=row["route"],
        status=row["status"],
        calls=row["calls"],
        bytes_in=row["bytes_in"],
        mean_ms=round(row["duration_ms"] / row["calls"], 2),
    )


async def _lines(org: int, wanted: Filter, form: str) -> AsyncIterator[bytes]:
    names = PeopleNames()
    if form == "csv":
        yield csv_line(COLUMNS)
    while True:
        found = await calls(org, wanted, MOST)
        for row in found:
            view = await _view(row, names)
            yield (
                csv_line(getattr(view, name) for name in COLUMNS)
                if form == "csv"
                else (msgspec.json.encode(view) + b"\n")
            )
        if len(found) < MOST:
            return
        wanted = replace(wanted, before=Position(found[-1]["at_ms"], found[-1]["id"]))


def access_log_router(arrivals: Arrivals, path: str = "/api/obsv/v1") -> Router:
    """`access-log`, `access-log/export`, `access-log/ingest`, `tokens/{token_id}/arrivals`."""
    return Router(
        path=path,
        route_handlers=[AccessLogController, ArrivalController],
        dependencies={"arrivals": Provide(lambda: arrivals, sync_to_thread=False)},
    )
