"""What every answer carries, and what no request may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.http.conftest import Client

EVERY_KIND = [
    ("GET", "/healthz", 200), ("GET", "/nothing", 404), ("PUT", "/healthz", 405), ("OPTIONS", "/healthz", 204),
    ("GET", "/page/500", 500), ("POST", "/api/v1/write", 204), ("GET", "/slow", 503),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
def test_security_headers_are_on_every_answer(client: Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert re.search(r"style-src 'self' 'nonce-[\w-]{20,}';", policy)
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize(("path", "kind"), [("/api/obsv/v1/fail/%00", "problem+json"), ("/page/a%00b", "html")])
def test_nothing_is_named_with_a_null_character(client: Client, path: str, kind: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert kind in answer.headers["content-type"]


def test_a_nonce_is_used_once(client: Client) -> None:
    first, second = (client.get("/healthz").headers["content-security-policy"] for _ in range(2))
    assert first != second


def test_only_the_session_cookie_leaves(client: Client) -> None:
    answer = client.get("/api/obsv/v1/cookies")
    assert [line.split("=")[0] for line in answer.headers.get_list("set-cookie")] == ["obsv_session"]
    assert answer.headers["cache-control"] == "max-age=60"
    text = client.get("/metrics", headers={"Authorization": "Bearer admin"}).text
    assert int(re.findall(r"^obsv_http_cookies_stripped_total (\d+)$", text, re.MULTILINE)[0]) >= 1


def test_a_request_id_is_taken_over_if_it_is_harmless(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "trace-0815"}).headers["x-request-id"] == "trace-0815"
    assert client.get("/healthz", headers={"X-Request-Id": 'x" injected'}).headers["x-request-id"] != 'x" injected'


def test_too_large_is_refused_declared_or_not(client: Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1024

    declared = client.post("/api/obsv/v1/widgets", content=b"x" * 70_000)
    chunked = client.post("/api/obsv/v1/widgets", content=chunks())
    for answer in (declared, chunked):
        assert answer.status_code == 413
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert "max_body_bytes" in answer.json()["detail"]


def test_ingest_bounds_itself(client: Client) -> None:
    assert client.post("/api/v1/write", content=b"x" * 70_000).status_code == 204


def test_slow_requests_end(client: Client) -> None:
    answer = client.get("/slow")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "server.request_timeout" in answer.text


def test_pages_move_from_the_number_to_the_name(client: Client) -> None:
    headers = {"Host": "127.0.0.1:8450"}
    moved = client.get("/page/404?a=b%20c", headers=headers, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, "http://localhost:8450/page/404?a=b%20c")
    elsewhere = client.get("//evil.example/x", headers=headers, follow_redirects=False)
    assert elsewhere.headers["location"].startswith("http://localhost:8450/")
    assert client.get("/healthz", headers=headers).status_code == 200
    assert client.get("/agent.pyz", headers=headers, follow_redirects=False).status_code == 404
