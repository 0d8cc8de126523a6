"""Silences as the cabinet makes them: `/silences`."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.alertmanager.api_alerts import MOST, alert_views
from obsv.alertmanager.api_v2 import READ, WRITE
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import Matcher, all_match, parse_matcher
from obsv.alertmanager.people import People, ref_of
from obsv.alertmanager.requests import Manager
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.silence_book import SilenceWish
from obsv.alertmanager.silences import Silence
from obsv.alertmanager.store import firing_alerts
from obsv.alertmanager.types import Alert
from obsv.alertmanager.views import Views
from obsv.alertmanager.wire import AlertList, SilenceForm, SilenceList, SilenceMatchers, SilenceView
from obsv.core.errors import FieldError, Invalid


class SilenceController(Controller):
    """Alerts that somebody does not want to hear of for a while."""

    path = "/silences"
    tags = ["Alerts"]

    @get("/", guards=[requires_scope(READ)], summary="List silences", operation_id="listSilences")
    async def index(self, request: AnyRequest, manager: Manager) -> SilenceList:
        """With how many alerts that fire now each of them matches."""
        org = org_of(request)
        return SilenceList(await _views(manager, org, await manager.silences.every(org)))

    @post("/", guards=[requires_scope(WRITE)], summary="Make a silence", operation_id="createSilence")
    async def create(self, request: AnyRequest, manager: Manager, data: JSONBody[SilenceForm]) -> SilenceView:
        """It holds from now on unless it says when."""
        return await _put(request, manager, data, "")

    @post(
        "/preview",
        guards=[requires_scope(READ)],
        status_code=200,
        summary="Preview a silence",
        operation_id="previewSilence",
    )
    async def preview(self, request: AnyRequest, manager: Manager, data: JSONBody[SilenceMatchers]) -> AlertList:
        """The alerts that fire now and that it would hit."""
        org, views = org_of(request), Views(manager)
        found = await views.hit_by(org, _matchers(data.matchers))
        return AlertList(await alert_views(manager, org, found[:MOST]), len(found))

    @get("/{silence_id:str}", guards=[requires_scope(READ)], summary="Get a silence", operation_id="getSilence")
    async def show(self, request: AnyRequest, manager: Manager, silence_id: FromPath[str]) -> SilenceView:
        """Also one that ended in the last five days."""
        org = org_of(request)
        return (await _views(manager, org, [await manager.silences.get(org, silence_id)]))[0]

    @put("/{silence_id:str}", guards=[requires_scope(WRITE)], summary="Change a silence", operation_id="updateSilence")
    async def change(
        self, request: AnyRequest, manager: Manager, silence_id: FromPath[str], data: JSONBody[SilenceForm]
    ) -> SilenceView:
        """What would change what was silenced in the past ends this one, and makes another."""
        return await _put(request, manager, data, silence_id)

    @delete("/{silence_id:str}", guards=[requires_scope(WRITE)], summary="End a silence", operation_id="expireSilence")
    async def remove(self, request: AnyRequest, manager: Manager, silence_id: FromPath[str]) -> None:
        """At once; it stays in the list for five days."""
        await manager.silences.expire(org_of(request), silence_id, by=author_of(request))


async def _put(request: AnyRequest, manager: Alertmanager, form: SilenceForm, silence_id: str) -> SilenceView:
    org, by = org_of(request), author_of(request)
    wish = SilenceWish(
        matchers=_matchers(form.matchers),
        starts_at_ms=form.starts_at_ms,
        ends_at_ms=form.ends_at_ms,
        created_by=ref_of(by),
        comment=form.comment,
        times=tuple(form.times),
        id=silence_id,
    )
    return (await _views(manager, org, [await manager.silences.put(org, wish, by=by)]))[0]


def _matchers(texts: list[str]) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    for index, text in enumerate(texts):
        try:
            found.append(parse_matcher(text))
        except BadMatcher as bad:
            raise Invalid(
                f"The matcher {text!r} cannot be used: {bad}",
                code="bad_matcher",
                errors=[FieldError(f"/matchers/{index}", str(bad))],
            ) from None
    return tuple(found)


async def _views(manager: Alertmanager, org: int, silences: Sequence[Silence]) -> list[SilenceView]:
    people, now_ms = People(org), manager.clock.now_ms()
    alerts = await firing_alerts(org, now_ms)
    return [await _view(one, people, alerts, now_ms) for one in silences]


async def _view(one: Silence, people: People, alerts: Sequence[Alert], now_ms: int) -> SilenceView:
    state = one.state(now_ms)
    return SilenceView(
        id=one.id,
        state=state,
        matchers=[str(matcher) for matcher in one.matchers],
        times=list(one.times),
        starts_at_ms=one.starts_at_ms,
        ends_at_ms=one.ends_at_ms,
        updated_at_ms=one.updated_at_ms,
        created_by=await people.of(one.created_by),
        comment=one.comment,
        hits=0 if state == "expired" else sum(all_match(one.matchers, alert.labels) for alert in alerts),
    )
