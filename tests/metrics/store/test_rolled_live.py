"""A server whose plan keeps roll-ups for longer than samples: from the settings to what a client reads."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.live import Live

DAY, HOUR = 86_400_000, 3_600_000
LABELS = {"__name__": "requests_total", "job": "web"}


def ask(live: Live, token: str, path: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(live.url + path, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        content = answer.read()
        return json.loads(content) if content else None


def rows(live: Live, statement: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(live.folder / "data" / "metrics" / "blocks.sqlite")) as connection:
        return connection.execute(statement).fetchall()


def eventually(check: Callable[[], bool]) -> None:
    for _ in range(300):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it does not come to pass")


def test_samples_go_and_roll_ups_answer_in_their_place(tmp_path: Path) -> None:
    settings = tmp_path / "obsv.toml"
    live = Live(tmp_path, options=("--config", str(settings)))
    settings.write_text('[[plan]]\nretention = "30d"\nretention_1h = "60d"\n')
    live.start()
    token = live.token("metrics:read,metrics:write")
    today = int(time.time() * 1000) // DAY * DAY
    begin = today - 4 * DAY
    times = [begin + i * 60_000 for i in range(3 * 1440)]
    line = {"metric": LABELS, "timestamps": times, "values": [float(i) for i in range(len(times))]}
    ask(live, token, "/api/v1/import", json.dumps(line).encode())
    live.stop()  # which flushes
    live.start()
    try:
        eventually(lambda: len(rows(live, "SELECT 1 FROM metric_blocks WHERE resolution = 3600000")) > 0)
        eventually(lambda: not rows(live, "SELECT 1 FROM metric_blocks WHERE resolution = 0 AND rolled = 0"))
        query = {"query": "rate(requests_total[2h])", "start": (begin + DAY) / 1000, "end": (begin + 2 * DAY) / 1000}
        whole, between = (
            f"/api/v1/query_range?{urllib.parse.urlencode({**query, 'step': step, 'start': query['start'] + shift})}"
            for step, shift in ((3600, 0), (3000, 100))
        )
        before = ask(live, token, whole)
        assert len(before["data"]["result"][0]["values"]) == 25
        assert "infos" not in before
    finally:
        live.stop()
    # A shorter plan, and the job has not run for long.
    settings.write_text('[[plan]]\nretention = "1d"\nretention_1h = "60d"\n')
    with closing(sqlite3.connect(live.folder / "data" / "obsv.sqlite")) as connection, connection:
        connection.execute("DELETE FROM job_runs WHERE job = 'metrics.retention'")
    live.start()
    try:
        eventually(lambda: not rows(live, "SELECT 1 FROM metric_blocks WHERE resolution = 0"))
        assert ask(live, token, whole) == before
        near = ask(live, token, between)
        (info,) = near["infos"]
        assert "from 1h roll-ups, at times that are moved by up to 30m (1:6)" in info
        assert {value for _, value in near["data"]["result"][0]["values"]} == {"0.016666666666666666"}
        query["query"] = "changes(requests_total[2h])"
        left = ask(live, token, f"/api/v1/query_range?{urllib.parse.urlencode({**query, 'step': 3600})}")
        assert left["data"]["result"] == []
        assert "cannot be told from roll-ups" in left["warnings"][0]
    finally:
        live.stop()
