"""Every endpoint and parameter asked of obsv and of a real Prometheus with the same data: the same status and JSON."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bench import servers
from tests.bench.load import load
from tests.bench.servers import Target
from tests.bench.workload import STEP_MS, Workload
from tests.metrics.ingest.wire import series, snappy

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(240)]

Pairs = Sequence[tuple[str, str]]
FEATURES = "--enable-feature=promql-experimental-functions,exemplar-storage,promql-per-step-stats"
V1 = "/api/v1/"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Both:
    """The two servers, and the second at which their data ends."""

    ours: Target
    theirs: Target
    end_s: int

    def filled(self, text: str) -> str:
        """BEGIN and END in a parameter are the last two minutes of the data."""
        return text.replace("BEGIN", str(self.end_s - 120)).replace("END", str(self.end_s))

    def ask(
        self, path: str, params: Pairs, method: str = "GET", body: bytes | None = None, kind: str = FORM
    ) -> list[Any]:
        """What each of them answers: (status, parsed body)."""
        query = urllib.parse.urlencode([(name, self.filled(value)) for name, value in params])
        return [
            answer(
                target,
                f"{path}?{query}" if query else path,
                method,
                None if body is None else self.filled(body.decode("latin-1")),
                kind,
            )
            for target in (self.ours, self.theirs)
        ]


def answer(target: Target, path: str, method: str, body: str | None, kind: str) -> tuple[int, str, Any]:
    """Status, content type, and the body, parsed if it is JSON."""
    headers = target.headers | ({} if body is None else {"Content-Type": kind})
    data = None if body is None else body.encode("latin-1")
    request = urllib.request.Request(target.base_url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as found:
            return found.status, found.headers.get("content-type", ""), parsed(found.read())
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers.get("content-type", ""), parsed(refused.read())


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, peers: Path) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("api")
    workload = Workload(600, 40, int(time.time()) * 1000, batch=600)
    work = list(workload.bodies())
    with servers.obsv(folder / "obsv") as ours, servers.prometheus(peers, folder / "prometheus", FEATURES) as theirs:
        for target in (ours, theirs):
            load(target, work, 1, lanes=1, settle_s=0)
        yield Both(ours, theirs, (workload.end_ms - STEP_MS) // 1000)


def ordered(found: Any) -> Any:
    """Answers whose order nobody promises, sorted."""
    data = found.get("data") if isinstance(found, dict) else None
    rows = data if isinstance(data, list) else data.get("result") if isinstance(data, dict) else None
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        rows.sort(key=lambda row: json.dumps(row.get("metric", row), sort_keys=True))
    return found


def same(both: Both, path: str, params: Pairs, **how: Any) -> None:
    ours, theirs = both.ask(path, params, **how)
    assert (ours[0], ours[1], ordered(ours[2])) == (theirs[0], theirs[1], ordered(theirs[2]))


TIMES = (
    "0", "-1", "1e9", "1.5e9", "1_000", "0x10", "0x1p10", ".5", "1.", "1.0005", "1.00049", "1700000000.0015", "-1.5",
    "1700000000.999999", "0.029", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1239Z", "2026-01-02T03:04:05+02:00",
    "2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-01-02T03:04Z", "20260102T030405Z",
    "2026-13-02T03:04:05Z", "2026-01-02t03:04:05z", " 1", "1 ", "_1", "--1", "yesterday", "1e400",
)  # fmt: skip
DURATIONS = (
    "0", "-1", "1", "1.5", "1s", "1m1s", "1s1m", "1m1m", "0.0001", "1e-3", "NaN", "Inf", "1e300", "5d", "x", "1w", "1y",
    "1ms", "0s", "-1s", "00", "1_0", "0x1", "1h30m", "9999999999y",
)  # fmt: skip
LIMITS = ("", "0", "+1", "x", "1.5", " 2", "-1", "99999999999999999999", "-99999999999999999999")


@pytest.mark.parametrize("text", TIMES)
def test_times(both: Both, text: str) -> None:
    same(both, V1 + "query", [("query", "vector(time())"), ("time", text)])
    same(both, V1 + "query_range", [("query", "vector(1)"), ("start", text), ("end", text), ("step", "1")])
    same(both, V1 + "labels", [("start", text), ("end", "END")])


@pytest.mark.parametrize("text", DURATIONS)
def test_durations(both: Both, text: str) -> None:
    span = [("query", "vector(1)"), ("start", "BEGIN"), ("end", "END")]
    same(both, V1 + "query_range", [*span, ("step", text)])
    same(both, V1 + "query", [("query", "node_load1"), ("time", "END"), ("lookback_delta", text)])
    if not text.startswith(("0", "-", "NaN", "1ms", "1e-")):  # whether a millisecond is enough is a race
        same(both, V1 + "query", [("query", "1"), ("time", "END"), ("timeout", text)])


def test_no_time_left(both: Both) -> None:
    for text in ("0", "-1", "NaN"):
        ours, _ = both.ask(V1 + "query", [("query", "1"), ("timeout", text)])
        assert ours[0] == 503
        assert ours[2] == {"status": "error", "errorType": "timeout", "error": "query timed out in query execution"}


@pytest.mark.parametrize("text", LIMITS)
def test_limits(both: Both, text: str) -> None:
    limit = ("limit", text)
    for path, params in (
        ("query", [("query", "vector(1)"), ("time", "END")]),
        ("query_range", [("query", "vector(1)"), ("start", "BEGIN"), ("end", "END"), ("step", "60")]),
        ("series", [("match[]", "node_load1{instance=~'.*0001.*'}"), ("start", "BEGIN")]),
        ("labels", [("match[]", "up")]),
        ("label/job/values", []),
        ("metadata", []),
        ("targets/metadata", []),
    ):
        ours, theirs = both.ask(V1 + path, [*params, limit])
        if path == "labels" and text == "+1":
            theirs[2]["data"] = ours[2]["data"] = len(ours[2]["data"])  # which name it is, is nobody's promise
        assert ours == theirs, path


SELECTORS = (
    "up", "{}", '{a=""}', '{a=~".*"}', '{__name__=~"up|node_load1"}', '{__name__="up"}', '{"up"}', '{"up",region!="eu"}',
    'up{a=~"("}', 'node_load1{region="eu",zone!~"z[0-2]"}', 'up{region="eu"', "up{region=", "1", '"up"', "(up)", "sum(up)",
    "up[5m]", "up offset 5m", "up + up", "", "up{", "{", "up}", "up{a='b'}x", "up{a='b",
)  # fmt: skip


@pytest.mark.parametrize("text", SELECTORS)
@pytest.mark.parametrize("path", ["series", "labels", "label/region/values"])
def test_selectors(both: Both, path: str, text: str) -> None:
    same(both, V1 + path, [("match[]", text), ("start", "BEGIN"), ("end", "END")])


NAMES = (
    "job", "__name__", "nothing", "U__foo", "U__a_2e_b", "U___", "U__a__b", "U__a_zz_b", "U__a_2e", "1a", "a-b", "a%2Eb", "a%20b",
    "%ff", "U__%ff", "U__a_1F600_b", "U__a_d800_", "U__a_0_b", "U__a_110000_", "U__", "U", "a.b", "a%c3%a9",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_label_names(both: Both, name: str) -> None:
    same(both, f"{V1}label/{name}/values", [("start", "BEGIN"), ("end", "END")])


CASES: tuple[tuple[str, Pairs], ...] = (
    ("query", []),
    ("query", [("query", "sum("), ("time", "x"), ("timeout", "x"), ("limit", "x"), ("lookback_delta", "x")]),
    ("query", [("query", "sum("), ("time", "x"), ("timeout", "x"), ("lookback_delta", "x")]),
    ("query", [("query", "sum("), ("timeout", "x"), ("lookback_delta", "x")]),
    ("query", [("query", "sum("), ("lookback_delta", "x")]),
    ("query", [("query", "up"), ("query", "nothing"), ("time", "END")]),
    ("query_range", [("query", "sum("), ("start", "x"), ("end", "x"), ("step", "x"), ("timeout", "x")]),
    ("query_range", [("query", "sum("), ("start", "5"), ("end", "x"), ("step", "x"), ("timeout", "x")]),
    ("query_range", [("query", "sum("), ("start", "5"), ("end", "9"), ("step", "x"), ("timeout", "x")]),
    ("query_range", [("query", "sum("), ("start", "5"), ("end", "9"), ("step", "1"), ("timeout", "x")]),
    ("query_range", [("query", "up"), ("start", "9"), ("end", "5"), ("step", "0")]),
    ("query_range", [("query", "vector(1)"), ("start", "0"), ("end", "11000"), ("step", "1")]),
    ("query_range", [("query", "vector(1)"), ("start", "0"), ("end", "11000.5"), ("step", "1")]),
    ("query_range", [("query", "vector(1)"), ("start", "0"), ("end", "11001"), ("step", "1")]),
    ("query_range", [("query", "up[5m]"), ("start", "BEGIN"), ("end", "END"), ("step", "30")]),
    ("query_range", [("query", "'text'"), ("start", "BEGIN"), ("end", "END"), ("step", "30")]),
    ("query_range", [("query", "up"), ("start", "BEGIN"), ("end", "END"), ("step", "30")]),
    ("series", []),
    ("series", [("match[]", "up"), ("match[]", "{}")]),
    ("series", [("match[]", "up"), ("match[]", "node_load1")]),
    ("series", [("match[]", "up"), ("start", "x")]),
    ("series", [("match[]", "up"), ("end", "x")]),
    ("labels", [("start", "END"), ("end", "BEGIN")]),
    ("labels", [("start", "-292273086-05-16T16:47:06Z"), ("end", "292277025-08-18T07:12:54.999999999Z")]),
    ("query_exemplars", [("query", "up"), ("start", "BEGIN"), ("end", "END")]),
    ("query_exemplars", [("query", "up"), ("start", "END"), ("end", "BEGIN")]),
    ("query_exemplars", [("query", "up"), ("start", "x")]),
    ("query_exemplars", [("query", "sum(")]),
    ("query_exemplars", [("query", "{}")]),
    ("query_exemplars", [("query", "1")]),
    ("query_exemplars", []),
    ("metadata", [("metric", "up")]),
    ("metadata", [("limit_per_metric", "x")]),
    ("targets", []),
    ("targets", [("state", "active")]),
    ("targets", [("state", "DROPPED")]),
    ("targets", [("state", "nothing")]),
    ("targets/metadata", [("match_target", "{job='x'}")]),
    ("targets/metadata", [("match_target", "{a=~'('}")]),
    ("scrape_pools", []),
    ("alerts", []),
    ("alertmanagers", []),
    ("notifications", []),
    ("status/walreplay", []),
    *(("status/tsdb", [("limit", text)]) for text in ("0", "-1", "x", "1.5")),
    ("rules", []),
    *(("rules", [("type", text)]) for text in ("alert", "RECORD", "x")),
    *(("rules", [("group_limit", text)]) for text in ("1", "x", "0", "-1", "99999999999999999999")),
    ("rules", [("group_next_token", "a")]),
    ("rules", [("group_limit", "1"), ("group_next_token", "zz")]),
    ("rules", [("exclude_alerts", "true")]),
    ("rules", [("exclude_alerts", "maybe")]),
    ("rules", [("match[]", "{}")]),
    ("rules", [("match[]", "sum(a)")]),
    ("rules", [("rule_name[]", "a"), ("rule_group[]", "b"), ("file[]", "c")]),
)


@pytest.mark.parametrize(("path", "params"), CASES)
def test_parameters(both: Both, path: str, params: Pairs) -> None:
    same(both, V1 + path, params)


@pytest.mark.parametrize(
    "path", ["query", "series", "labels", "label/job/values", "query_exemplars", "rules", "format_query"]
)
@pytest.mark.parametrize(
    "query", ["%zz=1", "match[]=up&x=%z", "match[]=%", "match[]=up;a=b", "query=up&%zz", "&&", "=", "query"]
)
def test_broken_forms(both: Both, path: str, query: str) -> None:
    same(both, f"{V1}{path}?{query}&start=END&time=END", [])


BODIES: tuple[tuple[str, Pairs, bytes, str], ...] = (
    ("query", [], b"query=up&time=END", FORM),
    ("query", [("query", "up")], b"time=END", FORM),
    ("query", [("query", "up"), ("time", "1")], b"query=node_load1&time=END", FORM),
    ("query", [("query", "up"), ("time", "END")], b"", FORM),
    ("query", [("query", "up"), ("time", "END")], b"{}", "application/json"),
    ("query", [("time", "END")], b"query=up", "text/plain"),
    ("query", [("time", "END")], b"query=up", FORM + "; charset=utf-8"),
    ("query", [("time", "END")], b"query=up;x=1", FORM),
    ("query", [("time", "END")], b"query=%zz", FORM),
    ("query", [("time", "END")], b"query=up+%2B+up", FORM),
    (
        "query",
        [("time", "END")],
        b'--X\r\nContent-Disposition: form-data; name="query"\r\n\r\nup\r\n--X--\r\n',
        "multipart/form-data; boundary=X",
    ),
    ("query_range", [("start", "BEGIN"), ("end", "END")], b"query=node_load1&step=30", FORM),
    ("labels", [("match[]", "up")], b"match[]=http_requests_total", FORM),
    ("series", [("match[]", "up")], b"match[]=node_load1&start=BEGIN", FORM),
    ("query_exemplars", [("query", "up")], b"start=BEGIN&end=END", FORM),
    ("format_query", [], b"query=a%2Bb", FORM),
)


@pytest.mark.parametrize(("path", "params", "body", "kind"), BODIES)
def test_posted_forms(both: Both, path: str, params: Pairs, body: bytes, kind: str) -> None:
    same(both, V1 + path, params, method="POST", body=body, kind=kind)


COUNTED = (
    "node_load1", "sum(rate(http_requests_total[1m]))", "1", "up + up", "max_over_time(node_load1[2m:30s])", "node_load1 @ end()",
    "rate(node_network_receive_bytes_total[1m] offset 30s)", "sum(sum_over_time(rate(http_requests_total[1m])[1m:15s]))", "nothing",
    "quantile_over_time(0.5, node_load1[2m])", "absent_over_time(up[1m])", "topk(2, node_load1) or up", "last_over_time(up[1m] @ end())",
)  # fmt: skip


@pytest.mark.parametrize("stats", ["true", "all", "anything"])
@pytest.mark.parametrize("text", COUNTED)
def test_stats(both: Both, text: str, stats: str) -> None:
    for kind, moment in (
        ("query", [("time", "END")]),
        ("query_range", [("start", "BEGIN"), ("end", "END"), ("step", "30")]),
    ):
        ours, theirs = both.ask(V1 + kind, [("query", text), ("stats", stats), *moment])
        mine, others = ours[2]["data"]["stats"], theirs[2]["data"]["stats"]
        assert mine["timings"].keys() == others["timings"].keys()
        assert mine["samples"]["totalQueryableSamples"] == others["samples"]["totalQueryableSamples"]
        assert mine["samples"].keys() >= others["samples"].keys()
        steps = "totalQueryableSamplesPerStep"
        assert mine["samples"].get(steps) == others["samples"].get(steps)


EXPRESSIONS = (
    "a+b", "", "sum(", "a{b='c'}", "rate(a[5m])", "a offset 5m @ 3", "'x'", "-a", "a[5m:1m]", "topk(3,a)", "a == bool b",
    "a * on(x) group_left(y) b", "label_replace(a,'b','c','d','e')", "(a)", "{'my.m',x!~'a'}", "count_values('x',a)",
    "sum by (x) (a)", "sum without () (a)", "a and on() b", "absent(a)", "NaN", "0x1F", "1e3", "a @ start()", "a @ end()",
    "a[5m] offset -1m", "rate(a[5m:])", "a # comment", "round(a,5)", "day_of_month()", "a ^ b ^ c", "bottomk by (x) (2, a)",
    "a atan2 b", "sort_by_label(a,'x')", "1h", "a[1h30m]", "foo{z='b',a=\"c\",}", "{__name__='a'}", "{__name__=~'a.*'}",
    "{'x y'='z'}", "sum by ('x y', a) (b)", "a{__name__!='b'}", "a{b='c',b='c'}", "info(a)", "limitk(1,a)",
)  # fmt: skip


BROKEN = (
    ")", "a)", "]", "a]", "}", "(", "(a", "((a)", "{", "a{", "a{b", "a{b=", "a{b='c'", "a{b='c',", "a{b='c'd", "a{b c}", "a{b==c}",
    "a{b='c'{", "a{b!c}", "a{:b='c'}", "a{a:b='c'}", "a[", "a[5m", "a[5m:", "a[5m:1m", "(a[5m", "a[5m 1m]", "a[5m1h]", "a[1m1m]", "a[]",
    "=", "=~", "!", "! ", "!~", "a ! b", "a =~ b", "*", "* a", "a *", "a + )", "(a, b)", "a b", "a 1", "1 a", "1 by", "1 on", "1 sum",
    "1 and", "1 or 2", "and", "or", "unless", "or * and", "a and", "atan2", "bool", "on", "on (a)", "group_left", "a group_left b",
    "sum", "sum(", "sum()", "sum a", "sum by", "sum by a", "sum by (a", "sum by (a b) (c)", "sum by (1) (c)",
    "sum by (a) b", "sum(a b)", "sum(a,)", "topk(3 a)", "topk(, a)", "topk(3, a", "rate(a[5m],)", "rate(a[5m]", "rate(", "nope(a)",
    "nope(a", "a:b(c)", ":", "1 :", "5q", "5mm", "1.2.3", "0x", "1e", "1e a", ".", "1h1h", "1m1h", "$", "a $", "é", ";",
    "a; b", '"', "'a", "`a", '"a\\q"', '"\\xzz"', '1 "abcdefghijklmnop"', "1 12345678901234", "1 1h30m45s500ms", "a offset",
    "a offset b", "a offset 5m offset 1m", "1 offset 5m", "1 offset", "a @", "a @ b", "1 @ 1", "a @ 1 @ 2", "a{__name__='b'}", "#", "\n", " ",
    "a\n+ ?", "a == b == bool", "a == on b", "a * on(x", "a * on(x) group_left(y", "a{b=~'('}", "a{b=~'[z-a]'}", "a{b=~'*'}",
)  # fmt: skip


def test_broken_expressions(both: Both) -> None:
    different = []
    for text in BROKEN:
        ours, theirs = both.ask(V1 + "format_query", [("query", text)])
        if ours != theirs:
            different.append((text, ours[2].get("error", ours[2]), theirs[2].get("error", theirs[2])))
    assert not different, "\n".join(map(str, different))


def without_fills(tree: Any) -> Any:
    """A tree less `fillValues`, which Prometheus has had since 3.10."""
    if isinstance(tree, dict):
        return {name: without_fills(value) for name, value in tree.items() if name != "fillValues"}
    return [without_fills(one) for one in tree] if isinstance(tree, list) else tree


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(both: Both, text: str) -> None:
    same(both, V1 + "format_query", [("query", text)])
    ours, theirs = both.ask(V1 + "parse_query", [("query", text)])
    assert without_fills(ours[2]) == theirs[2]


@pytest.mark.parametrize(
    "path", ["status/config", "status/flags", "status/runtimeinfo", "status/buildinfo", "status/tsdb"]
)
def test_shapes(both: Both, path: str) -> None:
    ours, theirs = both.ask(V1 + path, [])

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(inner) for name, inner in value.items()}
        return [shape(value[0])] if isinstance(value, list) and value else type(value)

    expected = shape(theirs[2])
    if path == "status/flags":
        expected["data"] = dict.fromkeys(ours[2]["data"], str)
        # Debian builds Prometheus without what takes OpenTelemetry.
        assert ours[2]["data"].keys() - {"web.enable-otlp-receiver"} <= theirs[2]["data"].keys()
    assert shape(ours[2]) == expected


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_deletion(both: Both, method: str) -> None:
    path = V1 + "admin/tsdb/delete_series"
    for params in (
        [],
        [("match[]", "sum(up)")],
        [("match[]", "nothing")],
        [("match[]", "nothing"), ("start", "x")],
        [("match[]", "up"), ("start", "END"), ("end", "BEGIN")],
    ):
        ours, theirs = both.ask(path, params, method=method)
        assert (ours[0], ours[2]) == (theirs[0], theirs[2])
    ours, _ = both.ask(path, [("match[]", "{}")], method=method)
    assert ours[2]["error"] == 'invalid parameter "match[]": match[] must contain at least one non-empty matcher'
    same(both, V1 + "query", [("query", "count(up)"), ("time", "END")])


@pytest.mark.parametrize(
    "path", ["query", "query_range", "labels", "metadata", "rules", "targets", "status/buildinfo", "nothing"]
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_methods(both: Both, path: str, method: str) -> None:
    ours, theirs = both.ask(V1 + path, [], method=method)
    assert ours[0] == theirs[0]


@pytest.mark.parametrize("accept", ["", "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1", "text/html"])
@pytest.mark.parametrize("text", ["{__name__=~'fed_.*'}", "fed_a", "{", "{}", "sum(a)", "nothing"])
def test_federation(both: Both, text: str, accept: str) -> None:
    at = int(time.time()) * 1000
    values = (0.0, 1.0, 100_000.0, 123_456.0, 1_137_916.0, 1e21, 1e-4, 1.5e-5, 0.1, float("inf"), float("nan"))
    parts = [
        series({"__name__": "fed_a", "n": str(i), **({"instance": "i"} if i % 2 else {})}, [(at, value)])
        for i, value in enumerate(values)
    ]
    parts.append(series({"__name__": "fed_b.dotted", "l.bel": 'a"b\\\n', "instance": "", "z": "1"}, [(at, 1.0)]))
    for target in (both.ours, both.theirs):
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", **target.headers}
        with urllib.request.urlopen(urllib.request.Request(target.write_url, snappy(b"".join(parts)), headers)) as done:
            assert done.status == 204
    found = []
    for target in (both.ours, both.theirs):
        url = f"{target.base_url}/federate?{urllib.parse.urlencode({'match[]': text})}"
        request = urllib.request.Request(url, headers=target.headers | ({"Accept": accept} if accept else {}))
        try:
            with urllib.request.urlopen(request, timeout=30) as page:
                found.append((page.status, page.headers["content-type"], page.read().decode()))
        except urllib.error.HTTPError as refused:
            found.append((refused.code, refused.headers["content-type"], refused.read().decode()))
    assert found[0] == found[1]
