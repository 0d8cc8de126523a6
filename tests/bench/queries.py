"""Time the same PromQL on several servers that hold the same data, requests alternating so that drift hits all."""

from __future__ import annotations

import json
import math
import statistics
import time
import urllib.parse
import urllib.request

from tests.bench.servers import Target

HOUR, QUARTER = 3600, 900
SUITE: tuple[tuple[str, int, int, str], ...] = (  # name, span s (0 = instant), step s, expression
    ("instant, one series", 0, 0, 'node_load1{instance="web-0000.example:9100"}'),
    ("instant, sum of up", 0, 0, "sum(up)"),
    ("instant, count by, name regex", 0, 0, 'count by (job, region) ({__name__=~"node_.*|http_.*"})'),
    ("instant, topk of rates", 0, 0, "topk(10, rate(http_requests_total[5m]))"),
    ("instant, all buckets", 0, 0, "http_request_seconds_bucket"),
    ("instant, two regexes", 0, 0, 'http_requests_total{route=~"/api/.*",status!~"2.."}'),
    ("instant, average over 1 h", 0, 0, "avg by (region) (avg_over_time(node_load1[1h]))"),
    ("1 h, plain selector", HOUR, 15, 'node_load1{region="eu"}'),
    ("1 h, rate summed by two labels", HOUR, 15, "sum by (route, status) (rate(http_requests_total[5m]))"),
    ("1 h, rate of buckets by le", HOUR, 15, "sum by (le) (rate(http_request_seconds_bucket[5m]))"),
    ("1 h, CPU by host", HOUR, 60, '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'),
    ("1 h, error ratio", HOUR, 30, 'sum(rate(http_requests_total{status="500"}[5m])) / sum(rate(http_requests_total[5m]))'),
    ("1 h, max over 10 m", HOUR, 60, "max by (zone) (max_over_time(node_load1[10m]))"),
    ("1 h, topk of sums", HOUR, 60, "topk(5, sum by (instance) (rate(node_network_receive_bytes_total[5m])))"),
)  # fmt: skip


def ask(target: Target, span: int, step: int, expression: str, end_s: int) -> tuple[float, dict[str, object]]:
    """(seconds, the answer's data)."""
    params: dict[str, str] = {"query": expression}
    if span:
        params |= {"start": str(end_s - span), "end": str(end_s), "step": str(step), "nocache": "1"}
    else:
        params["time"] = str(end_s)
    url = f"{target.base_url}/api/v1/query{'_range' if span else ''}"
    request = urllib.request.Request(url, urllib.parse.urlencode(params).encode(), target.headers)
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        body = answer.read()
    took = time.perf_counter() - begun
    return took, json.loads(body)["data"]


def differ(one: dict[str, object], other: dict[str, object], tolerance: float = 1e-6) -> str:
    """Why two answers are not the same ("" = they are)."""
    tables = []
    for data in (one, other):
        rows: list[dict[str, object]] = data["result"]  # type: ignore[assignment]
        tables.append(
            {json.dumps(row["metric"], sort_keys=True): row.get("values") or [row.get("value")] for row in rows}
        )
    left, right = tables
    if left.keys() != right.keys():
        return f"{len(left)} against {len(right)} label sets"
    for key, points in left.items():
        if [point[0] for point in points] != [point[0] for point in right[key]]:
            return f"times of {key}"
        for (_, a), (_, b) in zip(points, right[key], strict=True):
            x, y = float(a), float(b)
            if not (x == y or (math.isnan(x) and math.isnan(y)) or abs(x - y) <= tolerance * max(abs(x), abs(y))):
                return f"{key}: {a} against {b}"
    return ""


def compare(targets: list[Target], end_s: int, repeats: int) -> list[dict[str, object]]:
    """A row a query: p50 ms per server name, and whether the first server agrees with Prometheus."""
    rows: list[dict[str, object]] = []
    for name, span, step, expression in SUITE:
        times: dict[str, list[float]] = {target.name: [] for target in targets}
        answers: dict[str, dict[str, object]] = {}
        for repeat in range(repeats + 2):
            for target in targets:
                took, answers[target.name] = ask(target, span, step, expression, end_s)
                if repeat >= 2:
                    times[target.name].append(took * 1e3)
        row: dict[str, object] = {"query": name} | {server: statistics.median(taken) for server, taken in times.items()}
        row["difference"] = (
            differ(answers["obsv"], answers["Prometheus"]) if {"obsv", "Prometheus"} <= answers.keys() else ""
        )
        rows.append(row)
    return rows
