"""Datadog's series: what its agent and libraries see, and what becomes of names and tags."""

from __future__ import annotations

import gzip
import json
import math
import struct
import zlib
from contextlib import suppress

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from obsv.core.errors import BadRequest, Forbidden
from obsv.metrics.api import shared_series_handler
from obsv.metrics.ingest.datadog import Datadog, batch_v1, batch_v2, datadog_handlers, labels_of
from obsv.metrics.store.types import Metadata
from tests.bench.workload import field_bytes, varint
from tests.metrics.ingest.pushing import Pushing
from tests.metrics.store.made import NOW

S = NOW // 1000
V1 = {"series": [{"metric": "system.load.1", "points": [[S, 1.5], [S - 60.5, 2]], "type": "gauge", "interval": 20, "host": "web", "tags": ["env:prod", "bare"]}]}  # fmt: skip
V2 = {"series": [{"metric": "system.load.1", "type": 3, "points": [{"timestamp": S, "value": 1.5}], "resources": [{"name": "web", "type": "host"}], "tags": ["env:prod"], "unit": "process"}]}  # fmt: skip
JSON = {"content_type": "application/json"}
PROTOBUF = {"content_type": "application/x-protobuf"}


async def refuse(*_) -> None:
    raise Forbidden("nobody asks here")


def handlers(door, _):
    datadog = Datadog(door)
    return [*datadog_handlers(datadog), shared_series_handler(door.store, datadog.take_v1, refuse)]


@pytest.fixture
async def bench(tmp_path):
    bench = Pushing(tmp_path, handlers)
    await bench.store.open()
    yield bench
    await bench.store.close()


def protobuf(metric="a.b", points=((S, 1.0),), tags=(), resources=(("host", "h"),), unit="") -> bytes:
    """One series as the agent encodes it, with fields that are not looked at."""
    body = b"".join(
        field_bytes(1, field_bytes(1, kind.encode()) + field_bytes(2, name.encode())) for kind, name in resources
    )
    body += field_bytes(2, metric.encode()) + b"".join(field_bytes(3, tag.encode()) for tag in tags)
    body += b"".join(
        field_bytes(4, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time)) for time, value in points
    )
    body += b"\x28\x03" + field_bytes(6, unit.encode()) + field_bytes(7, b"System") + b"\x40\x0a" + field_bytes(9, b"")
    return field_bytes(1, body)


@pytest.mark.parametrize("path", ["/api/v1/series", "/datadog/api/v1/series"])
async def test_version_one(bench, path):
    answer = await bench.send(path, json.dumps(V1), **JSON)
    assert (answer.status_code, answer.json()) == (202, {"status": "ok"})
    assert await bench.points() == {
        "system_load_1bare=no_label_value|env=prod|host=web": [((S * 1000) - 60_500, 2.0), (S * 1000, 1.5)]
    }


@pytest.mark.parametrize("path", ["/api/v2/series", "/datadog/api/v2/series"])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps(V2).encode(), JSON),
        (protobuf("system.load.1", [(S, 1.5)], ["env:prod"], [("host", "web")]), PROTOBUF),
    ],
)
async def test_version_two(bench, path, body, headers):
    answer = await bench.send(path, body, **headers)
    assert (answer.status_code, answer.json()) == (202, {"errors": []})
    assert await bench.points() == {"system_load_1env=prod|host=web": [(S * 1000, 1.5)]}


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
async def test_packed_bodies(bench, encoding, pack):
    body = pack(json.dumps(V1).encode())
    assert (await bench.send("/datadog/api/v1/series", body, content_encoding=encoding)).status_code == 202
    assert await bench.points()
    answer = await bench.send("/datadog/api/v1/series", body[:-6], content_encoding=encoding)
    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_a_form_at_the_shared_path_is_for_prometheus(bench):
    for headers in ({"content_type": "application/x-www-form-urlencoded"}, {}):
        answer = await bench.send("/api/v1/series", json.dumps(V1), **headers)
        assert (answer.status_code, answer.json()["errorType"]) == (403, "forbidden")
    answer = await bench.send("/api/v1/series", method="GET", **JSON)
    assert (answer.status_code, answer.json()["errorType"]) == (403, "forbidden")
    assert await bench.points() == {}


async def test_the_key_goes_in_a_header(bench):
    for path in ("/api/v1/validate", "/datadog/api/v1/validate"):
        answer = await bench.send(path, method="GET", token="", dd_api_key="1")
        assert (answer.status_code, answer.json()) == (200, {"valid": True})
        for key in ("", "reader", "nobody"):
            answer = await bench.send(path, method="GET", token="", **({"dd_api_key": key} if key else {}))
            assert (answer.status_code, list(answer.json())) == (403, ["errors"])
    answer = await bench.send("/api/v2/series", json.dumps(V2), token="", dd_api_key="1")
    assert answer.status_code == 202
    for path in ("/api/v1/series", "/api/v2/series", "/datadog/api/v1/series"):
        assert (await bench.send(path, "{}", token="", **JSON)).status_code == 403
        assert (await bench.send(path, "{}", token="reader", **JSON)).status_code == 403


async def test_what_is_no_series(bench):
    wrong = [
        *('{"series": 1}', "[]", "", "nonsense", '{"series": [{"points": [[1, 2]]}]}'),
        *(
            '{"series": [{"metric": "a", "points": [[1, null]]}]}',
            '{"series": [{"metric": "a", "points": [[1e99, 1]]}]}',
        ),
        *(
            '{"series": [{"metric": "a", "points": [[-1, 1]]}]}',
            '{"series": [{"metric": "a", "points": [[1, 1e999]]}]}',
        ),
        *('{"series": ' * 100_000, '{"x": ' + "[" * 50_000),
    ]
    for body in wrong:
        answer = await bench.send("/datadog/api/v1/series", body[:90_000])
        assert answer.status_code == 400, body[:80]
        assert answer.json()["errors"][0].startswith("these are no series of Datadog")
    assert (await bench.send("/datadog/api/v1/series", "{}")).status_code == 202
    assert await bench.points() == {}


async def test_broken_protobuf(bench):
    good = protobuf(tags=["a:b"])
    for body in (good[:-2], b"\xff", b"\x0a\x03\x12\x05a", protobuf(points=[((1 << 64) - 1, 1.0)])):
        answer = await bench.send("/api/v2/series", body, **PROTOBUF)
        assert (answer.status_code, list(answer.json())) == (400, ["errors"])
    answer = await bench.send("/api/v2/series", good.replace(b"a:b", b"a\xff\xfe"), **PROTOBUF)
    assert answer.status_code == 400


async def test_what_the_store_refuses_leaves_the_rest(bench):
    series = [{"metric": name, "points": [[S, 1]]} for name in ("a", "b")]
    answer = await bench.send(
        "/api/v2/series", json.dumps({"series": [{"metric": "x", "points": [{"timestamp": S, "value": 1}]}]}), token=2
    )
    assert answer.status_code == 202
    answer = await bench.send("/datadog/api/v1/series", json.dumps({"series": series}), token=2)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith("refused 2 samples (series_limit 2)")
    assert list(await bench.points(2)) == ["x"]


def test_names_and_tags():
    assert labels_of([("host", "h"), ("device", "")], ["kube.pod-name:a:b", "1st:x", "lone", ":x", "", "empty:"]) == {
        "host": "h", "kube_pod_name": "a:b", "_1st": "x", "lone": "no_label_value", "empty": "",
    }  # fmt: skip
    assert labels_of([("host", "h")], ["host:other", "env:a", "env:b"]) == {
        "host": "h", "exported_host": "other", "env": "a,b",
    }  # fmt: skip
    device = {"series": [{"metric": "9.x-y:z", "points": [[1, 1]], "host": None, "device": "sda", "tags": None}]}
    assert batch_v1(json.dumps(device).encode()).labels == [{"__name__": "_9_x_y:z", "device": "sda"}]


def test_units_are_told():
    made = batch_v2(protobuf("a.b", unit="byte"), is_protobuf=True)
    assert made.metadata == [Metadata("a_b", "gauge", unit="byte")]
    assert batch_v1(json.dumps(V1).encode()).metadata == [Metadata("system_load_1", "gauge")]


def test_a_nan_brings_no_meaning_along():
    """Some NaNs mean that a series ended, or stand for a histogram."""
    stale = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
    made = batch_v2(protobuf(points=[(S, stale)]), is_protobuf=True)
    assert struct.pack("<d", made.v[0]) == struct.pack("<d", math.nan)


@given(st.binary())
@example(b"\x0a\x02\x22\x00")
def test_nothing_but_a_bad_request_is_raised(body):
    for read in (batch_v1, lambda one: batch_v2(one, is_protobuf=False), lambda one: batch_v2(one, is_protobuf=True)):
        with suppress(BadRequest):
            read(body)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, st.lists(texts), st.lists(st.tuples(st.integers(0, 2**32), st.floats(allow_nan=False))), texts)
def test_protobuf_and_json_come_to_the_same(metric, tags, points, host):
    # JSON has no infinities.
    points = [(time, value) for time, value in points if math.isfinite(value)]
    json_points = [{"timestamp": time, "value": value} for time, value in points]
    one = {"metric": metric, "tags": tags, "points": json_points, "resources": [{"name": host, "type": "host"}]}
    by_json = batch_v2(json.dumps({"series": [one]}).encode(), is_protobuf=False)
    by_protobuf = batch_v2(protobuf(metric, points, tags, [("host", host)]), is_protobuf=True)
    assert by_json.labels == by_protobuf.labels
    assert (by_json.t.tolist(), by_json.v.tolist()) == (by_protobuf.t.tolist(), by_protobuf.v.tolist())
    assert by_json.t.tolist() == sorted(time * 1000 for time, _ in points)
