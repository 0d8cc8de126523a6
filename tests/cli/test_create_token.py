"""`obsv admin create-token`: of the organisation, from the networks that were named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live import Live

COMMAND = ("admin", "create-token", "--org", "operator", "--name", "t", "--json")


def test_kinds_and_networks(tmp_path: Path) -> None:
    live = Live(tmp_path)
    networks = ("--allow", "192.0.2.0/24", "--allow", "2001:db8::1")
    made = json.loads(live.cli(*COMMAND, "--scopes", "metrics:read", *networks))
    assert (made["kind"], made["allowed_networks"]) == ("org", ["192.0.2.0/24", "2001:db8::1/128"])
    made = json.loads(live.cli(*COMMAND, "--scopes", "metrics:write"))
    assert (made["kind"], made["allowed_networks"], made["expires_at_ms"]) == ("ing", [], None)


def test_what_is_wrong_with_a_network_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"write 192\.0\.2\.0/24, or 192\.0\.2\.7 alone"):
        Live(tmp_path).cli(*COMMAND, "--scopes", "metrics:read", "--allow", "192.0.2.7/24")
