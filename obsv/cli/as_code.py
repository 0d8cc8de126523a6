"""What `obsv apply` and `obsv export` share: the kinds of things that stand in files, and what differs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from obsv.core.difference import Change

if TYPE_CHECKING:
    from obsv.accounts import Accounts
    from obsv.config import Settings
    from obsv.config.documents import Form


class Kind(Protocol):
    """A kind of thing that files describe; each has a stable key, which is unique in an organisation."""

    name: str
    folder: str

    def load(self, folder: Path) -> Mapping[str, Any]:
        """What the files of a folder say, by key.  Raises `ConfigError` with every mistake."""
        ...

    async def listed(self, org: int) -> Mapping[str, tuple[Any, bool]]:
        """What is there, by key, and whether it came from a file."""
        ...

    def diff(self, before: Any, after: Any) -> Sequence[Change]:
        """What putting `after` would change."""
        ...

    def written(self, thing: Any, form: Form) -> str:
        """The text of its file; what is read from it is the same thing."""
        ...

    async def put(self, org: int, thing: Any) -> None:
        """Make it so, whatever is there."""
        ...

    async def delete(self, org: int, key: str) -> None:
        """Take it away."""
        ...


@dataclass(slots=True)
class Plan:
    """What files change of one kind, by key; `changed` says where."""

    kind: str
    new: list[str] = field(default_factory=list[str])
    changed: dict[str, Sequence[Change]] = field(default_factory=dict[str, Sequence[Change]])
    gone: list[str] = field(default_factory=list[str])
    same: list[str] = field(default_factory=list[str])


async def planned(kind: Kind, org: int, wanted: Mapping[str, Any], *, prune: bool) -> Plan:
    """Compares; what once came from a file and stands in none now is gone, with `prune`."""
    plan, there = Plan(kind.name), await kind.listed(org)
    for key, thing in sorted(wanted.items()):
        if key not in there:
            plan.new.append(key)
            continue
        before, is_applied = there[key]
        if (changes := kind.diff(before, thing)) or not is_applied:
            plan.changed[key] = changes
        else:
            plan.same.append(key)
    if prune:
        plan.gone = sorted(key for key, (_, is_applied) in there.items() if is_applied and key not in wanted)
    return plan


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[tuple[Accounts, tuple[Kind, ...]]]:
    """The accounts of a data directory, and every kind there is."""
    from obsv.alertmanager.as_code import RoutingKind  # noqa: PLC0415
    from obsv.alertmanager.routing import Routings  # noqa: PLC0415
    from obsv.alerts import AlertPorts, MadeGroups, RuleBook, RuleKind  # noqa: PLC0415
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415  # kept out of --help
    from obsv.core.clock import SystemClock  # noqa: PLC0415
    from obsv.core.errors import Unavailable  # noqa: PLC0415
    from obsv.dashboards import DashboardFolder, DashboardKind, Dashboards, Shipped  # noqa: PLC0415
    from obsv.monitors import MonitorKind, Monitors  # noqa: PLC0415
    from obsv.monitors import Ports as MonitorPorts  # noqa: PLC0415
    from obsv.notify import ChannelKind, make_notify  # noqa: PLC0415
    from obsv.plugin_loader import notifiers  # noqa: PLC0415

    clock = SystemClock()
    async with opened_accounts(settings) as accounts:

        async def organisation(slug: str) -> int | None:
            found = await accounts.organisations.by_name(slug)
            return found.id if found else None

        async def none_there(_: int, __: Sequence[str]) -> frozenset[str]:
            return frozenset()  # metrics are the server's business; nothing here lists what depends on them

        async def most(org: int) -> int:
            return (await accounts.entitlements.limits_for(org)).dashboards

        async def most_rules(org: int) -> int:
            return (await accounts.entitlements.limits_for(org)).rules

        def nothing() -> Any:
            raise RuntimeError("metrics are the server's business")

        shipped = Shipped(DashboardFolder(settings.dashboards, clock, organisation), none_there)
        channels = make_notify(clock, notifiers).channels
        routings = Routings(clock, channels, lambda: None)
        channels.used_by(routings.uses)

        async def most_monitors(org: int) -> int:
            return (await accounts.entitlements.limits_for(org)).monitors

        async def store_nothing(_: int, __: object) -> Any:
            raise Unavailable("The server writes samples, and is not here.")

        monitors = Monitors(MonitorPorts(clock, store_nothing, most_monitors, settings.server.base_url))
        dashboards = DashboardKind(Dashboards(clock, shipped, most))
        rules = RuleKind(RuleBook(AlertPorts(clock, nothing, nothing, most_rules), MadeGroups()))
        # Routing names channels, so these come first.
        yield accounts, (dashboards, rules, ChannelKind(channels), MonitorKind(monitors), RoutingKind(routings))
