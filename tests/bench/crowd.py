"""How long writes take while many heavy queries run at once, against how long they take alone."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from tests.bench.servers import Target

HEAVY = (
    "sum by (route, status) (rate(http_requests_total[5m]))",
    "histogram_quantile(0.95, sum by (le) (rate(http_request_seconds_bucket[5m])))",
    "http_request_seconds_bucket",
)
READERS = 30
WRITES_A_SECOND = 20


@dataclass
class Latency:
    """Milliseconds of writes, and how many queries were answered (or refused) meanwhile."""

    p50_ms: float
    p99_ms: float
    answered: int = 0
    refused: int = 0


@dataclass
class _Crowd:
    target: Target
    end_s: int
    stop: threading.Event = field(default_factory=threading.Event)
    answered: int = 0
    refused: int = 0

    def read(self, number: int) -> None:
        url = urllib.parse.urlsplit(self.target.base_url)
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self.target.headers}
        while not self.stop.is_set():
            expression = HEAVY[number % len(HEAVY)]
            params = {"query": expression, "start": self.end_s - 3600, "end": self.end_s, "step": 30, "nocache": 1}
            connection.request("POST", "/api/v1/query_range", urllib.parse.urlencode(params), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.answered += 1
            else:
                self.refused += 1
                time.sleep(0.2)
        connection.close()


def write_latency(target: Target, bodies: list[bytes], end_s: int, *, readers: int) -> Latency:
    """Send the bodies at a steady pace, timing each, while `readers` ask heavy queries all the time."""
    crowd = _Crowd(target, end_s)
    threads = [threading.Thread(target=crowd.read, args=(number,), daemon=True) for number in range(readers)]
    for thread in threads:
        thread.start()
    time.sleep(2 if readers else 0)
    url = urllib.parse.urlsplit(target.write_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", **target.headers}
    taken: list[float] = []
    for body in bodies:
        begun = time.perf_counter()
        connection.request("POST", url.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        taken.append(time.perf_counter() - begun)
        if answer.status >= 300:
            raise RuntimeError(f"{target.name}: {answer.status} {text[:200]!r}")
        time.sleep(max(0.0, 1 / WRITES_A_SECOND - taken[-1]))
    crowd.stop.set()
    for thread in threads:
        thread.join(120)
    taken.sort()
    p50, p99 = statistics.median(taken) * 1e3, taken[int(len(taken) * 0.99)] * 1e3
    return Latency(p50, p99, crowd.answered, crowd.refused)


def crowd_table(quiet: dict[str, Latency], busy: dict[str, Latency]) -> list[str]:
    """A Markdown table of both."""
    lines = [
        f"| server | quiet p50 / p99 ms | p50 / p99 ms beside {READERS} readers | p99 ratio | queries answered, refused |",
        "|---|---|---|---|---|",
    ]
    for name, one in quiet.items():
        other = busy[name]
        lines.append(
            f"| {name} | {one.p50_ms:.1f} / {one.p99_ms:.1f} | {other.p50_ms:.1f} / {other.p99_ms:.1f} "
            f"| {other.p99_ms / one.p99_ms:.1f} | {other.answered}, {other.refused} |"
        )
    return lines
