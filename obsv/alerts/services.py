"""What stands behind the API of rules, wired once a process."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.alerts.backtest import Backtests
from obsv.alerts.catalog import RuleCatalog, Statuses
from obsv.alerts.events import AlertEvents
from obsv.alerts.made import MadeGroups
from obsv.alerts.ports import AlertPorts
from obsv.alerts.presets import Presets
from obsv.alerts.service import RuleBook


@dataclass(frozen=True, slots=True)
class AlertServices:
    """Each is the only writer, or reader, of what it is about."""

    ports: AlertPorts
    book: RuleBook
    catalog: RuleCatalog
    events: AlertEvents
    backtests: Backtests
    presets: Presets


def make_alert_services(ports: AlertPorts, made: MadeGroups, statuses: Statuses) -> AlertServices:
    """`statuses` says how the rules of an organisation are."""
    book = RuleBook(ports, made)
    return AlertServices(ports, book, RuleCatalog(statuses), AlertEvents(ports), Backtests(ports), Presets(book))
