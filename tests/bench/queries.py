"""Time the same PromQL on several servers that hold the same data, requests alternating so that drift hits all."""

from __future__ import annotations

import json
import math
import statistics
import time
import urllib.parse
import urllib.request
from typing import Any

from tests.bench.servers import Target

HOUR, DAY = 3600, 86_400
LABELS = -1
"""The span of what asks for label values or series instead of an expression; then that is a path."""

REQUESTS = "sum by (instance) (rate(http_requests_total[5m]))"
SUITE: tuple[tuple[str, int, int, str], ...] = (  # name, span s (0 = instant), step s, expression
    ("instant, one series", 0, 0, 'node_load1{instance="web-0000.example:9100"}'),
    ("instant, sum of up", 0, 0, "sum(up)"),
    ("instant, count by, name regex", 0, 0, 'count by (job, region) ({__name__=~"node_.*|http_.*"})'),
    ("instant, topk of rates", 0, 0, "topk(10, rate(http_requests_total[5m]))"),
    ("instant, all buckets", 0, 0, "http_request_seconds_bucket"),
    ("instant, two regexes", 0, 0, 'http_requests_total{route=~"/api/.*",status!~"2.."}'),
    ("instant, quantile by route", 0, 0,
     "histogram_quantile(0.99, sum by (le, route) (rate(http_request_seconds_bucket[5m])))"),
    ("instant, average over 1 h", 0, 0, "avg by (region) (avg_over_time(node_load1[1h]))"),
    ("instant, quantile over 1 h", 0, 0, "quantile_over_time(0.95, node_load15[1h])"),
    ("1 h, plain selector", HOUR, 15, 'node_load1{region="eu"}'),
    ("1 h, rate summed by two labels", HOUR, 15, "sum by (route, status) (rate(http_requests_total[5m]))"),
    ("1 h, quantile of all buckets", HOUR, 15,
     "histogram_quantile(0.95, sum by (le) (rate(http_request_seconds_bucket[5m])))"),
    ("1 h, CPU by host", HOUR, 60, '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'),
    ("1 h, error ratio by host", HOUR, 30,
     'sum by (instance) (rate(http_requests_total{status="500"}[5m])) / on (instance) ' + REQUESTS),
    ("1 h, share of each status", HOUR, 60,
     "sum by (instance, status) (rate(http_requests_total[5m])) / on (instance) group_left " + REQUESTS),
    ("1 h, free memory", HOUR, 60, "node_memory_MemFree_bytes / on (instance) node_memory_MemTotal_bytes"),
    ("1 h, max over 10 m", HOUR, 60, "max by (zone) (max_over_time(node_load1[10m]))"),
    ("1 h, topk of sums", HOUR, 60, "topk(5, sum by (instance) (rate(node_network_receive_bytes_total[5m])))"),
    ("1 day, few series", DAY, 60, "sum by (job) (rate(node_memory_MemFree_bytes[5m]))"),
    ("1 day, CPU by region", DAY, 60, 'avg by (region) (rate(node_cpu_seconds_total{mode="user"}[5m]))'),
    ("label values", LABELS, 0, "/api/v1/label/instance/values"),
    ("series", LABELS, 0, '/api/v1/series?match[]=http_requests_total{status="500"}'),
)  # fmt: skip


def ask(target: Target, span: int, step: int, expression: str, end_s: int) -> tuple[float, object]:
    """(seconds, the answer's data)."""
    begun = time.perf_counter()
    with urllib.request.urlopen(_request(target, span, step, expression, end_s), timeout=120) as answer:
        body = answer.read()
    took = time.perf_counter() - begun
    return took, json.loads(body)["data"]


def _request(target: Target, span: int, step: int, expression: str, end_s: int) -> urllib.request.Request:
    if span == LABELS:
        path, _, match = expression.partition("?match[]=")
        params = {"start": str(end_s - HOUR), "end": str(end_s)} | ({"match[]": match} if match else {})
        return urllib.request.Request(f"{target.base_url}{path}?{urllib.parse.urlencode(params)}", None, target.headers)
    params = {"query": expression}
    if span:
        params |= {"start": str(end_s - span), "end": str(end_s), "step": str(step), "nocache": "1"}
    else:
        params["time"] = str(end_s)
    url = f"{target.base_url}/api/v1/query{'_range' if span else ''}"
    return urllib.request.Request(url, urllib.parse.urlencode(params).encode(), target.headers)


def differ(one: Any, other: Any, tolerance: float = 1e-6) -> str:
    """Why two answers are not the same ("" = they are)."""
    if isinstance(one, list):
        left_items, right_items = (sorted(json.dumps(item, sort_keys=True) for item in data) for data in (one, other))
        return "" if left_items == right_items else f"{len(left_items)} against {len(right_items)} items"
    tables: list[dict[str, list[list[Any]]]] = [
        {json.dumps(row["metric"], sort_keys=True): row.get("values") or [row.get("value")] for row in data["result"]}
        for data in (one, other)
    ]
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
        answers: dict[str, object] = {}
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
