"""Alive, ready, own metrics, the API's description."""

from __future__ import annotations

from tests.http.conftest import Client, Parts


def test_alive(client: Client) -> None:
    for path in ("/healthz", "/-/healthy", "/api/health"):
        assert client.get(path).json() == {"status": "ok"}


def test_ready_names_what_is_not(client: Client, parts: Parts) -> None:
    for path in ("/readyz", "/-/ready"):
        assert client.get(path).json() == {"status": "ok", "checks": {"database": "ok", "log": "ok"}}
    parts.is_broken = True
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "failing: ConnectionError", "log": "ok"}
    assert answer.headers["retry-after"] == "2"
    assert client.get("/healthz").status_code == 200


def test_own_metrics_need_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer admin"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE obsv_http_requests_total counter" in answer.text


def test_the_reference_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/docs/api").text
    assert "POST /api/obsv/v1/widgets" in page
    assert "Make a widget." in page
    assert "http" not in page
    assert "<script" not in page
    assert client.get("/api/obsv/v1/schema/openapi.json").json()["info"]["version"] == "1.2.3"


def test_the_document_tells_our_own_errors(client: Client) -> None:
    document = client.get("/api/obsv/v1/schema/openapi.json").json()
    answers = document["paths"]["/api/obsv/v1/widgets"]["post"]["responses"]
    assert "400" not in answers
    assert list(answers["default"]["content"]) == ["application/problem+json"]
    assert {"title", "status", "detail", "code"} <= set(document["components"]["schemas"]["Problem"]["required"])
