"""Where alerts go: `/routing`."""

from __future__ import annotations

from itertools import pairwise

from litestar import Controller, get, post, put
from litestar.params import JSONBody

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.alertmanager.api_v2 import READ, WRITE
from obsv.alertmanager.compile import compile_routing
from obsv.alertmanager.document import SPREAD, RoutingDocument, plain, read_yaml, write_yaml
from obsv.alertmanager.from_alertmanager import import_routing
from obsv.alertmanager.inhibition import Inhibitor
from obsv.alertmanager.matchers import matchers_text
from obsv.alertmanager.people import People
from obsv.alertmanager.requests import Manager
from obsv.alertmanager.routes import Route, Routing
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.silences import silenced_by
from obsv.alertmanager.store import firing_alerts
from obsv.alertmanager.wire import (
    ImportedRouting,
    ImportForm,
    RouteHit,
    RoutingChange,
    RoutingHits,
    RoutingTest,
    RoutingView,
)
from obsv.config.documents import text_of
from obsv.core.errors import Invalid


class RoutingController(Controller):
    """One document an organisation, in Alertmanager's shape."""

    path = "/routing"
    tags = ["Alerts"]

    @get("/", guards=[requires_scope(READ)], summary="Get the routing", operation_id="getRouting")
    async def show(self, request: AnyRequest, manager: Manager) -> RoutingView:
        """And the channels that its receivers may name."""
        return await _view(manager, org_of(request))

    @put("/", guards=[requires_scope(WRITE)], summary="Change the routing", operation_id="putRouting")
    async def change(self, request: AnyRequest, manager: Manager, data: JSONBody[RoutingChange]) -> RoutingView:
        """All groups begin again with it; what was told is not told again."""
        org, document = org_of(request), _document(data.document, data.yaml)
        if document is None:
            raise Invalid("Send the routing as `document` or as `yaml`.", code="bad_routing")
        await manager.routings.put(org, document, by=author_of(request), version=data.version)
        return await _view(manager, org)

    @post(
        "/test",
        guards=[requires_scope(READ)],
        status_code=200,
        summary="Ask where an alert would go",
        operation_id="testRouting",
    )
    async def test(self, request: AnyRequest, manager: Manager, data: JSONBody[RoutingTest]) -> RoutingHits:
        """With the routing that holds, or with one that is not saved yet."""
        org, document = org_of(request), _document(data.document, data.yaml)
        routing = await manager.routings.of(org) if document is None else compile_routing(document)
        return await _hits(manager, org, routing, data.labels)

    @post(
        "/import",
        guards=[requires_scope(READ)],
        status_code=200,
        summary="Read an alertmanager.yml",
        operation_id="importRouting",
    )
    async def read(self, request: AnyRequest, manager: Manager, data: JSONBody[ImportForm]) -> ImportedRouting:
        """What it comes to here, to be looked at and saved; nothing is kept of it."""
        channels = await manager.ports.channels.names(org_of(request))
        try:
            found = import_routing(data.yaml, channels, data.channels)
        except ValueError as wrong:
            raise Invalid(f"This is no alertmanager.yml: {wrong}", code="bad_routing") from None
        compile_routing(found.document)
        return ImportedRouting(found.document, write_yaml(found.document), list(found.unmapped), list(found.ignored))


def _document(document: RoutingDocument | None, yaml: str) -> RoutingDocument | None:
    if document is not None or not yaml:
        return document
    try:
        return read_yaml(yaml)
    except ValueError as wrong:
        raise Invalid(f"The routing cannot be read: {wrong}", code="bad_routing") from None


async def _view(manager: Alertmanager, org: int) -> RoutingView:
    stored = await manager.routings.stored(org)
    return RoutingView(
        document=stored.document,
        yaml=write_yaml(stored.document),
        toml=text_of(plain(stored.document), "toml", SPREAD),
        version=stored.version,
        is_applied=stored.is_applied,
        updated_at_ms=stored.updated_at_ms,
        updated_by=await People(org).of(stored.updated_by),
        channels=list(await manager.ports.channels.names(org)),
    )


async def _hits(manager: Alertmanager, org: int, routing: Routing, given: dict[str, str]) -> RoutingHits:
    labels, now_ms = {name: value for name, value in given.items() if value}, manager.clock.now_ms()
    inhibitor = Inhibitor(routing.inhibit_rules, await firing_alerts(org, now_ms), now_ms)
    hits = [_hit(routing, route, labels, now_ms) for route in routing.root.match(labels)]
    silences = silenced_by(await manager.silences.holding(org), labels, now_ms)
    return RoutingHits(hits, silences, inhibitor.inhibited_by(labels))


def _hit(routing: Routing, route: Route, labels: dict[str, str], now_ms: int) -> RouteHit:
    options, group_labels, path = route.options, route.group_labels(labels), routing.root.path_to(route)
    return RouteHit(
        pointer="/route" + "".join(f"/routes/{above.routes.index(one)}" for above, one in pairwise(path)),
        path=[matchers_text(one.matchers) for one in path],
        receiver=options.receiver,
        channels=list(routing.receivers[options.receiver].channels),
        group_labels=group_labels,
        group_key=route.group_key(group_labels),
        group_wait_ms=options.group_wait_ms,
        group_interval_ms=options.group_interval_ms,
        repeat_interval_ms=options.repeat_interval_ms,
        escalate=[(step.after_ms, step.receiver) for step in options.escalate],
        muted_by=routing.muted_by(route, now_ms),
    )
