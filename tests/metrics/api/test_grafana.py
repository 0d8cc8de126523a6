"""What Grafana's Prometheus data source calls, sent as Grafana sends it, and what Grafana reads in the answers.

Source: grafana/grafana, pkg/promlib (the server's half: queries, exemplars, save & test) and packages/grafana-prometheus
(the browser's half: variables, completion, the rules tab).
"""

from __future__ import annotations

import gzip
import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms import wire as histogram_wire
from tests.live import Live
from tests.metrics.ingest.wire import chunk, label, snappy

FORM = "application/x-www-form-urlencoded"
STEP, STEPS = 15, 40
RULES = """
groups:
  - name: web
    interval: 1s
    rules:
      - record: job:requests:rate1m
        expr: sum by (job) (rate(requests_total[1m]))
        labels: {team: web}
"""


@dataclass
class Grafana:
    """A data source with a token in its custom headers; `end` is the time of the newest samples, seconds."""

    live: Live
    token: str
    end: int

    def call(self, method: str, path: str, params: Any = (), **headers: str) -> tuple[int, dict[str, str], Any]:
        """One call: POST with a form body, GET with a query string, always asking for gzip as Go's client does."""
        given = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Encoding": "gzip",
            "User-Agent": "Grafana/12.1.0",
            **headers,
        }
        form = urllib.parse.urlencode(params)
        connection = http.client.HTTPConnection("localhost", self.live.port, timeout=30)
        if method == "POST":
            connection.request("POST", path, form, {**given, "Content-Type": FORM})
        else:
            connection.request("GET", f"{path}?{form}" if form else path, headers=given)
        answer = connection.getresponse()
        body = answer.read()
        if answer.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        connection.close()
        assert answer.headers["content-type"] == "application/json"
        return answer.status, dict(answer.headers), json.loads(body)

    def data(self, method: str, path: str, params: Any = ()) -> Any:
        """`data` of a success without notices."""
        status, _, answer = self.call(method, path, params)
        assert (status, answer["status"]) == (200, "success"), answer
        assert answer.keys() <= {"status", "data", "infos"}
        return answer["data"]

    def panel(self, method: str, query: str, **more: str) -> list[dict[str, Any]]:
        """A graph panel over all the data."""
        params = {
            "query": query, "start": str(self.end - STEP * (STEPS - 1)), "end": str(self.end), "step": str(STEP), **more,
        }  # fmt: skip
        data = self.data(method, "/api/v1/query_range", params)
        assert data["resultType"] == "matrix"
        return list(data["result"])


def page(end: int) -> bytes:
    """OpenMetrics: counters with exemplars, a classic histogram, names in UTF-8, metadata."""
    lines = ["# TYPE requests counter", "# HELP requests Requests that were answered."]
    for instance in ("web-1.example:9100", "web-2.example:9100"):
        for s in range(STEPS):
            at = end - STEP * (STEPS - 1 - s)
            traced = f' # {{trace_id="t{s}"}} 1 {at - 1}.5' if s % 10 == 9 else ""
            lines.append(f'requests_total{{job="web",instance="{instance}",code="200"}} {s * 30} {at}{traced}')
    lines += ["# TYPE latency_seconds histogram", "# UNIT latency_seconds seconds"]
    for s in range(STEPS):
        at = end - STEP * (STEPS - 1 - s)
        lines += [
            f'latency_seconds_bucket{{job="web",le="{le}"}} {s * n} {at}'
            for le, n in (("0.1", 5), ("1.0", 9), ("+Inf", 10))
        ]
        lines += [f'latency_seconds_sum{{job="web"}} {s} {at}', f'latency_seconds_count{{job="web"}} {s * 10} {at}']
    lines += [
        '# TYPE "my.metric" gauge',
        *(f'{{"my.metric","my.label"="a",job="web"}} 1.5 {at}' for at in (end - STEP, end)),
    ]
    return "\n".join([*lines, "# EOF", ""]).encode()


def native(end: int) -> bytes:
    """A native histogram by remote_write."""
    labels = label("__name__", "native_seconds") + label("job", "web")
    points = b"".join(
        chunk(4, histogram_wire.encode(
            (end - STEP * (STEPS - 1 - s)) * 1000, Histogram(0, s * 3.0, s * 4.0, 0.001, float(s), {0: float(s), 2: float(s)})
        ))
        for s in range(STEPS)
    )  # fmt: skip
    return chunk(1, labels + points)


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grafana]:
    folder = tmp_path_factory.mktemp("grafana")
    (folder / "rules.yml").write_text(RULES)
    config = folder / "obsv.toml"
    config.write_text(f'[[metrics.rules]]\norg = "operator"\nfiles = ["{folder}/rules.yml"]\n')
    live = Live(folder, options=("--config", str(config)))
    live.start()
    try:
        token, end = live.token("metrics:read,metrics:write"), int(time.time())
        for path, body, headers in (
            ("/api/v1/import/prometheus", page(end), {"Content-Type": "application/openmetrics-text; version=1.0.0"}),
            (
                "/api/v1/write",
                snappy(native(end)),
                {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"},
            ),
        ):
            connection = http.client.HTTPConnection("localhost", live.port, timeout=30)
            connection.request("POST", path, body, {"Authorization": f"Bearer {token}", **headers})
            answer = connection.getresponse()
            assert answer.status == 204, answer.read()
            connection.close()
        yield Grafana(live, token, end)
    finally:
        live.stop()


# -- save & test --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_save_and_test(grafana: Grafana, method: str) -> None:
    data = grafana.data(method, "/api/v1/query", {"query": "1+1", "time": "4"})
    assert data == {"resultType": "scalar", "result": [4, "2"]}
    build = grafana.data("GET", "/api/v1/status/buildinfo")
    assert {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"} == build.keys()
    assert all(isinstance(value, str) for value in build.values())
    # Which functions and calls it offers depends on this, and `features` would make it Mimir's.
    assert tuple(map(int, build["version"].split("."))) >= (3, 0, 0)


def test_a_wrong_token_is_told(grafana: Grafana) -> None:
    status, _, answer = grafana.call(
        "POST", "/api/v1/query", {"query": "1+1", "time": "4"}, Authorization="Bearer nonsense"
    )
    assert (status, answer["status"]) == (401, "error")
    assert answer["error"]


# -- panels -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("rate(requests_total[1m0s])", 2),  # $__rate_interval, as Grafana writes it
        ("sum by (instance) (increase(requests_total[585s]))", 2),  # $__range_s
        (
            'requests_total{instance=~"(web-1\\\\.example:9100|web-2\\\\.example:9100)"}',
            2,
        ),  # several values of a variable
        ('requests_total{instance=~"web-1\\\\.example:9100"}', 1),
        ("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[1m0s])))", 1),
        ("latency_seconds_bucket", 3),
        ('{"my.metric","my.label"="a"}', 1),
        ("nothing", 0),
    ],
)
def test_panels(grafana: Grafana, method: str, query: str, rows: int) -> None:
    found = grafana.panel(method, query, timeout="60s")
    assert len(found) == rows
    for row in found:
        assert row.keys() == {"metric", "values"}
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in row["metric"].items())
        times = [t for t, _ in row["values"]]
        assert times == sorted(set(times))
        assert all(isinstance(t, int | float) and isinstance(v, str) for t, v in row["values"])
        assert {(t - grafana.end) % STEP for t in times} == {0}
    labels = [sorted(row["metric"].items()) for row in found]
    assert labels == sorted(labels)


def test_times_of_a_panel_may_be_fractions(grafana: Grafana) -> None:
    params = {
        "query": "vector(1)",
        "start": str(grafana.end - 10 + 0.123),
        "end": str(grafana.end + 0.5),
        "step": "2.5",
    }
    (row,) = grafana.data("POST", "/api/v1/query_range", params)["result"]
    assert [round((t - grafana.end) * 1000) for t, _ in row["values"]] == [-9877, -7377, -4877, -2377, 123]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_tables_and_stats_ask_at_one_time(grafana: Grafana, method: str) -> None:
    data = grafana.data(
        method, "/api/v1/query", {"query": "sum by (job) (requests_total)", "time": f"{grafana.end}.000"}
    )
    assert data["resultType"] == "vector"
    assert data["result"] == [
        {"metric": {"job": "web"}, "value": [grafana.end, str(2.0 * 30 * (STEPS - 1)).removesuffix(".0")]}
    ]


def test_native_histograms_become_heatmaps(grafana: Grafana) -> None:
    (row,) = grafana.panel("POST", "native_seconds")
    assert row.keys() == {"metric", "histograms"}
    at, shown = row["histograms"][-1]
    assert at == grafana.end
    assert shown.keys() == {"count", "sum", "buckets"}
    assert [len(bucket) for bucket in shown["buckets"]] == [4, 4, 4]
    assert all(
        isinstance(bucket[0], int) and all(isinstance(one, str) for one in bucket[1:]) for bucket in shown["buckets"]
    )
    data = grafana.data("POST", "/api/v1/query", {"query": "native_seconds", "time": str(grafana.end)})
    assert data["result"][0].keys() == {"metric", "histogram"}


def test_notices(grafana: Grafana) -> None:
    params = {"query": "rate(latency_seconds_bucket[1m]) + quantile(2, requests_total) * 0", "time": str(grafana.end)}
    _, _, answer = grafana.call("POST", "/api/v1/query", params)
    assert answer["warnings"] == ["PromQL warning: quantile value should be between 0 and 1, got 2 (1:45)"]
    _, _, answer = grafana.call("POST", "/api/v1/query", {"query": 'rate({"my.metric"}[1m])', "time": str(grafana.end)})
    told = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "my.metric" (1:6)'
    assert answer["infos"] == [f"PromQL info: {told}"]


def test_a_panel_with_a_mistake(grafana: Grafana) -> None:
    for method in ("POST", "GET"):
        status, _, answer = grafana.call(
            method, "/api/v1/query_range", {"query": "sum(", "start": "1", "end": "2", "step": "1"}
        )
        assert (status, answer["errorType"]) == (400, "bad_data")
        assert answer["error"] == 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis'


# -- exemplars ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_exemplars(grafana: Grafana, method: str) -> None:
    params = {"query": "sum(rate(requests_total[1m]))", "start": str(grafana.end - 600), "end": str(grafana.end)}
    found = grafana.data(method, "/api/v1/query_exemplars", params)
    assert len(found) == 2
    for one in found:
        assert one.keys() == {"seriesLabels", "exemplars"}
        assert one["seriesLabels"]["__name__"] == "requests_total"
        assert len(one["exemplars"]) == 4
        for exemplar in one["exemplars"]:
            assert exemplar.keys() == {"labels", "value", "timestamp"}
            assert exemplar["labels"]["trace_id"].startswith("t")
            assert exemplar["value"] == "1"
            assert isinstance(exemplar["timestamp"], float)
    assert grafana.data(method, "/api/v1/query_exemplars", params | {"query": "nothing"}) == []


# -- variables ----------------------------------------------------------------------------------------------------


def test_variables(grafana: Grafana) -> None:
    span = [("start", str(grafana.end - 3600)), ("end", str(grafana.end))]
    limit = ("limit", "40000")
    assert grafana.data("GET", "/api/v1/label/job/values", [*span, limit]) == ["web"]  # label_values(job)
    two = ["web-1.example:9100", "web-2.example:9100"]
    selected = [("match[]", 'requests_total{job=~"web"}'), *span, limit]
    assert grafana.data("GET", "/api/v1/label/instance/values", selected) == two  # label_values(selector, instance)
    assert {"requests_total", "my.metric", "native_seconds"} <= set(
        grafana.data("GET", "/api/v1/label/__name__/values", span)
    )
    for method in ("GET", "POST"):
        assert {"__name__", "instance", "my.label"} <= set(
            grafana.data(method, "/api/v1/labels", [*span, limit])
        )  # label_names()
        series = grafana.data(method, "/api/v1/series", [("match[]", "requests_total"), *span, limit])
        assert [one["instance"] for one in series] == two
        assert all(one["__name__"] == "requests_total" for one in series)
    data = grafana.data(
        "POST", "/api/v1/query", {"query": "count(requests_total)", "time": str(grafana.end)}
    )  # query_result()
    assert data["result"][0]["value"] == [grafana.end, "2"]


def test_names_in_utf8(grafana: Grafana) -> None:
    span = [("start", str(grafana.end - 3600)), ("end", str(grafana.end))]
    assert grafana.data("GET", "/api/v1/label/U__my_2e_label/values", span) == ["a"]
    selected = [("match[]", '{"my.metric","my.label"="a"}'), *span]
    assert grafana.data("GET", "/api/v1/label/U__my_2e_label/values", selected) == ["a"]
    assert grafana.data("GET", "/api/v1/series", selected) == [{"__name__": "my.metric", "job": "web", "my.label": "a"}]


# -- completion and the browser of metrics ------------------------------------------------------------------------


def test_completion(grafana: Grafana) -> None:
    metadata = grafana.data("GET", "/api/v1/metadata", {"limit": "40000"})
    assert metadata["requests"] == [{"type": "counter", "help": "Requests that were answered.", "unit": ""}]
    assert metadata["latency_seconds"] == [{"type": "histogram", "help": "", "unit": "seconds"}]
    assert grafana.data("GET", "/api/v1/metadata", {"metric": "requests"}) == {"requests": metadata["requests"]}
    names = grafana.data("GET", "/api/v1/labels", {"match[]": '{__name__="requests_total"}', "limit": "40000"})
    assert names == ["__name__", "code", "instance", "job"]
    assert grafana.data("GET", "/api/v1/label/code/values", {"match[]": '{__name__="requests_total"}'}) == ["200"]
    status, _, answer = grafana.call("GET", "/api/v1/labels", {"limit": "2"})
    assert (status, len(answer["data"]), answer["warnings"]) == (200, 2, ["results truncated due to limit"])
    formatted = grafana.data("POST", "/api/v1/format_query", {"query": "sum(rate(a[1m]))by(b)"})
    assert formatted == "sum by (b) (rate(a[1m]))"


# -- rules and alerts ---------------------------------------------------------------------------------------------


def test_the_tab_of_rules(grafana: Grafana) -> None:
    deadline = time.monotonic() + 15
    while True:
        (group,) = grafana.data("GET", "/api/v1/rules")["groups"]
        if group["rules"][0]["health"] == "ok" or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert (group["name"], group["interval"], Path(group["file"]).name) == ("web", 1, "rules.yml")
    assert {"evaluationTime", "lastEvaluation", "limit"} <= group.keys()
    (rule,) = group["rules"]
    assert (rule["name"], rule["type"], rule["health"]) == ("job:requests:rate1m", "recording", "ok")
    assert (rule["query"], rule["labels"]) == ("sum by (job) (rate(requests_total[1m]))", {"team": "web"})
    assert rule["lastEvaluation"].endswith("Z")
    assert grafana.data("GET", "/api/v1/rules", {"type": "alert"}) == {"groups": []}
    assert grafana.data("GET", "/api/v1/alerts") == {"alerts": []}
