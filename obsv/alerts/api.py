"""Rules over our own API: groups, rules, history, trials, ready groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.alertmanager import BadMatcher, Matcher, parse_matcher
from obsv.alerts import store
from obsv.alerts.firings import Wanted, firings
from obsv.alerts.prometheus_text import read_text, written
from obsv.alerts.services import AlertServices
from obsv.alerts.types import (
    AlertEventList,
    AlertEventView,
    Backtest,
    BacktestResult,
    Exported,
    FiringList,
    GroupChange,
    GroupList,
    GroupView,
    Imported,
    ImportText,
    NewGroup,
    NewRule,
    Pause,
    PresetList,
    PresetView,
    RuleChange,
    RuleList,
    RuleVersionList,
    RuleView,
    SavedGroup,
    Switch,
)
from obsv.core.errors import Conflict, Invalid
from obsv.http.parameters import Millis, Word

READ, WRITE = "alerts:read", "alerts:write"
MOST: Final = 1000
DAY_MS: Final = 86_400_000

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Matchers = Annotated[list[str] | None, QueryParameter(name="matcher", max_items=50)]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]
State = Annotated[str, QueryParameter(name="state", max_length=20, pattern=r"^[a-z]*$")]
Services = NamedDependency[SkipValidation[AlertServices]]


class RuleGroupController(Controller):
    """Groups of rules, wherever they come from."""

    path = "/rule-groups"
    tags = ["Rules"]

    @get("/", guards=[requires_scope(READ)], summary="List rule groups", operation_id="listRuleGroups")
    async def index(self, request: AnyRequest, alert_services: Services) -> GroupList:
        """With their rules, and how these are; those of files are read only."""
        org = org_of(request)
        groups = await alert_services.catalog.groups(org)
        return GroupList(groups, await store.count(org), await alert_services.ports.most(org))

    @post("/", guards=[requires_scope(WRITE)], summary="Make a rule group", operation_id="createRuleGroup")
    async def create(self, request: AnyRequest, alert_services: Services, data: JSONBody[NewGroup]) -> SavedGroup:
        """Its name must be free."""
        return await alert_services.book.create(
            org_of(request), data.group, by=author_of(request), message=data.message
        )

    @post(
        "/import",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_200_OK,
        summary="Import a rule file of Prometheus",
        operation_id="importRules",
    )
    async def import_text(self, request: AnyRequest, alert_services: Services, data: JSONBody[ImportText]) -> Imported:
        """All of its groups, or none."""
        org, by, book = org_of(request), author_of(request), alert_services.book
        saved: list[SavedGroup] = []
        groups = read_text(data.text)
        async with book.locked(org):
            for group in groups:
                if not data.replace and await store.find_by_name(org, group.name) is not None:
                    raise Conflict(f"There is a group {group.name!r} already.", code="name_taken")
                saved.append(await book.put_named(org, group, by=by, message="Imported", is_applied=False))
        return Imported(saved)

    @get(
        "/export",
        guards=[requires_scope(READ)],
        summary="Export as a rule file of Prometheus",
        operation_id="exportRules",
    )
    async def export_text(self, request: AnyRequest, group_id: Word = "") -> Exported:
        """All stored groups, or one; paused rules are left out."""
        groups = await store.groups(org_of(request))
        return Exported(written(one.document for one in groups if group_id in ("", one.id)))

    @get("/{group_id:str}", guards=[requires_scope(READ)], summary="Read a rule group", operation_id="getRuleGroup")
    async def read(self, request: AnyRequest, alert_services: Services, group_id: FromPath[str]) -> GroupView:
        """A stored one."""
        return await alert_services.catalog.group(org_of(request), group_id)

    @put("/{group_id:str}", guards=[requires_scope(WRITE)], summary="Save a rule group", operation_id="putRuleGroup")
    async def save(
        self, request: AnyRequest, alert_services: Services, group_id: FromPath[str], data: JSONBody[GroupChange]
    ) -> SavedGroup:
        """Rules keep what they are by their id, else by kind and name; 409 where another version is there."""
        return await alert_services.book.put(org_of(request), group_id, data, by=author_of(request))

    @delete(
        "/{group_id:str}", guards=[requires_scope(WRITE)], summary="Delete a rule group", operation_id="deleteRuleGroup"
    )
    async def remove(self, request: AnyRequest, alert_services: Services, group_id: FromPath[str]) -> None:
        """With its rules; what fires resolves."""
        await alert_services.book.delete(org_of(request), group_id, by=author_of(request))


class RuleController(Controller):
    """Rules, one by one."""

    path = "/rules"
    tags = ["Rules"]

    @get("/", guards=[requires_scope(READ)], summary="List rules", operation_id="listRules")
    async def index(
        self,
        request: AnyRequest,
        alert_services: Services,
        *,
        wanted: State = "",
        q: Word = "",
        offset: Offset = 0,
        limit: Limit = 200,
    ) -> RuleList:
        """Those whose name, group or expression has `q`, and whose state is `state`."""
        text = q.casefold()
        found = [
            rule
            for rule in await alert_services.catalog.rules(org_of(request))
            if wanted in ("", rule.state) and text in f"{rule.rule.name}\n{rule.group}\n{rule.rule.expr}".casefold()
        ]
        return RuleList(found[offset : offset + limit], len(found))

    @post("/", guards=[requires_scope(WRITE)], summary="Make a rule", operation_id="createRule")
    async def create(self, request: AnyRequest, alert_services: Services, data: JSONBody[NewRule]) -> SavedGroup:
        """At the end of its group."""
        return await alert_services.book.add_rule(
            org_of(request), data.group_id, data.rule, by=author_of(request), message=data.message
        )

    @get("/{rule_id:str}", guards=[requires_scope(READ)], summary="Read a rule", operation_id="getRule")
    async def read(self, request: AnyRequest, alert_services: Services, rule_id: FromPath[str]) -> RuleView:
        """With its alerts."""
        return await alert_services.catalog.rule(org_of(request), rule_id)

    @put("/{rule_id:str}", guards=[requires_scope(WRITE)], summary="Save a rule", operation_id="putRule")
    async def save(
        self, request: AnyRequest, alert_services: Services, rule_id: FromPath[str], data: JSONBody[RuleChange]
    ) -> SavedGroup:
        """409 where another version is there than `version`."""
        return await alert_services.book.put_rule(org_of(request), rule_id, data, by=author_of(request))

    @put("/{rule_id:str}/paused", guards=[requires_scope(WRITE)], summary="Pause a rule", operation_id="pauseRule")
    async def pause(
        self, request: AnyRequest, alert_services: Services, rule_id: FromPath[str], data: JSONBody[Pause]
    ) -> SavedGroup:
        """What fires resolves; or go on with it."""
        return await alert_services.book.pause_rule(org_of(request), rule_id, paused=data.paused, by=author_of(request))

    @delete("/{rule_id:str}", guards=[requires_scope(WRITE)], summary="Delete a rule", operation_id="deleteRule")
    async def remove(self, request: AnyRequest, alert_services: Services, rule_id: FromPath[str]) -> None:
        """What fires resolves."""
        await alert_services.book.delete_rule(org_of(request), rule_id, by=author_of(request))

    @get(
        "/{rule_id:str}/versions",
        guards=[requires_scope(READ)],
        summary="List a rule's versions",
        operation_id="listRuleVersions",
    )
    async def versions(self, request: AnyRequest, alert_services: Services, rule_id: FromPath[str]) -> RuleVersionList:
        """Newest first."""
        return await alert_services.catalog.versions(org_of(request), rule_id)


class AlertEventController(Controller):
    """What fired, and why."""

    path = "/alert-events"
    tags = ["Rules"]

    @get("/", guards=[requires_scope(READ)], summary="List alert events", operation_id="listAlertEvents")
    async def index(
        self,
        request: AnyRequest,
        alert_services: Services,
        *,
        rule_id: Word = "",
        fingerprint: Word = "",
        since_ms: Millis = None,
        until_ms: Millis = None,
        limit: Limit = 200,
    ) -> AlertEventList:
        """Of the last day if no time is given, newest first."""
        since, until = _period(alert_services, since_ms, until_ms)
        return await alert_services.events.listed(
            org_of(request), since, until, rule=rule_id, fingerprint=fingerprint, limit=limit
        )

    @get(
        "/{alert_event_id:str}",
        guards=[requires_scope(READ)],
        summary="Read an alert event",
        operation_id="getAlertEvent",
    )
    async def read(
        self, request: AnyRequest, alert_services: Services, alert_event_id: FromPath[str]
    ) -> AlertEventView:
        """With the values around that moment."""
        return await alert_services.events.one(org_of(request), alert_event_id)


class FiringController(Controller):
    """What fired, from when to when."""

    path = "/alert-firings"
    tags = ["Rules"]

    @get("/", guards=[requires_scope(READ)], summary="List alerts that fired", operation_id="listAlertFirings")
    async def index(
        self,
        request: AnyRequest,
        alert_services: Services,
        *,
        rule_id: Word = "",
        fingerprint: Word = "",
        wanted: Matchers = None,
        since_ms: Millis = None,
        until_ms: Millis = None,
        limit: Limit = 200,
    ) -> FiringList:
        """At some time of the last day if none is given; those that fulfil every `matcher`, such as `team="web"`."""
        since, until = _period(alert_services, since_ms, until_ms)
        asked = Wanted(since, until, rule_id, fingerprint, _matchers(wanted or ()))
        return await firings(org_of(request), asked, limit=limit)


def _period(services: AlertServices, since_ms: int | None, until_ms: int | None) -> tuple[int, int]:
    """What was asked for; without a beginning a day, without an end until now."""
    until = services.ports.clock.now_ms() if until_ms is None else until_ms
    return until - DAY_MS if since_ms is None else since_ms, until


def _matchers(texts: Sequence[str]) -> list[Matcher]:
    try:
        return [parse_matcher(text) for text in texts]
    except BadMatcher as bad:
        raise Invalid(f"The matcher cannot be used: {bad}", code="bad_matcher") from None


class BacktestController(Controller):
    """Rules that are not there yet, or would be others."""

    path = "/backtest"
    tags = ["Rules"]

    @post(
        "/",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_200_OK,
        summary="Try a rule over the past",
        operation_id="backtestRule",
    )
    async def run(self, request: AnyRequest, alert_services: Services, data: JSONBody[Backtest]) -> BacktestResult:
        """How often and how long it would have fired, and how many messages that makes."""
        return await alert_services.backtests.run(org_of(request), data)


class PresetController(Controller):
    """Ready groups."""

    path = "/rule-presets"
    tags = ["Rules"]

    @get("/", guards=[requires_scope(READ)], summary="List ready rule groups", operation_id="listRulePresets")
    async def index(self, request: AnyRequest, alert_services: Services) -> PresetList:
        """And which are on."""
        return await alert_services.presets.listed(org_of(request))

    @put("/{preset:str}", guards=[requires_scope(WRITE)], summary="Switch a ready group", operation_id="putRulePreset")
    async def switch(
        self, request: AnyRequest, alert_services: Services, preset: FromPath[str], data: JSONBody[Switch]
    ) -> PresetView:
        """Off: it goes, with what was changed in it."""
        return await alert_services.presets.switch(org_of(request), preset, on=data.on, by=author_of(request))
