"""The audit log over our own API: the organisation's under `/audit`, the instance's under `/instance/audit`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final, Literal

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, SkipValidation
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from obsv.accounts.guards import requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.people_names import PeopleNames
from obsv.accounts.requests import AnyRequest, author_of, org_of
from obsv.accounts.scopes import INSTANCE
from obsv.audit import Entry, Filter, entries
from obsv.core.errors import Invalid
from obsv.core.spreadsheet import csv_line
from obsv.http.parameters import Millis, Sequential, Word

PAGE: Final = 100
MOST: Final = 1000
PEOPLE: Final = ("user", "support")
COLUMNS: Final = (
    *("seq", "at_ms", "actor_kind", "actor_ref", "actor_name", "event", "target_kind", "target_ref", "outcome"),
    *("details", "network", "device", "request_id"),
)


class AuditEntryView(msgspec.Struct, frozen=True):
    """One entry. `actor_name` is empty for programs, and for people who are erased.

    For a personal token it is its owner's, whose id the detail `person` has.
    """

    seq: int
    at_ms: int
    actor_kind: str
    actor_ref: str
    actor_name: str
    event: str
    target_kind: str
    target_ref: str
    target_name: str
    outcome: str
    details: dict[str, Any]
    network: str
    device: str
    request_id: str


class AuditPage(msgspec.Struct, frozen=True):
    """Newest first; `next_before` goes into `before` of the next page, null on the last one."""

    entries: list[AuditEntryView]
    next_before: int | None


async def _view(entry: Entry, names: PeopleNames) -> AuditEntryView:
    person = entry.actor_ref if entry.actor_kind in PEOPLE else str(entry.details.get("person", ""))
    return AuditEntryView(
        seq=entry.seq,
        at_ms=entry.at_ms,
        actor_kind=entry.actor_kind,
        actor_ref=entry.actor_ref,
        actor_name=await names.of(person),
        event=entry.event,
        target_kind=entry.target_kind,
        target_ref=entry.target_ref,
        target_name=await names.of(entry.target_ref) if entry.target_kind == "user" else "",
        outcome=entry.outcome,
        details=dict(entry.details),
        network=entry.ip_trunc,
        device=entry.ua_family,
        request_id=entry.request_id,
    )


async def _page(org: int | None, wanted: Filter, limit: int) -> AuditPage:
    if not 1 <= limit <= MOST:
        raise Invalid(f"limit is {limit}; give 1 to {MOST}.", code="bad_limit")
    found, names = await entries(org, wanted, limit=limit + 1), PeopleNames()
    shown = [await _view(entry, names) for entry in found[:limit]]
    return AuditPage(shown, shown[-1].seq if len(found) > limit else None)


def _wanted(
    *,
    event: Word = "",
    actor: Word = "",
    target: Word = "",
    outcome: FromQuery[Literal["", "success", "failure"]] = "",
    since_ms: Millis = None,
    until_ms: Millis = None,
    before: Sequential = None,
) -> Filter:
    """What both lists and the export can be asked for; an `event` that ends with a dot stands for all of a kind."""
    return Filter(event, actor, target, outcome, since_ms, until_ms, before)


Wanted = NamedDependency[SkipValidation[Filter]]
_DEPENDENCIES: Final = {"wanted": Provide(_wanted, sync_to_thread=False)}


class AuditController(Controller):
    """What happened in the organisation."""

    path = "/audit"
    tags = ["Audit log"]
    guards = [requires_scope("audit:read")]
    dependencies = _DEPENDENCIES

    @get("/", summary="List audit entries", operation_id="listAudit")
    async def index(self, request: AnyRequest, wanted: Wanted, limit: FromQuery[int] = PAGE) -> AuditPage:
        """`event` such as `token.created`, or with a dot at its end all of a kind (`token.`)."""
        return await _page(org_of(request), wanted, limit)

    @post("/export", status_code=HTTP_200_OK, summary="Take the audit log along", operation_id="exportAudit")
    async def export(
        self, request: AnyRequest, wanted: Wanted, form: FromQuery[Literal["csv", "ndjson"]] = "csv"
    ) -> Stream:
        """All that the filters let through, newest first; that it was taken is itself an entry."""
        org = org_of(request)
        await accounts().audit.write("audit.exported", org=org, actor=author_of(request), details={"kind": form})
        kind = "text/csv" if form == "csv" else "application/x-ndjson"
        headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
        return Stream(_lines(org, wanted, form), media_type=kind, headers=headers)


class InstanceAuditController(Controller):
    """What happened to the instance itself, and to accounts."""

    path = "/instance/audit"
    tags = ["Instance"]
    guards = [requires_scope(INSTANCE)]
    dependencies = _DEPENDENCIES

    @get("/", summary="List the instance's audit entries", operation_id="listInstanceAudit")
    async def index(self, wanted: Wanted, limit: FromQuery[int] = PAGE) -> AuditPage:
        """Signing in and out, settings, keys, purges."""
        return await _page(None, wanted, limit)


async def _lines(org: int, wanted: Filter, form: str) -> AsyncIterator[bytes]:
    if form == "csv":
        yield csv_line(COLUMNS)
    names = PeopleNames()
    while True:
        found = await entries(org, wanted, limit=MOST)
        for entry in found:
            row = await _view(entry, names)
            if form == "csv":
                cells = (getattr(row, name) for name in COLUMNS)
                yield csv_line(
                    [msgspec.json.encode(cell).decode() if isinstance(cell, dict) else cell for cell in cells]
                )
            else:
                yield msgspec.json.encode(row) + b"\n"
        if len(found) < MOST:
            return
        wanted = replace(wanted, before_seq=found[-1].seq)


HANDLERS: Final = (AuditController, InstanceAuditController)
