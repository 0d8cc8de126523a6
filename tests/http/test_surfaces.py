"""One table owns every path."""

from __future__ import annotations

import pytest

from obsv.http import Surface, owners, surface_of

PATHS = {
    "/api/obsv/v1/session": Surface.OWN,
    "/api/obsv/v1/tokens/a\nb": Surface.OWN,
    "/readyz": Surface.OWN,
    "/agent.pyz": Surface.OWN,
    "/api/v1/query": Surface.PROMETHEUS,
    "/api/v1/label/job/values": Surface.PROMETHEUS,
    "/api/v1/write": Surface.PROMETHEUS,
    "/api/v1/otlp/v1/metrics": Surface.OTLP,
    "/opentelemetry/v1/metrics": Surface.OTLP,
    "/v1/metrics": Surface.OTLP,
    "/v1/traces": Surface.OTLP,
    "/metrics": Surface.PROMETHEUS,
    "/metrics/job/x": Surface.PROMETHEUS,
    "/-/ready": Surface.PROMETHEUS,
    "/federate": Surface.PROMETHEUS,
    "/api/v1/stats/aggregate": Surface.PLAUSIBLE,
    "/api/v1/sites": Surface.PLAUSIBLE,
    "/api/v2/query": Surface.PLAUSIBLE,
    "/api/event": Surface.PLAUSIBLE,
    "/api/v2/alerts": Surface.ALERTMANAGER,
    "/api/v2/silences": Surface.ALERTMANAGER,
    "/api/v2/silence/1": Surface.ALERTMANAGER,
    "/api/v2/write": Surface.INFLUX,
    "/write": Surface.INFLUX,
    "/query": Surface.INFLUX,
    "/ping": Surface.INFLUX,
    "/influx/api/v2/write": Surface.INFLUX,
    "/influx/health": Surface.INFLUX,
    "/api/v2/series": Surface.DATADOG,
    "/datadog/api/v1/validate": Surface.DATADOG,
    "/api/v1/validate": Surface.DATADOG,
}


@pytest.mark.parametrize(("path", "surface"), PATHS.items())
def test_each_path_has_one_owner(path: str, surface: Surface) -> None:
    assert owners(path) == [surface]
    assert surface_of("GET", path) is surface


def test_the_one_clash_goes_by_content_type() -> None:
    assert surface_of("POST", "/api/v1/series", "application/json; charset=utf-8") is Surface.DATADOG
    assert surface_of("POST", "/api/v1/series", "application/x-www-form-urlencoded") is Surface.PROMETHEUS
    assert surface_of("GET", "/api/v1/series") is Surface.PROMETHEUS


@pytest.mark.parametrize("path", ["/", "/app/operator/hosts", "/login", "/docs/api", "/apiary", "/healthzz"])
def test_all_else_are_pages(path: str) -> None:
    assert owners(path) == []
    assert surface_of("GET", path) is Surface.PAGE
