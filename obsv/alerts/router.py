"""All routes of rules."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from obsv.alerts.api import (
    AlertEventController,
    BacktestController,
    FiringController,
    PresetController,
    RuleController,
    RuleGroupController,
)
from obsv.alerts.services import AlertServices


def alerts_router(services: AlertServices, path: str = "/api/obsv/v1") -> Router:
    """`rule-groups`, `rules`, `alert-events`, `alert-firings`, `backtest`, `rule-presets`."""
    return Router(
        path=path,
        route_handlers=[
            *(RuleGroupController, RuleController, AlertEventController, FiringController),
            *(BacktestController, PresetController),
        ],
        dependencies={"alert_services": Provide(lambda: services, sync_to_thread=False)},
    )
