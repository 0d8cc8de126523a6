"""Every surface's errors have its own shape, and tell no secret."""

from __future__ import annotations

import pytest

from tests.http.conftest import Client


def test_own_errors_are_problem_details(client: Client) -> None:
    answer = client.get("/api/obsv/v1/fail/422", headers={"X-Request-Id": "abcdefgh-1"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/errors#invalid",
        "title": "Invalid",
        "status": 422,
        "detail": "bad fields",
        "instance": "/api/obsv/v1/fail/422",
        "code": "bad_widget",
        "request_id": "abcdefgh-1",
        "errors": [{"pointer": "/name", "detail": "too long"}],
    }


@pytest.mark.parametrize(
    ("path", "method", "status", "kind"),
    [
        ("/api/v1/status/404", "GET", 404, "not_found"),
        ("/api/v1/status/503", "GET", 503, "unavailable"),
        ("/api/v1/nothing", "GET", 404, "not_found"),
        ("/api/v1/write", "GET", 405, "bad_data"),
    ],
)
def test_prometheus_errors(client: Client, path: str, method: str, status: int, kind: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["status"], answer.json()["errorType"]) == (status, "error", kind)


def test_plausible_has_no_403(client: Client) -> None:
    answer = client.get("/api/v1/stats/403")
    assert (answer.status_code, answer.json()) == (401, {"error": "no <scope>"})


def test_pages_are_html_also_where_there_is_no_route(client: Client) -> None:
    for path in ("/page/404", "/no/such/page"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text == f"<h1>Not found</h1> {answer.headers['x-request-id']}"


def test_wrong_method_names_the_right_ones(client: Client) -> None:
    answer = client.delete("/api/obsv/v1/widgets")
    assert (answer.status_code, answer.json()["title"]) == (405, "Method not allowed")
    assert "POST" in answer.headers["allow"]


def test_an_unforeseen_error_says_nothing_of_itself(client: Client) -> None:
    for path in ("/api/obsv/v1/fail/500", "/api/v1/status/500", "/page/500"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert "Traceback" not in answer.text


def test_retry_after_and_authenticate(client: Client) -> None:
    assert client.get("/api/obsv/v1/fail/429").headers["retry-after"] == "2"
    assert client.get("/api/v1/status/503").headers["retry-after"] == "7"
    assert client.get("/api/obsv/v1/fail/401").headers["www-authenticate"].startswith("Bearer")


def test_a_body_that_does_not_fit_names_the_field(client: Client) -> None:
    answer = client.post("/api/obsv/v1/widgets", json={"name": "a", "size": "big"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"pointer": "/size", "detail": "Expected `int`, got `str`"}]
    assert answer.json()["detail"] == "This does not fit: /size Expected `int`, got `str`"
    nothing = client.post("/api/obsv/v1/widgets")
    assert (nothing.status_code, nothing.json()["detail"]) == (400, "This does not fit: There is no body: send JSON.")
    assert nothing.json()["errors"] == [{"pointer": "", "detail": "There is no body: send JSON."}]
    broken = client.post("/api/obsv/v1/widgets", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
