"""Points of every kind, well-formed and otherwise, as samples."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest

from obsv.core.errors import BadRequest, TooLarge
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.otlp import STRATEGIES, Options, Reader, reader, series
from obsv.metrics.store.types import STALE_BITS, Metadata
from tests.metrics.ingest.otlp.messages import (
    DELTA,
    GONE,
    NS,
    SERVICE,
    START,
    Exemplar,
    T,
    exponential,
    histogram,
    metric,
    number,
    pairs,
    read,
    request,
    resource,
    summary,
)
from tests.metrics.ingest.wire import chunk
from tests.metrics.store.made import NOW

SHOP = {"job": "shop", "instance": "i1"}


def samples(reading, name: str = "floats") -> dict[str, float | Histogram]:
    """Values by labels as JSON, without job and instance."""
    batch = getattr(reading, name).batch([])
    histograms = iter(batch.histograms)
    made = {}
    for labels, t, value in zip(batch.labels, batch.t.tolist(), batch.v.tolist(), strict=True):
        assert t == NOW
        assert labels.pop("job") == "shop"
        assert labels.pop("instance") == "i1"
        key = labels.pop("__name__") + (json.dumps(labels) if labels else "")
        made[key] = next(histograms) if name == "natives" and math.isnan(value) else value
    return made


def test_gauges_and_sums():
    found = read(
        request(
            metric("gauge", "g", number(1.5, a="x"), number(2, b=True)),
            metric("sum", "up.down", number(-3), monotonic=False),
            metric("sum", "c", number(7, code=200)),
        )
    )
    expected = {'g{"a": "x"}': 1.5, 'g{"b": "true"}': 2.0, "up_down": -3.0, 'c_total{"code": "200"}': 7.0}
    assert samples(found) == expected
    assert found.metadata["c_total"] == Metadata("c_total", "counter")
    assert found.metadata["up_down"].type == found.metadata["g"].type == "gauge"
    # Of counters alone it is known that they were nothing when they began.
    assert [(one.series.key.count(b"c_total"), one.start) for one in found.begun] == [(1, START)]


def test_metadata_has_help_and_unit():
    found = read(request(metric("histogram", "d", histogram([1], []), unit="ms", description="How long")))
    assert found.metadata == {"d_milliseconds": Metadata("d_milliseconds", "histogram", "How long", "milliseconds")}


def test_a_histogram_is_its_buckets_count_and_sum():
    found = read(request(metric("histogram", "d", histogram([1, 2, 3], [0.005, 10.0], 4.5), unit="s")))
    assert samples(found) == {
        'd_seconds_bucket{"le": "0.005"}': 1.0,
        'd_seconds_bucket{"le": "10"}': 3.0,
        'd_seconds_bucket{"le": "+Inf"}': 6.0,
        "d_seconds_count": 6.0,
        "d_seconds_sum": 4.5,
    }
    assert (found.begun[0].first, found.begun[0].stop) == (0, 5)


def test_histograms_without_sum_or_buckets():
    bare = histogram([], [], None)
    bare.count = 4
    assert samples(read(request(metric("histogram", "d", bare)))) == {'d_bucket{"le": "+Inf"}': 4.0, "d_count": 4.0}
    unsummed = samples(read(request(metric("histogram", "d", histogram([1, 2], [1.0], None)))))
    assert unsummed == {'d_bucket{"le": "1"}': 1.0, 'd_bucket{"le": "+Inf"}': 3.0, "d_count": 3.0}


def test_bounds_may_change_between_requests():
    reader = Reader(Options())
    for bounds in ([1.0], [2.0, 4.0], [1.0]):
        counts = [1] * (len(bounds) + 1)
        body = request(metric("histogram", "d", histogram(counts, bounds))).SerializeToString()
        assert len(samples(reader.read(1, body))) == len(bounds) + 3


def test_an_exponential_histogram_is_a_native_one():
    point = exponential(3, -2, [1, 0, 2], zero=4, zero_threshold=0.001)
    point.negative.offset, point.negative.bucket_counts[:] = 5, [3]
    point.count = 10
    found = read(request(metric("exponential_histogram", "e", point)))
    assert samples(found, "natives") == {"e": Histogram(3, 10, 2.5, 0.001, 4, {-1: 1, 1: 2}, {6: 3})}
    assert found.begun[0].is_native


@pytest.mark.parametrize(("scale", "schema", "buckets"), [
    (8, 8, {0: 1, 1: 1, 2: 2, 3: 3}), (9, 8, {0: 1, 1: 3, 2: 3}), (10, 8, {0: 1, 1: 6}), (20, 8, {0: 1, 1: 6}),
    (-4, -4, {0: 1, 1: 1, 2: 2, 3: 3}),
])  # fmt: skip
def test_a_fine_scale_is_made_coarser(scale, schema, buckets):
    found = read(request(metric("exponential_histogram", "e", exponential(scale, -1, [1, 1, 2, 3]))))
    [made] = samples(found, "natives").values()
    assert (made.schema, made.positive, made.zero_threshold) == (schema, buckets, 1e-128)


def test_counts_above_a_byte():
    found = read(request(metric("exponential_histogram", "e", exponential(0, 0, [300, 0, 1 << 40]))))
    assert samples(found, "natives")["e"].positive == {1: 300, 3: 1 << 40}


def test_a_summary():
    found = read(request(metric("summary", "s", summary({0.5: 1.5, 0.99: 2.5}, 4, 9.0))))
    assert samples(found) == {
        's{"quantile": "0.5"}': 1.5,
        's{"quantile": "0.99"}': 2.5,
        "s_count": 4.0,
        "s_sum": 9.0,
    }
    assert (found.begun[0].first, found.begun[0].stop) == (2, 4)


def test_what_has_no_value_ended():
    found = read(
        request(
            metric("gauge", "g", number(None, flags=GONE)),
            metric("histogram", "d", histogram([0, 0], [1.0], flags=GONE)),
            metric("exponential_histogram", "e", exponential(0, 0, [], flags=GONE)),
            metric("summary", "s", summary({0.5: math.nan}, 0, 0.0, flags=GONE)),
            metric("sum", "c", number(None, flags=GONE), temporality=DELTA),
        )
    )
    bits = [*found.floats.batch([]).v.view(np.uint64), *found.natives.batch([]).v.view(np.uint64)]
    assert len(bits) == 1 + 4 + 1 + 3 + 1
    assert set(bits) == {STALE_BITS}
    assert not found.begun


def test_a_nan_of_a_sender_is_no_mark_of_the_store():
    stale = struct.unpack("<d", struct.pack("<Q", STALE_BITS))[0]
    found = read(
        request(
            metric("gauge", "g", number(stale)),
            metric("histogram", "d", histogram([1], [], stale)),
            metric("summary", "s", summary({0.5: stale}, 1, stale)),
            metric("exponential_histogram", "e", exponential(0, 0, [1])),
        )
    )
    values = found.floats.batch([]).v
    assert np.isnan(values).sum() == 4
    assert STALE_BITS not in values.view(np.uint64)


def test_exemplars():
    trace = {"trace_id": bytes(range(1, 17)), "span_id": bytes(range(1, 9))}
    exemplar = Exemplar(as_double=0.7, time_unix_nano=T - NS, filtered_attributes=pairs({"user.id": 5}), **trace)
    long = Exemplar(as_int=3, filtered_attributes=pairs({"k": "v" * 100}), **trace)
    bare = Exemplar(as_double=100.0, trace_id=bytes(16))
    found = read(
        request(
            metric("sum", "c", number(1, exemplars=[exemplar])),
            metric("gauge", "g", number(1, exemplars=[exemplar])),
            metric("histogram", "d", histogram([1, 1, 1], [0.5, 5.0], exemplars=[exemplar, long, bare])),
            metric("exponential_histogram", "e", exponential(0, 0, [1], exemplars=[exemplar])),
        )
    )
    ids = {"trace_id": bytes(range(1, 17)).hex(), "span_id": bytes(range(1, 9)).hex()}
    batch = found.floats.batch([])
    told = [(batch.labels[one.row]["__name__"], batch.labels[one.row].get("le"), one.labels, one.value, one.t) for one in batch.exemplars]  # fmt: skip
    assert told == [
        ("c_total", None, ids | {"user.id": "5"}, 0.7, NOW - 1),
        ("d_bucket", "5", ids | {"user.id": "5"}, 0.7, NOW - 1),
        ("d_bucket", "5", ids, 3.0, NOW),
        ("d_bucket", "+Inf", {}, 100.0, NOW),
    ]
    assert [(one.row, one.value) for one in found.natives.exemplars] == [(0, 0.7)]


def labels_of(message, **options) -> list[dict[str, str]]:
    return list(read(message, **options).floats.batch([]).labels)


def test_attributes_that_come_to_one_name_are_joined_whatever_their_order():
    for order in (["b.x", "b_x", "a"], ["b_x", "a", "b.x"]):
        attributes = {key: f"v{key}" for key in order}
        [labels] = labels_of(request(metric("gauge", "g", number(1, **attributes))))
        assert labels == SHOP | {"__name__": "g", "b_x": "vb.x;vb_x", "a": "va"}


@pytest.mark.parametrize(("attributes", "target"), [
    (SERVICE, SHOP), (SERVICE | {"service.namespace": "eu"}, SHOP | {"job": "eu/shop"}),
    ({"service.name": "shop"}, {"job": "shop"}), ({"service.instance.id": 7}, {"instance": "7"}),
    ({"service.namespace": "eu"}, {}), ({}, {}),
])  # fmt: skip
def test_job_and_instance(attributes, target):
    found = read(request(metric("gauge", "g", number(1, job="mine", empty="")), attributes=attributes))
    assert dict(found.floats.batch([]).labels[0]) == {"job": "mine"} | target | {"__name__": "g"}
    assert not found.infos


def infos(reading) -> list[tuple[dict[str, str], int]]:
    told = reading.infos
    for key, t in told:
        reading.floats.add(key, t, 1.0)
    return [(reading.floats.batch([]).labels[len(reading.floats) - len(told) + i], t // NS) for i, (_, t) in enumerate(told)]  # fmt: skip


def test_target_info():
    attributes = SERVICE | {"host.name": "h", "os.type": "linux"}
    message = request(metric("gauge", "g", number(1, T - 400_000 * NS), number(1)), attributes=attributes)
    label = {"__name__": "target_info", **SHOP, "host_name": "h", "os_type": "linux"}
    assert infos(read(message, lookback_ms=300_000)) == [
        (label, NOW - 400_000), (label, NOW - 250_000), (label, NOW - 100_000), (label, NOW),
    ]  # fmt: skip
    kept = label | {"service_name": "shop", "service_instance_id": "i1"}
    assert infos(read(message, keep_identifying=True))[0][0] == kept
    assert infos(read(request(metric("gauge", "g", number(1)), attributes={"host.name": "h"}))) == []
    old = request(metric("gauge", "g", number(1, 0), number(1)), attributes=attributes)
    assert len(read(old).infos) == reader.MOST_INFO + 1


def test_promoted_attributes():
    attributes = SERVICE | {"host.name": "h", "deployment.environment": "prod"}
    message = request(metric("gauge", "g", number(1, host_name="own"), number(2)), attributes=attributes)
    promoted = frozenset(("host.name", "deployment.environment", "none"))
    first, second = labels_of(message, promoted=promoted)
    assert first == SHOP | {"__name__": "g", "host_name": "own", "deployment_environment": "prod"}
    assert second["host_name"] == "h"


def test_scopes():
    scope = {"name": "lib", "version": "1.2", "schema_url": "http://x", "attributes": {"a.b": 1}}
    message = request(resource(metric("gauge", "g", number(1)), scope=scope))
    assert labels_of(message) == [SHOP | {"__name__": "g"}]
    told = {"otel_scope_name": "lib", "otel_scope_version": "1.2", "otel_scope_schema_url": "http://x", "otel_scope_a_b": "1"}  # fmt: skip
    assert labels_of(message, promote_scope=True) == [SHOP | {"__name__": "g"} | told]
    unnamed = request(resource(metric("gauge", "g", number(1)), scope={"version": "1"}))
    assert labels_of(unnamed, promote_scope=True) == [SHOP | {"__name__": "g"}]


def test_names_can_stay_as_they_are():
    message = request(metric("sum", "http.server", number(1, **{"http.route": "/"}), unit="s"))
    [labels] = labels_of(message, naming=STRATEGIES["NoTranslation"])
    assert labels == SHOP | {"__name__": "http.server", "http.route": "/"}


@pytest.mark.parametrize(
    ("bad", "points", "says"),
    [
        (metric("gauge", "日本", number(1), number(2)), 2, "nothing is left of the metric name"),
        (metric("gauge", "g", number(1, 日本="x")), 1, "nothing is left of the attribute name"),
        (metric("gauge", "g", number(None)), 1, "g: it has no value"),
        (metric("sum", "s", number(1), temporality=0), 1, "no aggregation temporality"),
        (metric("histogram", "h", histogram([1, 2], [1.0, 2.0])), 1, "2 buckets do not fit 2 bounds"),
        (metric("histogram", "h", histogram([1, 2, 3], [2.0, 1.0])), 1, "no rising numbers"),
        (metric("histogram", "h", histogram([1, 2, 3], [2.0, float("inf")])), 1, "no rising numbers"),
        (metric("histogram", "h", histogram([1] * 1001, list(range(1000)))), 1, "more than 1000 buckets"),
        (metric("exponential_histogram", "e", exponential(-5, 0, [1])), 1, "the scale -5 is coarser than -4"),
        (metric("exponential_histogram", "e", exponential(0, 0, [5], count=3)), 1, "its count is 3"),
        (metric("exponential_histogram", "e", exponential(0, 0, [1] * 1001)), 1, "more than 1000 buckets"),
        (metric("exponential_histogram", "e", exponential(0, 0, [1], zero_threshold=-1.0)), 1, "zero threshold is -1"),
        (metric("summary", "s", summary({i / 2000: 1.0 for i in range(1001)}, 1, 1.0)), 1, "1000 quantiles"),
        (metric("gauge", "g", number(1, **{f"k{i}": i for i in range(129)})), 1, "129 attributes"),
    ],
)
def test_points_that_make_no_sense_leave_the_others(bad, points, says):
    found = read(request(bad, metric("gauge", "good", number(1))))
    assert (found.refused, found.points) == (points, points + 1)
    assert says in found.fault
    assert samples(found) == {"good": 1.0}


def test_a_resource_that_makes_no_sense_leaves_the_others():
    many = resource(metric("gauge", "g", number(1)), attributes={f"k{i}": i for i in range(129)})
    found = read(request(many, resource(metric("gauge", "good", number(1)))))
    assert (found.refused, found.fault) == (1, "129 attributes in one set; the limit is 128")
    assert samples(found) == {"good": 1.0}


def test_text_that_is_not_utf_8():
    point = number(1, a="x").SerializeToString().replace(b"\x0a\x01x", b"\x0a\x01\xff")
    bad = b"\x0a\x01g" + chunk(5, chunk(1, point) + chunk(1, number(2).SerializeToString()))
    found = Reader(Options()).read(1, chunk(1, chunk(2, chunk(2, bad))))
    assert (found.refused, found.points, len(found.floats)) == (1, 2, 1)


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05", chunk(1, b"\x12\xff"), chunk(1, chunk(2, chunk(2, chunk(5, b"\x0a\x7f"))))])  # fmt: skip
def test_what_is_no_message(body):
    with pytest.raises(BadRequest, match="ExportMetricsServiceRequest"):
        Reader(Options()).read(1, body)


def test_what_is_unknown_is_passed_over():
    fields = b"\x18\x05" + chunk(99, b"new") + b"\x9d\x06abcd"
    good = metric("gauge", "g", number(1)).SerializeToString()
    body = chunk(1, fields + chunk(2, fields + chunk(2, good + fields))) + fields
    assert len(Reader(Options()).read(1, body).floats) == 1


def test_lists_may_come_unpacked():
    packed = histogram([1, 2], [5.0])
    data = packed.SerializeToString()
    loose = data.replace(chunk(6, struct.pack("<2Q", 1, 2)), b"\x31" + struct.pack("<Q", 1) + b"\x31" + struct.pack("<Q", 2))  # fmt: skip
    loose = loose.replace(chunk(7, struct.pack("<d", 5)), b"\x39" + struct.pack("<d", 5))
    assert data != loose

    def body(point: bytes) -> bytes:
        return chunk(1, chunk(2, chunk(2, b"\x0a\x01h" + chunk(9, chunk(1, point) + b"\x10\x02"))))

    reader = Reader(Options())
    first = reader.read(1, body(data)).floats
    second = reader.read(1, body(loose)).floats
    assert (first.keys, first.values) == (second.keys, second.values)


def test_requests_have_limits(monkeypatch):
    message = request(metric("gauge", "g", *(number(i, a=i) for i in range(11)))).SerializeToString()
    monkeypatch.setattr(reader, "MOST_POINTS", 11)
    assert len(Reader(Options()).read(1, message).floats) == 11
    monkeypatch.setattr(reader, "MOST_POINTS", 10)
    with pytest.raises(TooLarge, match="more than 10 data points"):
        Reader(Options()).read(1, message)
    monkeypatch.setattr(reader, "MOST_SAMPLES", 4)
    with pytest.raises(TooLarge, match="more than 4 buckets"):
        Reader(Options()).read(1, request(metric("histogram", "d", histogram([1, 2, 3], [1.0, 2.0]))).SerializeToString())  # fmt: skip


def test_messages_have_limits():
    with pytest.raises(TooLarge, match="more than 600000 fields"):
        Reader(Options()).read(1, b"\x0a\x00" * 600_001)
    assert Reader(Options()).read(1, b"\x0a\x00" * 1000).points == 0


def test_what_is_remembered_has_a_limit(monkeypatch):
    monkeypatch.setattr(series, "MOST_BYTES", 2000)
    made = Reader(Options())
    for i in range(100):
        found = made.read(1, request(metric("gauge", "g", number(i, a=f"v{i}"))).SerializeToString())
        assert samples(found) == {f'g{{"a": "v{i}"}}': i}
    assert made._cache._size <= 2000
