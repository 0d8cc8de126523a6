"""Send a workload as fast as a server takes it, and say what that cost the server."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.process import PeakMemory, folder_bytes, usage
from tests.bench.servers import Target

WRITTEN_S = 3
"""VictoriaMetrics has what it holds in memory on the disk five seconds later; all servers are given that time and more."""


@dataclass
class Cost:
    """Figures of one load: CPU includes what the server burned in the background until it had settled."""

    samples: int
    samples_per_s: float
    cpu_us_per_sample: float
    peak_rss_mb: float
    start_rss_mb: float
    bytes_per_sample: float
    p99_ms: float


def _send(target: Target, bodies: list[bytes], latencies: list[float], errors: list[str]) -> None:
    url = urlsplit(target.write_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        **target.headers,
    }
    for body in bodies:
        for _ in range(50):
            begun = time.perf_counter()
            connection.request("POST", url.path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            latencies.append(time.perf_counter() - begun)
            if answer.status not in (429, 503):
                break
            time.sleep(0.1)
        if answer.status >= 300:
            errors.append(f"{answer.status} {text[:200]!r}")
    connection.close()


def load(
    target: Target,
    work: list[tuple[int, bytes]],
    per_scrape: int,
    *,
    lanes: int = 4,
    settle_s: float = 4,
    flush: bool = True,
) -> Cost:
    """Send `work`; each lane owns a fixed slice of every scrape, so a series' samples arrive in order.

    Raises RuntimeError when a request was refused: such a run's figures would count samples that were not taken.
    """
    split: list[list[bytes]] = [[] for _ in range(lanes)]
    for position, (_, body) in enumerate(work):
        split[position % per_scrape % lanes].append(body)
    samples = sum(count for count, _ in work)
    cpu_before, rss_before = usage(target.pid)
    memory = PeakMemory(target.pid)
    memory.start()
    latencies: list[float] = []
    errors: list[str] = []
    threads = [threading.Thread(target=_send, args=(target, bodies, latencies, errors)) for bodies in split]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begun
    if errors or len(latencies) < len(work):
        raise RuntimeError(
            f"{target.name}: {len(errors)} refused, {len(latencies)} of {len(work)} answered: {errors[:1]}"
        )
    time.sleep(settle_s)
    if flush:
        target.flush()
    time.sleep(settle_s and settle_s + WRITTEN_S)
    peak = memory.stop()
    cpu_after, _ = usage(target.pid)
    return Cost(
        samples,
        samples / wall,
        (cpu_after - cpu_before) * 1e6 / samples,
        peak / 1e6,
        rss_before / 1e6,
        folder_bytes(target.data_dir) / samples,
        sorted(latencies)[int(len(latencies) * 0.99)] * 1e3,
    )
