"""`obsv admin reset-user`: the password always, the second factors only when asked."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.live import Live

ANN = ("--email", "ann@example.org")


def test_second_factors_stay_unless_told(tmp_path: Path) -> None:
    live = Live(tmp_path)
    made = live.cli(
        *("admin", "create-user", *ANN, "--name", "Ann", "--org", "Acme", "--role", "owner"),
        *("--password-stdin", "--json"),
        stdin="correct horse battery 9",
    )
    with sqlite3.connect(tmp_path / "data" / "obsv.sqlite") as database:
        database.execute("INSERT INTO totp_secrets VALUES (?, 'sealed', 0, 0)", (json.loads(made)["id"],))
    for flags, removed, left in (((), 0, 1), (("--second-factors",), 1, 0)):
        told = live.cli(
            "admin", "reset-user", *ANN, "--password-stdin", "--json", *flags, stdin="another horse battery 9"
        )
        assert json.loads(told) == {"email": "ann@example.org", "removed_second_factors": removed}
        with sqlite3.connect(tmp_path / "data" / "obsv.sqlite") as database:
            assert database.execute("SELECT COUNT(*) FROM totp_secrets").fetchone() == (left,)
            assert database.execute("SELECT COUNT(*) FROM outbox_messages").fetchone() == (removed,)
