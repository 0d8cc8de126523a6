"""Alerts: rules that are made here, the states that they are in, their history, and what would have been."""

from obsv.alerts.as_code import RuleKind
from obsv.alerts.events import AlertEvents
from obsv.alerts.jobs import alert_jobs
from obsv.alerts.journal import AlertJournal
from obsv.alerts.made import MadeGroups
from obsv.alerts.ports import AlertPorts, post_nothing
from obsv.alerts.router import alerts_router
from obsv.alerts.service import RuleBook
from obsv.alerts.services import AlertServices, make_alert_services

__all__ = [
    "AlertEvents",
    "AlertJournal",
    "AlertPorts",
    "AlertServices",
    "MadeGroups",
    "RuleBook",
    "RuleKind",
    "alert_jobs",
    "alerts_router",
    "make_alert_services",
    "post_nothing",
]
