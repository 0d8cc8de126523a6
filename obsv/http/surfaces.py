"""The one table of which surface owns a method and path; the shape of an error follows it.

The rows do not overlap (a test proves it).  The one true clash, `POST /api/v1/series`, goes by Content-Type: a form is
Prometheus', JSON is Datadog's.
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
    OTLP = "otlp"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Route:
    """A row: `path` is a regular expression for the whole path, with any method."""

    surface: Surface
    path: re.Pattern[str]


def _row(surface: Surface, path: str) -> Route:
    # DOTALL: a line break in a path makes it no other surface's.
    return Route(surface, re.compile(path, re.DOTALL))


ROUTES: tuple[Route, ...] = (
    _row(Surface.OWN, r"/api/obsv/v1(/.*)?"),
    _row(Surface.OWN, r"/api/stripe/webhook|/healthz|/readyz|/api/health|/agent\.pyz|/ping/.+"),
    _row(Surface.DATADOG, r"/datadog/.*|/api/v2/series|/api/v1/validate"),
    _row(Surface.OTLP, r"/v1/.*|/api/v1/otlp/.*|/opentelemetry/.*"),
    _row(Surface.ALERTMANAGER, r"/api/v2/(alerts|silences?|status|receivers)(/.*)?"),
    _row(Surface.INFLUX, r"/api/v2/write|/write|/query|/ping|/influx/.*"),
    _row(Surface.PLAUSIBLE, r"/api/v2/query|/api/event|/api/v1/(stats|sites)(/.*)?"),
    _row(
        Surface.PROMETHEUS,
        r"/api/v1/(query|query_range|query_exemplars|format_query|parse_query|series|labels|label/[^/]+/values|metadata"
        r"|targets|targets/metadata|scrape_pools|rules|alerts|alertmanagers|notifications|features|status/.*|admin/tsdb/.*|write|read|import(/.*)?|export)",
    ),
    _row(Surface.PROMETHEUS, r"/federate|/metrics(/.*)?|/-/(healthy|ready)"),
)

# Whose clients are most likely to ask for a path that nobody owns.
_UNOWNED = (
    (re.compile(r"/api/v1(/.*)?", re.DOTALL), Surface.PROMETHEUS),
    (re.compile(r"/api(/.*)?", re.DOTALL), Surface.OWN),
)


def owners(path: str) -> list[Surface]:
    """The surfaces whose rows match; none for pages."""
    return [row.surface for row in ROUTES if row.path.fullmatch(path)]


def surface_of(method: str, path: str, content_type: str = "") -> Surface:
    """Whose contract a request follows."""
    if method == "POST" and path == "/api/v1/series" and content_type.startswith("application/json"):
        return Surface.DATADOG
    if found := owners(path):
        return found[0]
    return next((surface for pattern, surface in _UNOWNED if pattern.fullmatch(path)), Surface.PAGE)
