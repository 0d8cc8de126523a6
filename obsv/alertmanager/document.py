"""The routing document of an organisation: Alertmanager's own shape, with channels in place of its integrations.

What obsv adds: `channels` of a receiver, `escalate` of a route, `resolved_despite_silence`.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from obsv.alertmanager.intervals import TimeIntervalText
from obsv.metrics.yaml_text import decode_yaml

MAX_BYTES: Final = 512 * 1024
SPREAD: Final = ("receivers", "routes", "inhibit_rules", "time_intervals")
"""Lists of tables that TOML has one below the other."""
OWNERS: Final = "Owners by email"
"""The channel that every organisation has."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something in a document."""


class Escalation(Part, frozen=True):
    """Tell `receiver` too when nobody has acknowledged within `after` of the first notification."""

    after: str
    receiver: str


class RouteText(Part, frozen=True, rename={"continue_": "continue"}):
    """A node of the tree as it is written; what is left out comes from the node above."""

    receiver: str = ""
    group_by: tuple[str, ...] = ()
    group_wait: str = ""
    group_interval: str = ""
    repeat_interval: str = ""
    match: dict[str, str] = {}
    match_re: dict[str, str] = {}
    matchers: tuple[str, ...] = ()
    continue_: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    escalate: tuple[Escalation, ...] | None = None
    routes: tuple[RouteText, ...] = ()


class InhibitRuleText(Part, frozen=True):
    """While an alert that matches the sources fires, those that match the targets are muted."""

    name: str = ""
    source_match: dict[str, str] = {}
    source_match_re: dict[str, str] = {}
    source_matchers: tuple[str, ...] = ()
    target_match: dict[str, str] = {}
    target_match_re: dict[str, str] = {}
    target_matchers: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()


class NamedIntervals(Part, frozen=True):
    """A name for one or more intervals, any of which may hold."""

    name: str
    time_intervals: tuple[TimeIntervalText, ...] = ()


class Receiver(Part, frozen=True):
    """Who is told: channels by name. Without `send_resolved` they do not hear that an alert is over."""

    name: str
    channels: tuple[str, ...] = ()
    send_resolved: bool = True


class Global(Part, frozen=True):
    """What holds for all of it.

    `resolved_despite_silence`: who was told that an alert fires hears that it is over, even if it is silenced by then;
    Alertmanager keeps that back.
    """

    resolve_timeout: str = "5m"
    resolved_despite_silence: bool = False


class RoutingDocument(Part, frozen=True, kw_only=True, rename={"global_": "global"}):
    """All of it."""

    global_: Global = Global()
    route: RouteText
    inhibit_rules: tuple[InhibitRuleText, ...] = ()
    time_intervals: tuple[NamedIntervals, ...] = ()
    mute_time_intervals: tuple[NamedIntervals, ...] = ()
    receivers: tuple[Receiver, ...] = ()


DEFAULT: Final = RoutingDocument(
    global_=Global(resolved_despite_silence=True),
    route=RouteText(
        receiver="owners",
        group_by=("alertname", "instance", "host", "monitor"),
        group_wait="10s",
        group_interval="5m",
        repeat_interval="12h",
    ),
    receivers=(Receiver(name="owners", channels=(OWNERS,)),),
)
"""What holds until somebody says otherwise: everything goes to the owners, together by what it is about."""


def read_yaml(text: str) -> RoutingDocument:
    """A document as YAML (or JSON, which is YAML).  Raises ValueError with a line or a path."""
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"has more than the {MAX_BYTES} bytes that a routing document may have")
    return decode_yaml(text, RoutingDocument)


def plain(document: RoutingDocument) -> dict[str, Any]:
    """The document as tables, lists and texts alone."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return made


def write_yaml(document: RoutingDocument) -> str:
    """The same document always gives the same text."""
    yaml: Any = importlib.import_module("yaml")  # publishes no types
    return str(yaml.safe_dump(plain(document), sort_keys=False, allow_unicode=True, width=120))


def write_alertmanager_yaml(document: RoutingDocument) -> str:
    """The same without what Alertmanager's own tools refuse to read: channels, escalation."""
    made = replace(
        document,
        global_=Global(resolve_timeout=document.global_.resolve_timeout),
        route=_without_steps(document.route),
        receivers=tuple(Receiver(name=receiver.name) for receiver in document.receivers),
    )
    return write_yaml(made)


def _without_steps(route: RouteText) -> RouteText:
    return replace(route, escalate=None, routes=tuple(_without_steps(one) for one in route.routes))
