"""What is printed of a request, and what never is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from obsv.http import configure_logging, get_logger
from tests.http.conftest import Client

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Puts the process' logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_request_has_one_line_without_its_query(client: Client, capsys: Capture) -> None:
    configure_logging("json", "info")
    client.get("/page/404?token=obsv_org_abcdefgh_secret", headers={"X-Request-Id": "trace-0815"})
    client.get("/healthz")
    client.post("/api/v1/write", content=b"")
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    took = line.pop("duration_ms")
    stamp = line.pop("timestamp")
    assert took >= 0
    assert stamp.endswith("Z")
    assert line == {
        "event": "request.answered",
        "level": "info",
        "component": "http",
        "method": "GET",
        "path": "/page/404",
        "request_id": "trace-0815",
        "status": 404,
    }


@pytest.mark.parametrize("kind", ["json", "console"])
def test_a_failure_is_logged_with_its_cause_and_without_secrets(client: Client, capsys: Capture, kind: str) -> None:
    configure_logging(kind, "info")
    client.get("/api/obsv/v1/fail/500")
    get_logger("test").warning("mail.failed", detail="to alice@example.com via 198.51.100.7, Bearer abcdefghijkl")
    try:
        raise ValueError("postgres://obsv:hunter2@db/x")
    except ValueError:
        get_logger("test").exception("db.failed")
    logging.getLogger("some.library").warning("told bob@example.com")
    text = capsys.readouterr().err
    assert "RuntimeError" in text
    assert "mail.failed" in text
    assert "db.failed" in text
    assert "[email]" in text
    assert text.count("[email]") == 2
    for secret in ("alice@", "bob@", "198.51", "abcdefghijkl", "obsv:hunter2@"):
        assert secret not in text


def test_levels(capsys: Capture) -> None:
    configure_logging("json", "warning")
    get_logger("test").info("not.said")
    get_logger("test").warning("was.said")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["was.said"]
