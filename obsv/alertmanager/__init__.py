"""Alerts: taken from rules and from elsewhere, grouped, muted, and told to channels, with Alertmanager's semantics.

`Alertmanager.post` takes alerts, `Dispatcher.run` is a duty of the node that leads. The pure part (`matchers`,
`intervals`, `compile`, `inhibition`, `silences`, `merge`, `pipeline`) knows no database and no clock.
"""

from __future__ import annotations

from obsv.alertmanager.api_v2 import alertmanager_router
from obsv.alertmanager.dispatcher import Dispatcher
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import Matcher, all_match, parse_matcher, parse_matchers
from obsv.alertmanager.notification import Channels, Deliveries
from obsv.alertmanager.router import routing_router
from obsv.alertmanager.service import Alertmanager, Ports
from obsv.alertmanager.types import Alert, AlertChange, PostedAlert

__all__ = [
    "Alert",
    "AlertChange",
    "Alertmanager",
    "BadMatcher",
    "Channels",
    "Deliveries",
    "Dispatcher",
    "Matcher",
    "Ports",
    "PostedAlert",
    "alertmanager_router",
    "all_match",
    "parse_matcher",
    "parse_matchers",
    "routing_router",
]
