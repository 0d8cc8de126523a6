"""The same questions to obsv and to a real Prometheus that hold the same data: the same answers."""

from __future__ import annotations

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench import servers
from tests.bench.load import load
from tests.bench.queries import SUITE, differ
from tests.bench.servers import Target
from tests.bench.workload import STEP_MS, Workload

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(240)]

QUERIES = (
    *(expression for _, _, _, expression in SUITE),
    "node_load1", 'node_load1{region!="eu"}', 'node_load1{zone=~"z[0-2]"} offset 2m', "node_load1 @ end()", "-node_load1",
    "node_load1 * 2 + 1", "node_load1 > 1", "node_load1 > bool 1", "1 < node_load1", "node_load1 % 1", "node_load1 ^ 0.5",
    "node_load1 / on (instance) node_load5", "node_load1 - ignoring (job) node_load15", "node_load1 and node_load5 > 1",
    "node_load1 unless on (instance) (node_load5 > 1)", "node_load1 > 2 or node_load5", "up * on (instance) group_left (zone) node_load1",
    "node_filesystem_avail_bytes / on (instance, mountpoint) node_filesystem_size_bytes",
    "sum without (instance) (node_load1)", "avg by (region, zone) (node_load1)", "stddev(node_load1)", "stdvar by (zone) (node_load1)",
    "min by (region) (node_load1)", "max(node_load1)", "count(node_load1 > 1)", "group by (region) (node_load1)",
    "topk(2, node_load1)", "bottomk by (region) (1, node_load1)", "quantile(0.9, node_load1)", "quantile by (zone) (0.3, node_load1)",
    'count_values("load", round(node_load1))', "limitk(3, node_load1)",
    "rate(node_network_receive_bytes_total[1m])", "increase(node_network_receive_bytes_total[3m])", "irate(http_requests_total[1m])",
    "idelta(node_load1[1m])", "delta(node_load1[4m])", "deriv(node_load1[3m])", "predict_linear(node_load1[3m], 600)",
    "avg_over_time(node_load1[3m])", "min_over_time(node_load1[3m])", "max_over_time(node_load1[3m])", "sum_over_time(node_load1[2m])",
    "count_over_time(node_load1[2m])", "stddev_over_time(node_load1[3m])", "stdvar_over_time(node_load1[3m])",
    "last_over_time(node_load1[1m])", "present_over_time(node_load1[1m])", "quantile_over_time(0.7, node_load1[3m])",
    "changes(node_load1[3m])", "resets(http_requests_total[3m])", "absent(nothing)", 'absent_over_time(nothing{a="b"}[1m])',
    "mad_over_time(node_load1[3m])",
    "histogram_quantile(0.9, sum by (le) (rate(http_request_seconds_bucket[2m])))",
    "histogram_quantile(0.5, rate(http_request_seconds_bucket[2m]))",
    "max_over_time(rate(http_requests_total[1m])[3m:30s])", "sum(sum_over_time(node_load1[1m:15s]))",
    "avg_over_time((node_load1 > 1)[2m:20s] offset 30s)",
    "abs(node_load1 - 2)", "ceil(node_load1)", "floor(node_load1)", "round(node_load1, 0.25)", "clamp(node_load1, 1, 2)",
    "clamp_min(node_load1, 1)", "clamp_max(node_load1, 1)", "exp(node_load1)", "ln(node_load1)", "log2(node_load1)",
    "log10(node_load1)", "sqrt(node_load1)", "sgn(node_load1 - 1)", "sin(node_load1)", "atan(node_load1)", "deg(node_load1)",
    'label_replace(node_load1, "host", "$1", "instance", "(.*?)[.].*")', 'label_join(node_load1, "place", "/", "region", "zone")',
    "timestamp(node_load1)", "time()", "vector(1)", "scalar(sum(node_load1))", "sort_desc(node_load1)", "hour()", "minute(node_load1)",
    "day_of_month()", "month()", "year()", "days_in_month()", "day_of_week()", "pi()", "1 + 2 * 3 ^ 2", "1 > bool 2", '"text"',
    "http_requests_total[30s]", "node_load1[1m:15s]",
    # What is refused is refused in the same words, at the same place.
    "sum(", "rate(node_load1)", "node_load1 +", "nope(node_load1)", "1 > 2", 'node_load1{a=~"("}', 'node_load1{a=~"x["}', 'node_load1{a=~"*"}', "{}", "node_load1[0s]",
    "up * on (job) node_load1", "node_load1 and 1", 'label_replace(up, "a", "x", "b", "(")',
)  # fmt: skip


FLAG = "--enable-feature=promql-experimental-functions"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, peers: Path) -> Iterator[tuple[Target, Target, int]]:
    """obsv, Prometheus, and the second at which the data ends."""
    folder = tmp_path_factory.mktemp("differential")
    workload = Workload(1200, 40, int(time.time()) * 1000, batch=600)
    work = list(workload.bodies())
    with servers.obsv(folder / "obsv") as ours, servers.prometheus(peers, folder / "prometheus", FLAG) as theirs:
        for target in (ours, theirs):
            load(target, work, 2, lanes=1, settle_s=0)
        yield ours, theirs, (workload.end_ms - STEP_MS) // 1000


def ask(target: Target, path: str, params: dict[str, str]) -> dict[str, Any]:
    """The whole answer, whatever its status."""
    request = urllib.request.Request(
        f"{target.base_url}/api/v1/{path}", urllib.parse.urlencode(params).encode(), target.headers
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        return dict(json.load(refused))


def why_different(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """ "" for the same answer."""
    if ours["status"] != theirs["status"]:
        return f"{ours} against {theirs}"[:600]
    if ours["status"] == "error":
        same = (ours["errorType"], ours["error"]) == (theirs["errorType"], theirs["error"])
        return "" if same else f"{ours['error']!r} against {theirs['error']!r}"
    one, other = ours["data"], theirs["data"]
    if one["resultType"] != other["resultType"]:
        return f"{one['resultType']} against {other['resultType']}"
    if one["resultType"] in ("scalar", "string"):
        return "" if one["result"] == other["result"] or close(one["result"], other["result"]) else f"{one} {other}"
    return differ(one, other)


def close(one: list[Any], other: list[Any]) -> bool:
    """Two scalars that are nearly the same."""
    return one[0] == other[0] and math.isclose(float(one[1]), float(other[1]), rel_tol=1e-9)


@pytest.mark.parametrize("kind", ["query", "query_range"])
def test_answers_are_the_same(both: tuple[Target, Target, int], kind: str) -> None:
    ours, theirs, end_s = both
    different = []
    for text in QUERIES:
        params = {"query": text}
        params |= (
            {"time": str(end_s)} if kind == "query" else {"start": str(end_s - 300), "end": str(end_s), "step": "30"}
        )
        if why := why_different(ask(ours, kind, params), ask(theirs, kind, params)):
            different.append(f"{text}\n    {why}")
    assert not different, f"{len(different)} of {len(QUERIES)}:\n" + "\n".join(different)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("labels", {}),
        ("labels", {"match[]": "node_load1"}),
        ("label/region/values", {}),
        ("label/__name__/values", {"match[]": '{job="shop"}'}),
        ("series", {"match[]": 'up{region="eu"}'}),
        ("series", {}),
        ("format_query", {"query": "sum(rate(a[5m]))by(b)/ on(c) d"}),
        ("format_query", {"query": "sum("}),
    ],
)
def test_metadata_is_the_same(both: tuple[Target, Target, int], path: str, params: dict[str, str]) -> None:
    ours, theirs, end_s = both
    span = {"start": str(end_s - 3600), "end": str(end_s)} if path != "format_query" else {}
    answers = []
    for target in (ours, theirs):
        url = f"{target.base_url}/api/v1/{path}?{urllib.parse.urlencode(params | span)}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=target.headers), timeout=60) as answer:
                answers.append(json.load(answer))
        except urllib.error.HTTPError as refused:
            answers.append(json.load(refused))
    for answer in answers:
        answer.pop("warnings", None)
        if path == "series" and "data" in answer:
            answer["data"].sort(key=lambda labels: sorted(labels.items()))
    assert answers[0] == answers[1]


PARAMETERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("query", {"query": "node_load1", "time": "END.250"}),
    ("query", {"query": "node_load1", "time": "2026-02-30T00:00:00Z"}),
    ("query", {"query": "node_load1", "time": "yesterday"}),
    ("query", {"query": "node_load1", "time": "END", "limit": "2"}),
    ("query", {"query": "node_load1", "time": "END", "limit": "-1"}),
    ("query", {"query": "node_load1", "time": "END", "limit": "x"}),
    ("query", {"query": "node_load1", "time": "END", "timeout": "soon"}),
    ("query", {"query": "node_load1", "time": "END", "timeout": "30s"}),
    ("query", {"query": "node_load1", "time": "END", "lookback_delta": "10s"}),
    ("query", {"query": "node_load1", "time": "END", "lookback_delta": "-1s"}),
    ("query", {"query": "node_load1", "time": "9999999999999"}),
    ("query", {}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "0"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "-1"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "1m"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "0.5"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "1ms"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "often"}),
    ("query_range", {"query": "node_load1", "start": "END", "end": "BEGIN", "step": "15"}),
    ("query_range", {"query": "node_load1", "end": "END", "step": "15"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "step": "15"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END"}),
    ("query_range", {"query": "node_load1", "start": "BEGIN", "end": "END", "step": "60", "limit": "3"}),
    ("query_range", {"query": "time()", "start": "BEGIN.123", "end": "END", "step": "37"}),
)


@pytest.mark.parametrize(("path", "params"), PARAMETERS)
def test_parameters_are_read_the_same(both: tuple[Target, Target, int], path: str, params: dict[str, str]) -> None:
    ours, theirs, end_s = both
    filled = {
        name: value.replace("BEGIN", str(end_s - 120)).replace("END", str(end_s)) for name, value in params.items()
    }
    answers = [ask(target, path, filled) for target in (ours, theirs)]
    for answer in answers:
        answer.pop("warnings", None)
        if "limit" in params and answer["status"] == "success":
            # Which of the series are left out is nobody's promise.
            answer["data"]["result"] = len(answer["data"]["result"])
    assert answers[0] == answers[1]
