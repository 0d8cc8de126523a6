"""Series as servers have them: counters, byte counters, histograms, gauges, constants, at every target's own times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from obsv.metrics.store.blocks import Flush, SeriesKeys
from tests.metrics.blocks.support import START, label_key

STEP_MS = 15_000
BUCKETS = ("0.01", "0.05", "0.1", "0.5", "1", "5", "10", "+Inf")


@dataclass
class Workload:
    keys: list[bytes]
    t: np.ndarray  # int64[series, scrapes]
    v: np.ndarray  # float64[series, scrapes]

    def flush(self, first: int, stop: int, log_seq: int, *, org: int = 1) -> Flush:
        """Scrapes first..stop of all series; the first flush names them."""
        series = len(self.keys)
        orgs, sids = np.full(series, org, np.int64), np.arange(series, dtype=np.uint32)
        new = SeriesKeys.empty() if first else SeriesKeys(orgs, sids, self.keys)

        def samples(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            offsets = np.arange(len(rows) + 1, dtype=np.int64) * (stop - first)
            return offsets, self.t[rows, first:stop].ravel(), self.v[rows, first:stop].ravel()

        return Flush(log_seq, new, orgs, sids, samples)


def make(targets: int, scrapes: int, *, seed: int = 1) -> Workload:
    """115 series for each target."""
    random = np.random.default_rng(seed)
    keys, times, values = list[bytes](), list[np.ndarray](), list[np.ndarray]()
    for target in range(targets):
        jitter = random.integers(0, STEP_MS) + (random.random(scrapes) < 0.02)
        when = START + np.arange(scrapes) * STEP_MS + jitter
        for labels, value in _series(random, scrapes):
            where = {"instance": f"host-{target:04}.example:9100", "job": "node", "region": f"eu-{target % 3}"}
            keys.append(label_key(labels | where))
            times.append(when)
            values.append(value)
    return Workload(keys, np.array(times), np.array(values))


def _series(random: np.random.Generator, scrapes: int) -> list[tuple[dict[str, str], np.ndarray]]:
    def counter(steps: np.ndarray) -> np.ndarray:
        return np.cumsum(steps) + random.integers(0, 10**7)

    made: list[tuple[dict[str, str], np.ndarray]] = []
    for cpu in range(4):
        for n, mode in enumerate(("user", "system", "idle", "iowait", "irq", "steal")):
            seconds = counter(15 / (1 + 3 * n) * random.uniform(0.8, 1.2, scrapes))
            made.append(({"__name__": "cpu_seconds_total", "cpu": str(cpu), "mode": mode}, np.round(seconds, 2)))
    for device in ("eth0", "eth1", "eth2"):
        moved = counter(np.floor(30e6 * random.gamma(2.0, 0.5, scrapes)))
        made.append(({"__name__": "network_bytes_total", "device": device}, moved))
        made.append(({"__name__": "network_errors_total", "device": device}, np.zeros(scrapes)))
    for path in ("/", "/login", "/search"):
        requests = random.poisson(40, scrapes)
        for n, le in enumerate(BUCKETS):
            share = np.round(requests * (n + 1) / len(BUCKETS))
            made.append(({"__name__": "duration_seconds_bucket", "path": path, "le": le}, counter(share)))
        for code in ("200", "404", "500"):
            hits = counter(random.poisson(8 if code == "200" else 0.2, scrapes))
            made.append(({"__name__": "requests_total", "path": path, "code": code}, hits))
    for n in range(10):
        free = 4096 * np.abs(
            10**6 + np.cumsum(np.round(random.normal(0, 40, scrapes)) * (random.random(scrapes) < 0.5))
        )
        made.append(({"__name__": f"memory_{n}_bytes"}, free))
        made += [
            ({"__name__": f"{kind}_{n}"}, np.full(scrapes, float(2**30 + n))) for kind in ("limit", "start", "info")
        ]
    for n in range(6):
        load = np.round(np.abs(2 + np.cumsum(random.normal(0, 0.05, scrapes))), 2)
        made.append(({"__name__": f"load_{n}"}, load))
        made.append(({"__name__": f"queue_{n}"}, np.floor(random.uniform(0, 20) + random.random(scrapes) * 3)))
    return made
