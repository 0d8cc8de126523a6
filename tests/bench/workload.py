"""A fleet of hosts and services as a Prometheus would send it: remote_write 1.0 bodies, made before the clock starts.

The shapes are the common ones: whole-number and fractional counters, byte counters, gauges with two decimals, flat
series, classic histograms.  Options add what life adds: targets that restart (counter resets) and end (stale markers).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import cramjam
import numpy as np

STEP_MS = 15_000
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
ROUTES = ("/", "/login", "/search", "/cart", "/checkout", "/api/items", "/api/users", "/healthz")
STATUSES = ("200", "302", "404", "500")
SHARE = (0.93, 0.03, 0.03, 0.01)


@dataclass
class Shape:
    """One series: its labels, how it moves, how fast, and the part of its histogram it counts."""

    labels: dict[str, str]
    kind: str  # count | seconds | bytes | gauge | flat | bucket
    pace: float
    part: float = 1.0


def host(number: int) -> Iterator[Shape]:
    """The series of one host with a node exporter and one web service."""
    place = {"region": ("eu", "us", "ap")[number % 3], "zone": f"z{number % 5}"}
    node = {"job": "node", "instance": f"web-{number:04d}.example:9100", **place}
    app = {"job": "shop", "instance": f"web-{number:04d}.example:8080", **place}
    for cpu in range(4):
        for rank, mode in enumerate(("idle", "user", "system", "iowait", "irq", "softirq", "steal", "nice")):
            yield Shape(
                {"__name__": "node_cpu_seconds_total", "cpu": str(cpu), "mode": mode, **node},
                "seconds",
                13 / (1 + 4 * rank),
            )
    for device in ("eth0", "eth1"):
        for way in ("receive", "transmit"):
            yield Shape({"__name__": f"node_network_{way}_bytes_total", "device": device, **node}, "bytes", 4e6)
            yield Shape({"__name__": f"node_network_{way}_packets_total", "device": device, **node}, "count", 4e3)
            yield Shape({"__name__": f"node_network_{way}_drop_total", "device": device, **node}, "flat", 0)
    for mount in ("/", "/var", "/srv"):
        yield Shape({"__name__": "node_filesystem_avail_bytes", "mountpoint": mount, **node}, "bytes_gauge", 2e11)
        yield Shape({"__name__": "node_filesystem_size_bytes", "mountpoint": mount, **node}, "flat", 5e11)
    for name in ("node_load1", "node_load5", "node_load15"):
        yield Shape({"__name__": name, **node}, "gauge", 3.0)
    for name in ("MemTotal", "SwapTotal"):
        yield Shape({"__name__": f"node_memory_{name}_bytes", **node}, "flat", 3.3e10)
    for name in ("MemFree", "MemAvailable", "Cached", "Buffers"):
        yield Shape({"__name__": f"node_memory_{name}_bytes", **node}, "bytes_gauge", 8e9)
    for labels in (node, app):
        yield Shape({"__name__": "up", **labels}, "flat", 1)
    for rank, route in enumerate(ROUTES):
        for status, share in zip(STATUSES, SHARE, strict=True):
            yield Shape(
                {"__name__": "http_requests_total", "route": route, "status": status, **app},
                "count",
                400 * share / (1 + rank),
            )
        for rung, le in enumerate(BUCKETS):
            part = (rung + 1) / len(BUCKETS)
            yield Shape(
                {"__name__": "http_request_seconds_bucket", "route": route, "le": le, **app},
                "bucket",
                400 / (1 + rank),
                part,
            )
        yield Shape({"__name__": "http_request_seconds_sum", "route": route, **app}, "seconds", 30 / (1 + rank))
        yield Shape({"__name__": "http_request_seconds_count", "route": route, **app}, "bucket", 400 / (1 + rank))


def varint(number: int) -> bytes:
    """A protobuf varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field_bytes(tag: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return bytes([tag << 3 | 2]) + varint(len(content)) + content


@dataclass
class Workload:
    """`series` series over `scrapes` scrapes ending at `end_ms`, `batch` samples a request.

    `lifetime` ends every series after that many scrapes (with a stale marker) and starts another in its place.
    """

    series: int
    scrapes: int
    end_ms: int
    batch: int = 2000
    seed: int = 7
    lifetime: int = 0
    shapes: list[Shape] = field(init=False, default_factory=list[Shape])

    def __post_init__(self) -> None:
        self.end_ms -= self.end_ms % STEP_MS
        number = 0
        while len(self.shapes) < self.series:
            self.shapes += list(host(number))[: self.series - len(self.shapes)]
            number += 1

    @property
    def start_ms(self) -> int:
        """Time of the first scrape."""
        return self.end_ms - (self.scrapes - 1) * STEP_MS

    def _heads(self, generation: int) -> list[bytes]:
        heads: list[bytes] = []
        for shape in self.shapes:
            labels = shape.labels | ({"pod": f"g{generation}"} if self.lifetime else {})
            encoded = b"".join(
                field_bytes(1, field_bytes(1, name.encode()) + field_bytes(2, labels[name].encode()))
                for name in sorted(labels)
            )
            heads.append(b"\x0a" + varint(len(encoded) + 18) + encoded + b"\x12\x10\x09")
        return heads

    def columns(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(time ms, value) of every series, scrape by scrape."""
        rng = np.random.default_rng(self.seed)
        kinds = np.array([shape.kind for shape in self.shapes])
        pace = np.array([shape.pace for shape in self.shapes])
        part = np.array([shape.part for shape in self.shapes])
        targets = {(s.labels["instance"]): i for i, s in enumerate(reversed(self.shapes))}
        order = {name: i for i, name in enumerate(targets)}
        target = np.array([order[shape.labels["instance"]] for shape in self.shapes])
        phase = rng.integers(0, STEP_MS, len(order))
        value = np.floor(pace * part * rng.uniform(100, 5000, len(pace)))
        value[kinds == "flat"] = pace[kinds == "flat"]
        gauge, big = kinds == "gauge", kinds == "bytes_gauge"
        value[gauge] = np.round(pace[gauge] * rng.uniform(0.1, 1, gauge.sum()), 2)
        value[big] = np.floor(pace[big] * rng.uniform(0.2, 0.9, big.sum()) / 4096) * 4096
        for scrape in range(self.scrapes):
            late = (rng.random(len(order)) < 0.03).astype(np.int64)
            time = self.start_ms - STEP_MS + scrape * STEP_MS + (phase + late)[target]
            if scrape:
                busy = rng.uniform(0.6, 1.4, len(order))[target]
                whole = (kinds == "count") | (kinds == "bucket")
                value[whole] += np.floor(pace[whole] * part[whole] * busy[whole])
                value[kinds == "bytes"] += np.floor(
                    pace[kinds == "bytes"] * busy[kinds == "bytes"] * rng.uniform(0.9, 1.1)
                )
                seconds = kinds == "seconds"
                value[seconds] = np.round(value[seconds] + pace[seconds] * busy[seconds], 2)
                value[gauge] = np.round(np.abs(value[gauge] + rng.normal(0, 0.08, gauge.sum())), 2)
                moved = big & (rng.random(len(value)) < 0.5)
                value[moved] = np.abs(value[moved] + np.round(rng.normal(0, 250, moved.sum())) * 4096)
            yield time, value.copy()

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """(samples, snappy body) in sending order."""
        generation, heads = 0, self._heads(0)
        for scrape, (time, value) in enumerate(self.columns()):
            if self.lifetime and scrape and scrape % self.lifetime == 0:
                yield from self._pack(heads, time - 1, np.full(self.series, STALE))
                generation += 1
                heads = self._heads(generation)
            yield from self._pack(heads, time, value)

    def _pack(self, heads: list[bytes], time: np.ndarray, value: np.ndarray) -> Iterator[tuple[int, bytes]]:
        raw = value.astype("<f8").tobytes()
        for first in range(0, self.series, self.batch):
            last = min(first + self.batch, self.series)
            parts: list[bytes] = []
            for i in range(first, last):
                parts += (heads[i], raw[i * 8 : i * 8 + 8], b"\x10", varint(int(time[i])))
            yield last - first, bytes(cramjam.snappy.compress_raw(b"".join(parts)))
