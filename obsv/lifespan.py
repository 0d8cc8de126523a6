"""Start and stop, in order: database, keys, audit, accounts, store, mail, jobs, bundled agent; and back again.

A start that fails half-way closes what it had opened.  A stop ends the agent first and flushes the store last.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from obsv import __version__
from obsv.access_log import AccessLog
from obsv.accounts import Accounts, close_accounts
from obsv.accounts import install as install_accounts
from obsv.accounts import jobs as accounts_jobs
from obsv.accounts.oauth import declared_hosts
from obsv.alertmanager import AlertChange
from obsv.audit import close_audit, open_audit
from obsv.audit import jobs as audit_jobs
from obsv.config import Settings, warnings
from obsv.core.clock import Clock
from obsv.core.duration import parse_duration_ms
from obsv.core.errors import Unavailable
from obsv.core.installed import Installed
from obsv.dashboards import events_job
from obsv.db import close_database, fetch, migrate, open_database, ping
from obsv.egress import Policy, close_egress, open_egress
from obsv.http import get_logger
from obsv.keys import close_keys, open_keys
from obsv.metrics.beside import Beside
from obsv.metrics.ingest import Limits, OrgLimits
from obsv.metrics.jobs import retention_job
from obsv.metrics.scrape import declared_hosts as scraped_hosts
from obsv.metrics.store.base import MetricStore, RemoteWriter
from obsv.metrics.store.blocks.rollups import no_rollups
from obsv.metrics.store.context import StoreContext
from obsv.notify import make_notify
from obsv.outbox import close_outbox, open_outbox, outbox, transport_from
from obsv.outbox import jobs as outbox_jobs
from obsv.plugin_loader import make_store, notifiers
from obsv.privacy import check, collect
from obsv.privacy import jobs as privacy_jobs
from obsv.scheduler import Duty, Job, Scheduler, scheduler
from obsv.scheduler import install as install_scheduler
from obsv.scheduler import uninstall as uninstall_scheduler
from obsv.status import Monitors, NoMonitors, StatusServices
from obsv.status import jobs as status_jobs
from obsv.status import make_services as make_status

_log = get_logger("lifespan")
AGENT_STOP_S = 6


class Instance:
    """What a start makes; handlers that are wired before it ask here when a request comes."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.limits = OrgLimits(self._plan)
        self.access_log = AccessLog(clock)
        self.beside = Beside()
        self.notify = make_notify(clock, notifiers)
        self.duties: tuple[Duty, ...] = ()
        self.monitors: Monitors = NoMonitors()
        self.jobs: tuple[Job, ...] = ()
        self._accounts: Installed[Accounts] = Installed("accounts service")
        self._store: Installed[MetricStore] = Installed("metric store")
        self._status: Installed[StatusServices] = Installed("status page service")

    def store(self) -> MetricStore:
        """The metric store.  Raises Unavailable while the start is still loading it."""
        try:
            return self._store.get()
        except RuntimeError:
            raise Unavailable("The metric store is still starting.", retry_after_s=1) from None

    def status(self) -> StatusServices:
        """What stands behind status pages."""
        return self._status.get()

    async def alerts_changed(self, org: int, changes: Sequence[AlertChange]) -> None:
        """Status pages follow the alerts; called in the transaction that stores the change."""
        await self.status().alerts.changed(org, changes)

    async def maintained(self, org: int) -> Collection[str]:
        """Ids of the monitors whose component is in maintenance on a status page."""
        return await self.status().views.maintained(org)

    def remote_writer(self) -> RemoteWriter:
        """The store, where it takes remote_write bodies as they come; every built-in one does."""
        store = self.store()
        if not _takes_remote_write(type(store)):
            raise Unavailable(f"the metric store {type(store).__name__} takes no remote_write")
        return cast("RemoteWriter", store)

    def checks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What must be reached for the instance to be ready."""

        async def store() -> None:
            await self.store().stats()

        async def jobs() -> None:
            if not scheduler().is_healthy():
                raise Unavailable("the scheduler does not know who leads")

        return {"database": ping, "metrics": store, "scheduler": jobs}

    async def _plan(self, org: int) -> Limits:
        plan = await self._accounts.get().entitlements.limits_for(org)
        return Limits(plan.series, plan.samples_per_s)

    async def most_dashboards(self, org: int) -> int:
        """How many the organisation's plan allows."""
        return (await self._accounts.get().entitlements.limits_for(org)).dashboards

    async def most_monitors(self, org: int) -> int:
        """How many the organisation's plan allows."""
        return (await self._accounts.get().entitlements.limits_for(org)).monitors

    async def most_rules(self, org: int) -> int:
        """How many of those that are made in the cabinet the plan allows."""
        return (await self._accounts.get().entitlements.limits_for(org)).rules

    async def _retentions(self, org: int) -> dict[int, int]:
        return (await self._accounts.get().entitlements.limits_for(org)).retentions

    async def _rollups(self, org: int) -> tuple[int, ...]:
        return tuple(width for width in await self._retentions(org) if width)

    async def longest_retention(self, org: int) -> int:
        """How long anything of the organisation's metrics is kept, in ms."""
        return (await self._accounts.get().entitlements.limits_for(org)).longest_retention

    @asynccontextmanager
    async def run(self, _: Any) -> AsyncGenerator[None]:
        """The life of the application."""
        async with AsyncExitStack() as stack:
            agent_token = await self._open_accounts(stack)
            await stack.enter_async_context(self.access_log.running())
            store = self._make_store()
            await store.open()
            stack.push_async_callback(store.close)
            self._store.put(store)
            stack.callback(self._store.clear)
            await self._open_work(stack)
            if self.settings.agent.self_:
                self._start_agent(stack, agent_token)
            _log.info("instance.started", version=__version__, url=self.settings.server.base_url)
            yield
        _log.info("instance.stopped")

    async def _open_accounts(self, stack: AsyncExitStack) -> str:
        """Database, keys, audit, accounts; returns the bundled agent's token."""
        settings = self.settings
        data_dir = _made(settings.data_dir)
        for warning in warnings(settings):
            _log.warning("settings.questionable", advice=warning)
        await open_database(settings)
        stack.push_async_callback(close_database)
        await migrate()
        check(collect())
        keys = open_keys(data_dir, master_keys=settings.secrets.keys)
        stack.callback(close_keys)
        audit = open_audit(keys, self.clock)
        stack.callback(close_audit)
        egress = open_egress(_egress_policy(settings), self.clock)
        stack.push_async_callback(close_egress)
        open_outbox(keys, self.clock, transport_from(settings, egress), sender=settings.mail.sender)
        stack.callback(close_outbox)
        service = self._accounts.put(install_accounts(Accounts(settings, self.clock, keys, audit)))
        stack.callback(close_accounts)
        stack.push_async_callback(service.password_change.settle)
        status = self._status.put(make_status(self.clock, keys, self.monitors, base_url=settings.server.base_url))
        stack.push_async_callback(status.subscribers.settle)
        first = await service.prepare()
        if first.setup_url:
            print(f"\nMake the owner's account here (the address works once):\n\n    {first.setup_url}\n", flush=True)
        return first.agent_token

    def _make_store(self) -> MetricStore:
        settings, metrics = self.settings, self.settings.metrics
        longest = max(plan.retention for plan in settings.plans)
        context = StoreContext(
            data_dir=Path(settings.data_dir),
            clock=self.clock,
            database_url=settings.database.url,
            sync_ms=0 if metrics.sync == "always" else parse_duration_ms(metrics.sync),
            late_window_ms=metrics.late_window,
            future_window_ms=metrics.future_window,
            series_limit=self.limits.series,
            retention_ms=lambda _: longest,
            rollups=self._rollups if any(len(plan.retentions) > 1 for plan in settings.plans) else no_rollups,
            max_labels=metrics.max_labels,
            max_label_name_bytes=metrics.max_label_name_bytes,
            max_label_value_bytes=metrics.max_label_value_bytes,
        )
        return make_store(settings, context)

    async def _open_work(self, stack: AsyncExitStack) -> None:
        """Mail and jobs."""
        mail = outbox()
        sending = asyncio.create_task(mail.run(), name="outbox")

        async def stop_sending() -> None:
            mail.stop()
            await sending

        stack.push_async_callback(stop_sending)
        notifying = asyncio.create_task(self.notify.sender.run(), name="notify")

        async def stop_notifying() -> None:
            self.notify.sender.stop()
            await notifying

        stack.push_async_callback(stop_notifying)
        retention = retention_job(self.store, self.beside.exemplars, self.clock, organisations, self._retentions)
        accounts = self._accounts.get()
        jobs = (
            *outbox_jobs(mail),
            *self.notify.jobs(),
            *privacy_jobs(self.clock),
            *audit_jobs(accounts.audit),
            *accounts_jobs(accounts),
            retention,
            *status_jobs(self._status.get()),
            *self.jobs,
            events_job(self.clock, organisations, self.longest_retention),
        )
        stack.callback(uninstall_scheduler)
        made = install_scheduler(Scheduler(jobs, self.clock, duties=self.duties))
        await made.start()
        stack.push_async_callback(made.stop)

    def _start_agent(self, stack: AsyncExitStack, token: str) -> None:
        """The bundled agent as a child; the token goes by its environment, never by its arguments."""
        settings = self.settings
        env = os.environ | {
            "OBSV_AGENT_URL": f"http://{_reachable(settings.server.host)}:{settings.server.port}",
            "OBSV_AGENT_TOKEN": token,
            "OBSV_AGENT_PARENT": str(os.getpid()),
        }
        command = [sys.executable, "-m", "obsv.agent", "--interval", f"{settings.agent.interval / 1000:g}s"]
        command += ["--state-dir", str(Path(settings.data_dir) / "agent")]
        agent = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)

        async def stop() -> None:
            agent.terminate()
            try:
                await asyncio.to_thread(agent.wait, AGENT_STOP_S)
            except subprocess.TimeoutExpired:
                agent.kill()
                await asyncio.to_thread(agent.wait)

        stack.push_async_callback(stop)


def _egress_policy(settings: Settings) -> Policy:
    """The hosts that settings declare: mail server, scrape targets, and sign-in providers, which must be public."""
    providers = declared_hosts(settings.auth.providers)
    mail = frozenset({settings.mail.smtp_host} if settings.mail.transport == "smtp" else ())
    scraped = scraped_hosts(settings.scrapes)
    return Policy(
        declared=mail | scraped | providers.hosts,
        public=providers.public - mail - scraped,
        allow=settings.egress.hosts,
        allow_private=settings.egress.allow_private,
    )


def _made(folder: str) -> Path:
    """The data directory; others have no business in it."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _reachable(host: str) -> str:
    """The address at which this machine reaches what listens on `host`."""
    if host in ("0.0.0.0", ""):  # noqa: S104  # compared, not bound
        return "127.0.0.1"
    return "[::1]" if host == "::" else f"[{host}]" if ":" in host else host


@cache
def _takes_remote_write(kind: type[MetricStore]) -> bool:
    """To look a protocol up takes longer than all else that is asked of a request."""
    return issubclass(kind, RemoteWriter)


async def organisations() -> list[int]:
    """The ids of all."""
    return [int(row["id"]) for row in await fetch("SELECT id FROM organisations")]
