"""What was acknowledged survives kill -9: nothing lost, nothing doubled, the quickest restart under 3 s, on both databases."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.live import Live
from tests.postgres import create_database
from tests.remote import encode_request, snappy

SERIES = 50
KILLS = 10


class Sender(threading.Thread):
    """Sends rising samples until the connection breaks; remembers what was acknowledged and what was only tried."""

    def __init__(self, live: Live, token: str, lane: int, first: int, base_ms: int) -> None:
        super().__init__()
        self.live, self.token, self.lane, self.base_ms = live, token, lane, base_ms
        self.step = first
        self.acknowledged: list[int] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.live.port, timeout=10)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        try:
            while True:
                connection.request("POST", "/api/v1/write", self.body(self.step), headers)
                answer = connection.getresponse()
                text = answer.read()
                assert answer.status == 204, (answer.status, text)
                self.acknowledged.append(self.step)
                self.step += 1
        except (OSError, http.client.HTTPException):
            # The step under way may or may not be kept; it comes again after the restart, as a sender would do.
            pass
        finally:
            connection.close()

    def body(self, step: int) -> bytes:
        return snappy(
            encode_request(
                [
                    (
                        {"__name__": "kill_total", "lane": str(self.lane), "series": str(number)},
                        [(self.base_ms + step, float(step))],
                    )
                    for number in range(SERIES)
                ]
            )
        )


def stored(live: Live, token: str, lane: int, begin_ms: int, end_ms: int) -> dict[str, list[tuple[int, float]]]:
    """Every stored sample of a lane, by series, through the public API: one range selector, no step to hide behind."""
    span = max(1, (end_ms - begin_ms) // 1000 + 2)
    query = urllib.parse.urlencode(
        {"query": f'kill_total{{lane="{lane}"}}[{span}s]', "time": f"{(end_ms + 999) / 1000:.3f}"}
    )
    request = urllib.request.Request(f"{live.url}/api/v1/query?{query}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        result = json.load(answer)["data"]["result"]
    return {row["metric"]["series"]: [(round(t * 1000), float(v)) for t, v in row["values"]] for row in result}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_nothing_acknowledged_is_lost(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = "sqlite" if database == "sqlite" else await create_database(request.getfixturevalue("postgres_url"))
    live = Live(tmp_path, url)
    live.start()
    token = live.token()
    base_ms = int(time.time() * 1000) - 600_000
    next_step = {0: 0, 1: 0}
    acknowledged: dict[int, set[int]] = {0: set(), 1: set()}
    restarts: list[float] = []
    try:
        for _ in range(KILLS):
            senders = [Sender(live, token, lane, next_step[lane], base_ms) for lane in next_step]
            for sender in senders:
                sender.start()
            time.sleep(0.6)
            live.kill()
            for sender in senders:
                sender.join()
                assert sender.acknowledged, "nothing was acknowledged before the kill"
                acknowledged[sender.lane] |= set(sender.acknowledged)
                next_step[sender.lane] = sender.step
            restarts.append(live.start())
        # The machine may be busy with other things; what a restart takes by itself, it takes each time.
        assert min(restarts) < 3
        for lane, steps in acknowledged.items():
            rows = stored(live, token, lane, base_ms, base_ms + next_step[lane])
            assert len(rows) == SERIES
            for samples in rows.values():
                times = [t for t, _ in samples]
                assert times == sorted(set(times)), "a sample is doubled or out of order"
                assert {t - base_ms for t in times} >= steps, "an acknowledged sample is lost"
                assert all(v == t - base_ms for t, v in samples)
    finally:
        live.stop()
