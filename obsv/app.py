"""The one place where everything is wired together: routers, guards, the frame, the life of the process."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request, Router
from litestar.types import Scope

from obsv import __version__, audit
from obsv.access_log import access_log_router
from obsv.accounts import Actor, accounts, accounts_router, authenticate_asgi, requires_scope
from obsv.accounts.cookies import CookiePolicy
from obsv.accounts.requests import author_of
from obsv.alertmanager import (
    Alertmanager,
    Dispatcher,
    Ports,
    alertmanager_router,
    routing_router,
)
from obsv.alerts import (
    AlertJournal,
    AlertPorts,
    AlertServices,
    MadeGroups,
    alert_jobs,
    alerts_router,
    make_alert_services,
)
from obsv.config import Settings, load_settings
from obsv.core.clock import Clock, SystemClock
from obsv.core.duration import format_duration_ms
from obsv.dashboards import (
    DashboardFolder,
    Metrics,
    Shipped,
    dashboards_router,
    expressions,
    make_services,
    metrics_there,
)
from obsv.hosts import Rows, hosts_router
from obsv.http import Application, exception_handlers, health_router, install_frame, openapi_config, reference_router
from obsv.lifespan import Instance, organisations
from obsv.metrics import remote_read, rules, scrape, selfmetrics
from obsv.metrics.api import (
    beside_handlers,
    cardinality_router,
    deletion_router,
    features_handler,
    federation_router,
    metrics_admin_router,
    parse_handler,
    prometheus_router,
    shared_series_handler,
    snapshot_router,
    status_handlers,
)
from obsv.metrics.ingest import (
    IngestStats,
    RemoteWrite,
    SampleRates,
    datadog,
    exposition,
    graphite,
    imports,
    influx,
    json_lines,
    otlp,
    pushgateway,
    remote_write_handler,
)
from obsv.metrics.ingest.began import Beginnings
from obsv.metrics.ingest.door import Door
from obsv.metrics.promql import Engine, EngineOptions, Grid
from obsv.metrics.store.types import WriteBatch, WriteResult
from obsv.monitors import MonitorServices, make_monitors, monitors_router, ping_router
from obsv.monitors import Ports as MonitorPorts
from obsv.notify import notify_router
from obsv.scheduler import Duty
from obsv.site import alert_door, docs_frame, render_fault, site_router
from obsv.status import StatusHosts, status_routers
from obsv.web.assets import web_routers

WRITE_PATHS = frozenset({"/api/v1/write"})
INGEST_PATHS = WRITE_PATHS.union(
    *(influx.WRITE_PATHS, datadog.WRITE_PATHS, otlp.WRITE_PATHS),
    *(imports.WRITE_PATHS, json_lines.WRITE_PATHS, pushgateway.WRITE_PATHS),
)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Litestar:
    """The application of one instance; `settings` default to what the environment says."""
    settings = settings or load_settings(env=os.environ)
    clock = clock or SystemClock()
    instance = Instance(settings, clock)
    engine = Engine(
        EngineOptions(
            lookback_ms=settings.metrics.lookback,
            timeout_s=settings.metrics.query_timeout / 1000,
            max_samples=settings.metrics.query_max_samples,
            max_series=settings.metrics.query_max_series,
            max_memory=settings.metrics.query_max_memory,
            threads=settings.metrics.query_concurrency,
        )
    )
    arrivals = instance.access_log.arrivals
    stats = IngestStats(tell=arrivals.take)
    selfmetrics.register(stats, instance.store, engine.running)

    async def authenticate(scope: Scope) -> Actor:
        actor = await authenticate_asgi(scope, "metrics:write")
        arrivals.begin(actor)
        return actor

    async def range_query(org: int, text: str, start_ms: int, end_ms: int, step_ms: int) -> Rows:
        grid = Grid(start_ms, step_ms, (end_ms - start_ms) // step_ms + 1)
        return Rows(*await engine.range_matrix(instance.store(), org, text, grid))

    async def store_own(org: int, batch: WriteBatch) -> WriteResult:
        """What the server finds out by itself; within the organisation's limits, which the store asks for at once."""
        await instance.limits.of(org)
        result = await instance.store().write(org, batch)
        stats.count(result)
        return result

    async def organisation(slug: str) -> int | None:
        found = await accounts().organisations.by_name(slug)
        return found.id if found else None

    async def note_deletion(request: Request[Any, Any, Any], count: int) -> None:
        author = author_of(request)
        await audit.write("metrics.deleted", org=request.state.actor.org, actor=author, details={"count": count})

    async def note_snapshot(request: Request[Any, Any, Any]) -> None:
        author = author_of(request)
        await audit.write("backup.created", org=request.state.actor.org, actor=author, details={"kind": "metrics"})

    scraper = scrape.Scraper(settings.scrapes, scrape.Ports(clock, exposition.parse, store_own, organisation))
    alerting = _alerting(instance, engine, store_own, organisation, range_query)
    rates, max_body_bytes = SampleRates(clock), settings.server.max_body_bytes
    beside, beginnings = instance.beside, Beginnings(clock, settings.metrics.late_window)
    gate = (authenticate, instance.limits.of, rates, stats, max_body_bytes)
    write = RemoteWrite(instance.remote_writer, beside.keep, beginnings, *gate)
    door = Door(instance.store, beside.keep, *gate)
    datadog_series = datadog.Datadog(door)
    reader, deltas = otlp.Reader(_otlp_options(settings)), otlp.Deltas(clock, settings.metrics.future_window)
    gateway = pushgateway.Pushgateway(door, clock, store_own, settings.metrics.push_ttl)
    instance.duties = (
        Duty("metrics.scrape", scraper.run),
        Duty("metrics.push", gateway.run),
        *alerting.duties(),
    )
    files = DashboardFolder(settings.dashboards, clock, organisation)
    shipped = Shipped(files, lambda org, names: metrics_there(instance.store(), org, names, clock.now_ms()))
    metrics = Metrics(instance.store, lambda: engine)
    dashboards = make_services(clock, shipped, metrics, instance.most_dashboards, base_url=settings.server.base_url)

    async def expressions_read(org: int) -> list[str]:
        groups = await alerting.rules.of(org)
        return [rule.query for one in groups for rule in one.group.rules] + await expressions(org, shipped)

    ports = graphite.GraphitePorts(settings.metrics.graphite, door, clock, organisation)
    may_read, may_administer = requires_scope("metrics:read"), requires_scope("admin:instance")
    app = Application(
        route_handlers=[
            site_router(),
            alert_door(alerting.alertmanager),
            *web_routers(),
            accounts_router(),
            access_log_router(arrivals),
            hosts_router(instance.store, range_query, clock, may_read),
            dashboards_router(dashboards),
            *alerting.routers(),
            notify_router(instance.notify),
            *status_routers(instance.status),
            remote_write_handler(write),
            *influx.influx_handlers(door, clock, settings.metrics.influx),
            *datadog.datadog_handlers(datadog_series),
            otlp.otlp_handler(otlp.Otlp(door, reader, deltas, beginnings)),
            *imports.import_handlers(door, clock),
            json_lines.import_handler(door),
            *pushgateway.push_handlers(gateway),
            json_lines.export_router(instance.store, may_read),
            shared_series_handler(instance.store, datadog_series.take_v1, may_read),
            prometheus_router(
                instance.store,
                lambda: engine,
                may_read,
                rules.rules_handler(alerting.rules.of),
                rules.alerts_handler(alerting.rules.of),
                parse_handler(),
                features_handler(),
                remote_read.read_handler(instance.store, _read_limits(settings)),
                *beside_handlers(instance.beside),
                *status_handlers(instance.store, scraper.targets, _flags(settings)),
            ),
            federation_router(
                instance.store,
                may_read,
                lookback_ms=settings.metrics.lookback,
                max_samples=settings.metrics.query_max_samples,
            ),
            deletion_router(instance.store, instance.beside.exemplars, requires_scope("admin:org"), note_deletion),
            snapshot_router(instance.store, may_administer, note_snapshot),
            metrics_admin_router(instance.store, may_administer),
            cardinality_router(instance.store, instance.limits.of, expressions_read, may_read),
            health_router(instance.checks(), metrics_guard=may_administer),
            reference_router(docs_frame),
        ],
        lifespan=[instance.run, ports.run],
        on_shutdown=[engine.close],
        exception_handlers=exception_handlers(render_fault),
        openapi_config=openapi_config(__version__),
        logging_config=None,
        request_max_body_size=None,
    )
    app.asgi_handler = StatusHosts(app.asgi_handler, instance.status)
    cookie = CookiePolicy(is_secure=settings.is_production).name
    install_frame(
        app, settings, cookie_name=cookie, own_limits=WRITE_PATHS, ingest=INGEST_PATHS, render_page=render_fault
    )
    instance.access_log.watch(app, ingest=INGEST_PATHS)
    return app


@dataclass(frozen=True)
class Alerting:
    """What makes alerts of samples, and what tells of them."""

    rules: rules.Rules
    services: AlertServices
    alertmanager: Alertmanager
    monitors: MonitorServices

    def duties(self) -> tuple[Duty, ...]:
        """Of the node that leads."""
        return (
            Duty("metrics.rules", self.rules.run),
            Duty("alertmanager.dispatch", Dispatcher(self.alertmanager).run),
            Duty("monitors.checks", self.monitors.checks.run),
        )

    def routers(self) -> tuple[Router, ...]:
        """All but those that are part of Prometheus' API."""
        return (
            *(alerts_router(self.services), routing_router(self.alertmanager), alertmanager_router(self.alertmanager)),
            *(monitors_router(self.monitors), ping_router(self.monitors)),
        )


def _alerting(
    instance: Instance,
    engine: Engine,
    write: Callable[[int, WriteBatch], Awaitable[WriteResult]],
    organisation: Callable[[str], Awaitable[int | None]],
    range_query: Callable[[int, str, int, int, int], Awaitable[Rows]],
) -> Alerting:
    """Rules of files and of the database, evaluated by one and the same, and what becomes of their alerts."""
    clock, told, base_url = instance.clock, instance.notify, instance.settings.server.base_url
    alertmanager = Alertmanager(Ports(clock, told.deliveries, told.channels, base_url))
    alertmanager.subscribe(instance.alerts_changed)
    told.channels.used_by(alertmanager.routings.uses)
    checks = MonitorPorts(clock, write, instance.most_monitors, base_url.rstrip("/"), instance.maintained)
    monitors = make_monitors(checks, range_query)
    instance.monitors = monitors.monitors
    made, asked = MadeGroups(), lambda: engine
    ports = AlertPorts(clock, asked, instance.store, instance.most_rules, base_url, alertmanager.post)
    wired = rules.Ports(
        *(clock, asked, instance.store, write, organisation),
        journal=AlertJournal(ports),
        made=made,
        external_url=base_url,
    )
    evaluated = rules.Rules(rules.load_groups(instance.settings.metrics.rules), wired)
    services = make_alert_services(ports, made, evaluated.of)
    instance.jobs = alert_jobs(services.events, organisations, instance.longest_retention)
    return Alerting(evaluated, services, alertmanager, monitors)


def _otlp_options(settings: Settings) -> otlp.Options:
    given = settings.metrics.otlp
    return otlp.Options(
        naming=otlp.STRATEGIES[given.translation_strategy],
        promoted=frozenset(given.promote_resource_attributes),
        keep_identifying=given.keep_identifying_resource_attributes,
        promote_scope=given.promote_scope_metadata,
        lookback_ms=settings.metrics.lookback,
    )


def _read_limits(settings: Settings) -> remote_read.ReadLimits:
    metrics = settings.metrics
    return remote_read.ReadLimits(
        max_samples=metrics.query_max_samples,
        max_memory=metrics.query_max_memory,
        timeout_s=metrics.query_timeout / 1000,
        at_once=metrics.query_concurrency,
    )


def _flags(settings: Settings) -> dict[str, str]:
    """What Prometheus has as flags, by the names that its clients know."""
    metrics = settings.metrics
    longest = max(plan.longest_retention for plan in settings.plans)
    return {
        "query.lookback-delta": format_duration_ms(metrics.lookback),
        "query.timeout": format_duration_ms(metrics.query_timeout),
        "query.max-samples": str(metrics.query_max_samples),
        "query.max-concurrency": str(metrics.query_concurrency),
        "storage.remote.read-concurrent-limit": str(metrics.query_concurrency),
        "storage.remote.read-sample-limit": str(metrics.query_max_samples),
        "storage.tsdb.retention.time": format_duration_ms(longest),
        "web.enable-remote-write-receiver": "true",
        "web.enable-otlp-receiver": "true",
    }
