"""The public pages of `/status`: for everybody, without cookie, script or sign-in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import accounts
from obsv.core.errors import NotFound
from obsv.status import feeds
from obsv.status.incidents import incidents_where
from obsv.status.maintenances import maintenances_where
from obsv.status.parts import Page, pages_where
from obsv.status.render import CSS, AnyRequest, css_bytes, html, public
from obsv.status.requests import Services
from obsv.status.services import StatusServices
from obsv.status.view import Snapshot

YEAR_S: Final = 31_536_000
IN_FEED: Final = 50
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


class StatusController(Controller):
    """Drafts are not there for the public."""

    path = "/status"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
        """The operator's page, or the list of its pages."""
        operator = await accounts().organisations.operator()
        pages = await pages_where("org = {} AND is_public = {}", operator.id if operator else 0, True)
        if len(pages) == 1:
            return Redirect(f"/status/{pages[0].slug}", status_code=HTTP_303_SEE_OTHER)
        return public(request, html("list.html", {"pages": pages}))

    @get("/assets/{name:str}")
    async def asset(self, name: FromPath[str]) -> Response[bytes]:
        """The style sheet."""
        if name != CSS:
            raise NotFound("There is no such file.", code="no_file")
        headers = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
        return Response(css_bytes(), media_type="text/css; charset=utf-8", headers=headers)

    @get("/{slug:str}")
    async def show(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """How everything does."""
        page = await public_page(slug)
        snapshot = await services.views.snapshot(page)
        context = {"page": page, "url": services.parts.url_of(page), "it": snapshot, "names": _names(snapshot)}
        return public(request, html("page.html", context))

    @get("/{slug:str}/history")
    async def history(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """What was in a month."""
        page = await public_page(slug)
        today = services.parts.clock.now().date()
        month = _month(request.query_params.get("month", ""), today)
        start, end = _start(month), _start(_next(month))
        within = (
            "page_id = {} AND is_draft = {} AND started_at_ms < {} AND (resolved_at_ms IS NULL OR resolved_at_ms >= {})"
        )
        over = "page_id = {} AND state IN ('completed', 'in_progress') AND starts_at_ms < {} AND ends_at_ms >= {}"
        context = {
            "page": page,
            "month": month,
            "before": _before(month) if start > page.created_at_ms - YEAR_S * 1000 else None,
            "after": _next(month) if _next(month) <= today else None,
            "incidents": await incidents_where(within, page.id, False, end, start),
            "maintenances": await maintenances_where(over, page.id, end, start),
        }
        return public(request, html("history.html", context))

    @get("/{slug:str}/incidents/{incident_id:str}")
    async def incident(
        self, request: AnyRequest, services: Services, slug: FromPath[str], incident_id: FromPath[str]
    ) -> Response[bytes]:
        """One, with all that was told of it."""
        page = await public_page(slug)
        found = await incidents_where("page_id = {} AND id = {} AND is_draft = {}", page.id, incident_id, False)
        if not found:
            raise NotFound("There is no such incident on this page.", code="no_incident")
        names = _names(await services.views.snapshot(page))
        return public(request, html("incident.html", {"page": page, "incident": found[0], "names": names}))

    @get("/{slug:str}/maintenances/{maintenance_id:str}")
    async def maintenance(
        self, request: AnyRequest, services: Services, slug: FromPath[str], maintenance_id: FromPath[str]
    ) -> Response[bytes]:
        """One."""
        page = await public_page(slug)
        found = await maintenances_where("page_id = {} AND id = {}", page.id, maintenance_id)
        if not found:
            raise NotFound("There is no such maintenance on this page.", code="no_maintenance")
        names = _names(await services.views.snapshot(page))
        return public(request, html("maintenance.html", {"page": page, "maintenance": found[0], "names": names}))

    @get("/{slug:str}/feed.rss")
    async def rss(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """RSS 2.0."""
        page = await public_page(slug)
        return public(request, feeds.rss(page, services.parts.url_of(page), await _entries(services, page)), feeds.RSS)

    @get("/{slug:str}/feed.atom")
    async def atom(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """Atom."""
        page = await public_page(slug)
        return public(
            request, feeds.atom(page, services.parts.url_of(page), await _entries(services, page)), feeds.ATOM
        )

    @get("/{slug:str}/feed.json")
    async def json_feed(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """JSON Feed."""
        page = await public_page(slug)
        url, listed = services.parts.url_of(page), await _entries(services, page)
        return public(request, feeds.json_feed(page, url, listed), feeds.JSON_FEED)

    @get("/{slug:str}/summary.json")
    async def summary(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[bytes]:
        """The state, for programs."""
        page = await public_page(slug)
        made = feeds.summary(await services.views.snapshot(page), services.parts.url_of(page))
        return public(request, made, "application/json")


async def public_page(slug: str) -> Page:
    """A page that everybody may see.  Raises `NotFound`, also for a draft."""
    found = await pages_where("slug = {} AND is_public = {}", slug, True)
    if not found:
        raise NotFound("There is no such status page.", code="no_status_page")
    return found[0]


async def _entries(services: StatusServices, page: Page) -> list[feeds.Entry]:
    incidents = await incidents_where("page_id = {} AND is_draft = {}", page.id, False, limit=IN_FEED)
    maintenances = await maintenances_where("page_id = {}", page.id, limit=IN_FEED)
    now = services.parts.clock.now_ms()
    return feeds.entries(services.parts.url_of(page), incidents, maintenances, now)[:IN_FEED]


def _names(snapshot: Snapshot) -> dict[str, str]:
    return {one.component.id: one.component.name for one in snapshot.components}


def _month(wanted: str, today: date) -> date:
    """The first day of a month that is written as `2026-11`; this one if it is not."""
    found = _MONTH.fullmatch(wanted)
    month = date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
    return min(month, today.replace(day=1))


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
