"""What a query may cost, on a running server: each limit stops it, says its name, and leaves the server as it was."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import pytest
import zstandard

from tests.bench.process import PeakMemory, usage
from tests.live import Live, appliance
from tests.metrics.ingest.wire import series, snappy

SERIES = 100_000
BATCH = 5000
ENV = {
    "OBSV_METRICS__QUERY_MAX_MEMORY": "96MiB",
    "OBSV_METRICS__QUERY_MAX_SAMPLES": "5000000",
    "OBSV_METRICS__QUERY_MAX_SERIES": "250000",
    "OBSV_METRICS__QUERY_TIMEOUT": "20s",
    "OBSV_LOG__LEVEL": "warning",
}
MB = 1 << 20
HEAVY = "max_over_time(quantile_over_time(0.5, lots[1d:1s])[4h:1s])"


@dataclass
class Server:
    live: Live
    token: str
    now_s: int

    def request(self, path: str, **headers: str) -> urllib.request.Request:
        given = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): v for name, v in headers.items()}
        return urllib.request.Request(self.live.url + path, headers=given)

    def ask(self, path: str, **params: str) -> tuple[int, dict[str, Any]]:
        """Status and parsed answer of an endpoint of the API."""
        try:
            with urllib.request.urlopen(
                self.request(f"/api/v1/{path}?{urllib.parse.urlencode(params)}"), timeout=60
            ) as found:
                return found.status, json.load(found)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def gauge(self, name: str) -> float:
        """A value of the server's own metrics."""
        with urllib.request.urlopen(self.request("/metrics"), timeout=30) as page:
            lines = page.read().decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """100,000 series of two samples, and one of ten thousand."""
    with appliance(tmp_path_factory.mktemp("limits"), env=ENV) as live:
        now = int(time.time())
        server = Server(live, live.token("metrics:read,metrics:write,admin:instance"), now)
        for begin in range(0, SERIES, BATCH):
            write(server, [
                series({"__name__": "many", "i": str(i), "job": f"j{i % 10}"}, [((now - 30) * 1000, 1.0), (now * 1000, i / 7)])
                for i in range(begin, begin + BATCH)
            ])  # fmt: skip
        write(server, [series({"__name__": "lots"}, [((now - 10_000 + s) * 1000, lot(s)) for s in range(10_000)])])
        yield server


def lot(second: int) -> float:
    """Values in no order, so that sorting them takes its time."""
    return second * 7919 % 10_007 / 3


def write(server: Server, parts: list[bytes]) -> None:
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "Authorization": f"Bearer {server.token}",
    }
    request = urllib.request.Request(server.live.url + "/api/v1/write", snappy(b"".join(parts)), headers)
    with urllib.request.urlopen(request, timeout=60) as done:
        assert done.status == 204


class Watched(PeakMemory):
    """The server's memory over a block: how many MB it grew at the most."""

    def __init__(self, server: Server) -> None:
        assert server.live.process
        super().__init__(server.live.process.pid)
        self.before, self.grown_mb = usage(self.pid)[1], 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.grown_mb = (self.stop() - self.before) / MB


def test_a_hundred_thousand_series_are_answered_or_refused(server: Server) -> None:
    """Whatever is asked of them, the server's memory grows by no more than some times the limit."""
    with Watched(server) as memory:
        status, answer = server.ask("query", query="count(many)", time=str(server.now_s))
        assert (status, answer["data"]["result"][0]["value"][1]) == (200, str(SERIES))
        for text in (
            "many", "sum by (job) (many)", "many + 1", "many * on (i) group_left () many", "label_replace(many, 'x', '$1', 'i', '(.)')",
            "topk(10, many)", "count_values('v', many)", "sort(many)", "{job=~'.+'}", "many[1m]", "many or many", "histogram_quantile(0.5, many)",
            "quantile by (i) (0.5, many)", "max_over_time(many[5m:1s])",
        ):  # fmt: skip
            for kind, moment in (
                ("query", {"time": str(server.now_s)}),
                ("query_range", {"start": str(server.now_s - 11_000), "end": str(server.now_s), "step": "1"}),
            ):
                status, answer = server.ask(kind, query=text, **moment)
                assert status in (200, 400, 422), answer
                if status == 422:
                    told = answer["error"]
                    assert "query_max_memory in [metrics]" in told or "too many samples into memory" in told
    assert memory.grown_mb < 3 * 96
    assert server.ask("query", query="1")[0] == 200


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (
            "many + many",
            "query_range",
            "query would take more than 96MiB of memory in query execution; select fewer series",
        ),
        ("many[1d:1ms]", "query", "query processing would load too many samples into memory in query execution"),
        ("lots[1d:1ms]", "query", "query processing would load too many samples into memory in query execution"),
        (
            "many and many and many",
            "query",
            "query would look at more than 250000 series in query",
        ),
    ],
)
def test_what_is_too_much_is_told(server: Server, text: str, kind: str, words: str) -> None:
    moment = {"time": str(server.now_s)}
    if kind == "query_range":
        moment = {"start": str(server.now_s - 600), "end": str(server.now_s), "step": "20"}
    status, answer = server.ask(kind, query=text, **moment)
    assert (status, answer["errorType"]) == (422, "execution")
    assert answer["error"].startswith(words)


def test_time_ends_a_query_in_a_kernel(server: Server) -> None:
    begun = time.monotonic()
    status, answer = server.ask("query", query=HEAVY, time=str(server.now_s), timeout="1s")
    took = time.monotonic() - begun
    assert (status, answer["errorType"]) == (503, "timeout")
    assert answer["error"] == "query timed out in expression evaluation"
    assert took < 5
    assert ended(server, within_s=5)


def ended(server: Server, within_s: float) -> bool:
    """Whether no thread works for a query any more."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if server.gauge('obsv_queries{state="evaluating"}') == 0:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_goes_away_ends_the_query(server: Server, method: str) -> None:
    canceled = server.gauge('obsv_queries_total{outcome="canceled"}')
    form = urllib.parse.urlencode({"query": HEAVY, "time": str(server.now_s)})
    head = f"Host: localhost\r\nAuthorization: Bearer {server.token}\r\n"
    if method == "GET":
        request = f"GET /api/v1/query?{form} HTTP/1.1\r\n{head}\r\n"
    else:
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        request = f"POST /api/v1/query HTTP/1.1\r\n{head}{kind}\r\n{form}"
    with socket.create_connection(("localhost", server.live.port), timeout=10) as connection:
        connection.sendall(request.encode())
        deadline = time.monotonic() + 10
        while server.gauge('obsv_queries{state="evaluating"}') == 0:
            assert time.monotonic() < deadline, "it never began"
            time.sleep(0.02)
    assert ended(server, within_s=5)
    assert server.gauge('obsv_queries_total{outcome="canceled"}') == canceled + 1
    assert server.gauge('obsv_http_requests_total{method="' + method + '",status="499"}') >= 1


def test_a_long_answer_comes_in_pieces(server: Server) -> None:
    """It begins before it is made, takes little memory, and is the same however it is packed."""
    params = urllib.parse.urlencode({"query": "many", "time": str(server.now_s)})
    path = f"/api/v1/query?{params}"
    bodies = []
    for coding, unpack in (("identity", bytes), ("gzip", gunzip), ("zstd", unzstd)):
        with urllib.request.urlopen(server.request(path, Accept_Encoding=coding), timeout=60) as answer:
            assert answer.headers.get("transfer-encoding") == "chunked"
            assert answer.headers.get("content-encoding", "identity") == coding
            bodies.append(unpack(answer.read()))
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(bodies[0]) > 5 * MB
    rows = json.loads(bodies[0])["data"]["result"]
    assert len(rows) == SERIES
    assert {row["metric"]["i"] for row in rows} == {str(i) for i in range(SERIES)}


def gunzip(body: bytes) -> bytes:
    return zlib.decompress(body, wbits=31)


def unzstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


@pytest.mark.parametrize("path", ["series?match[]=many", "label/i/values?match[]=many"])
def test_long_lists_come_in_pieces(server: Server, path: str) -> None:
    with urllib.request.urlopen(server.request(f"/api/v1/{path}"), timeout=60) as answer:
        assert answer.headers.get("transfer-encoding") == "chunked"
        assert len(json.load(answer)["data"]) == SERIES


def test_a_long_series_comes_in_pieces(server: Server) -> None:
    status, answer = server.ask("query", query="lots[1d]", time=str(server.now_s))
    (row,) = answer["data"]["result"]
    assert (status, row["metric"]) == (200, {"__name__": "lots"})
    begin = server.now_s - 10_000
    assert [t for t, _ in row["values"]] == list(range(begin, begin + 10_000))
    assert [float(v) for _, v in row["values"]] == [lot(s) for s in range(10_000)]


def test_a_slow_reader_holds_nobody_up(server: Server) -> None:
    """While one client does not read its long answer, the server's memory stays, and others are answered."""
    params = urllib.parse.urlencode({"query": "many", "time": str(server.now_s)})
    with socket.create_connection(("localhost", server.live.port), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"Host: localhost\r\nAuthorization: Bearer {server.token}\r\n"
        connection.sendall(f"GET /api/v1/query?{params} HTTP/1.1\r\n{head}\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        times = []
        with Watched(server) as memory:
            for _ in range(50):
                begun = time.monotonic()
                assert server.ask("query", query="1")[0] == 200
                times.append(time.monotonic() - begun)
        assert sorted(times)[25] < 0.2
        assert memory.grown_mb < 30
    assert ended(server, within_s=5)


def test_the_loop_goes_on_beside_a_heavy_query(server: Server) -> None:
    waits: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            begun = time.monotonic()
            server.ask("query", query="1")
            waits.append(time.monotonic() - begun)

    thread = threading.Thread(target=watch)
    thread.start()
    server.ask("query", query="many", time=str(server.now_s))
    server.ask("query", query="sort(label_replace(many, 'x', '$1', 'i', '(.)'))", time=str(server.now_s))
    done.set()
    thread.join()
    assert sorted(waits)[len(waits) // 2] < 0.5
