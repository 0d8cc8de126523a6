"""Monitors of the operator: one that is not checked, and one that waits for a job that has reported."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Final

SCOPES: Final = "monitors:read,monitors:write"
_MONITORS: Final[tuple[dict[str, Any], ...]] = (
    {
        "key": "shop",
        "name": "Shop",
        "tags": ["web"],
        "is_paused": True,
        "check": {
            "kind": "http",
            "url": "https://shop.example.com/health",
            "secret_headers": {"X-Key": "secret"},
            "json": [{"path": "$.state", "op": "==", "value": "ok"}],
        },
    },
    {"key": "backup", "name": "Backup", "check": {"kind": "heartbeat", "cron": "30 4 * * *", "grace_s": 3600}},
)


def call(url: str, token: str, method: str, path: str, body: object = None) -> Any:
    """What the API of monitors answers."""
    request = urllib.request.Request(
        f"{url}/api/obsv/v1{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def make_all(url: str, token: str) -> None:
    """Make them, and report once."""
    for monitor in _MONITORS:
        call(url, token, "POST", "/monitors", {"monitor": monitor})
    address = str(call(url, token, "GET", "/monitors/backup")["ping_url"])
    with urllib.request.urlopen(address, timeout=20):
        pass
