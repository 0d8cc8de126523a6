"""The one table of which surface owns a method and path; the shape of an error follows it.

The one true clash, `POST /api/v1/series`, goes by Content-Type: a form is Prometheus', JSON is Datadog's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Surface(StrEnum):
    """Whose contract a path follows."""

    OWN = "own"
    PROMETHEUS = "prometheus"
    PLAUSIBLE = "plausible"
    ALERTMANAGER = "alertmanager"
    INFLUX = "influx"
    DATADOG = "datadog"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Route:
    """A row: `methods` is empty for all of them; `path` is a regular expression for the whole path."""

    surface: Surface
    methods: tuple[str, ...]
    path: re.Pattern[str]


def _row(surface: Surface, path: str, *methods: str) -> Route:
    return Route(surface, methods, re.compile(path))


ROUTES: tuple[Route, ...] = (
    _row(Surface.OWN, r"/api/obsv/v1(/.*)?"),
    _row(Surface.OWN, r"/api/stripe/webhook"),
    _row(Surface.DATADOG, r"/datadog/.*"),
    _row(Surface.DATADOG, r"/api/v2/series", "POST"),
    _row(Surface.ALERTMANAGER, r"/api/v2/(alerts|silences?|status|receivers)(/.*)?"),
    _row(Surface.INFLUX, r"/api/v2/write|/write|/query|/ping"),
    _row(Surface.PLAUSIBLE, r"/api/v2/query|/api/event|/api/v1/(stats|sites)(/.*)?"),
    _row(Surface.PROMETHEUS, r"/api/v1(/.*)?|/v1/metrics|/federate|/metrics(/.*)?|/-/(healthy|ready)"),
    _row(Surface.OWN, r"/(healthz|readyz)|/api/health"),
    _row(Surface.PAGE, r"/.*"),
)


def surface_of(method: str, path: str, content_type: str = "") -> Surface:
    """Whose contract a request follows."""
    if method == "POST" and path == "/api/v1/series" and content_type.startswith("application/json"):
        return Surface.DATADOG
    for route in ROUTES:
        if (not route.methods or method in route.methods) and route.path.fullmatch(path):
            return route.surface
    return Surface.PAGE
