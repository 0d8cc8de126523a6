"""JSON and protobuf say the same; what is no OTLP is refused by the place where it is."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.core.errors import BadRequest
from obsv.metrics.ingest.otlp import Options, Reader
from obsv.metrics.ingest.otlp.transcode import to_protobuf
from tests.metrics.ingest.otlp.messages import (
    SERVICE,
    Exemplar,
    as_json,
    exponential,
    histogram,
    metric,
    number,
    pairs,
    request,
    resource,
    summary,
    told,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats())
scalars = st.one_of(texts, st.booleans(), numbers, st.binary(max_size=5), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
attributes = st.dictionaries(texts, values, max_size=4)
times = st.integers(0, 2**64 - 1)
counts = st.lists(st.integers(0, 2**50), max_size=5)
exemplars = st.builds(
    lambda value, t, more, trace, span: Exemplar(
        **{"as_int" if isinstance(value, int) else "as_double": value},
        time_unix_nano=t, filtered_attributes=pairs(more), trace_id=trace, span_id=span,
    ),
    numbers, times, attributes, st.sampled_from([b"", bytes(16), bytes(range(16))]), st.sampled_from([b"", bytes(range(8))]),
)  # fmt: skip
some = st.lists(exemplars, max_size=2)
number_points = st.builds(
    lambda value, t, start, flags, more, found: number(value, t, start, flags, found, **{f"x{k}": v for k, v in more.items()}),
    st.one_of(st.none(), numbers), times, times, st.integers(0, 3), attributes, some,
)  # fmt: skip
histogram_points = st.builds(
    lambda counts, bounds, total, t, start, more, found: histogram(counts, bounds, total, t, start, attributes=more, exemplars=found),
    counts, st.lists(st.floats(), max_size=4), st.one_of(st.none(), st.floats()), times, times, attributes, some,
)  # fmt: skip
exponential_points = st.builds(
    lambda scale, offset, counts, zero, t, start, more, found: exponential(
        scale, offset, counts, zero, t, start, attributes=more, exemplars=found
    ),
    st.integers(-6, 20), st.integers(-300, 300), counts, st.integers(0, 9), times, times, attributes, some,
)  # fmt: skip
summary_points = st.builds(
    lambda quantiles, count, total, more: summary(quantiles, count, total, attributes=more),
    st.dictionaries(st.floats(allow_nan=False), st.floats(), max_size=3), st.integers(0, 99), st.floats(), attributes,
)  # fmt: skip
temporality = st.integers(0, 2)


def metrics_of(kind: str, points):
    return st.builds(
        lambda name, found, unit, about, when, rises: metric(
            kind, name, *found, unit=unit, description=about, temporality=when, monotonic=rises
        ),
        texts, st.lists(points, max_size=3), st.sampled_from(["", "s", "By/s", "1", "{x}"]), texts, temporality, st.booleans(),
    )  # fmt: skip


metrics = st.one_of(
    metrics_of("gauge", number_points),
    metrics_of("sum", number_points),
    metrics_of("histogram", histogram_points),
    metrics_of("exponential_histogram", exponential_points),
    metrics_of("summary", summary_points),
)
scopes = st.one_of(st.none(), st.fixed_dictionaries({"name": texts, "version": texts, "schema_url": texts, "attributes": attributes}))  # fmt: skip
resources = st.builds(
    lambda found, about, named, scope: resource(*found, attributes=about | (SERVICE if named else {}), scope=scope),
    st.lists(metrics, max_size=4), attributes, st.booleans(), scopes,
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(resources, max_size=3), st.booleans())
def test_json_and_protobuf_are_read_alike(found, promote):
    message = request(*found)
    options = Options(promote_scope=promote, promoted=frozenset(("a", "service.name")))
    packed, text = (
        Reader(options).read(1, body) for body in (message.SerializeToString(), to_protobuf(as_json(message)))
    )
    assert repr(told(packed)) == repr(told(text))


def body(**point) -> bytes:
    gauge = {"dataPoints": [{"timeUnixNano": "1700000000000000000", **point}]}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "g", "gauge": gauge}]}]}]}).encode()


def value_of(**point) -> float:
    return Reader(Options()).read(1, to_protobuf(body(**point))).floats.values[0]


def test_numbers_may_be_texts():
    assert value_of(asInt="12") == value_of(asInt=12) == value_of(asDouble=12) == value_of(asDouble="1.2e1") == 12.0
    assert value_of(asDouble="-Infinity") == float("-inf")
    assert value_of(asInt=None, asDouble=1.5, attributes=None, new={"x": 1}) == 1.5


def test_temporality_may_be_a_name():
    data = {"aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "isMonotonic": True, "dataPoints": [{"asInt": 1}]}  # fmt: skip
    text = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "c", "sum": data}]}]}]}
    assert Reader(Options()).read(1, to_protobuf(json.dumps(text).encode())).floats.keys == [b"\n\x13\n\x08__name__\x12\x07c_total"]  # fmt: skip


POINT = "resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0]"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "the body: expected an object, got a list"),
        (b'{"resourceMetrics":{}}', "resourceMetrics: expected a list, got an object"),
        (b'{"resourceMetrics":[1]}', "resourceMetrics[0]: expected an object, got 1"),
        (body(asInt="1.5"), f"{POINT}.asInt: expected a whole number"),
        (body(asInt="1_0"), f"{POINT}.asInt: expected a whole number"),
        (body(asInt=2**63), f"{POINT}.asInt: expected a whole number"),
        (body(timeUnixNano=-1), f"{POINT}.timeUnixNano: expected a whole number from 0"),
        (body(asDouble="x"), f"{POINT}.asDouble: expected a number, got 'x'"),
        (body(asDouble=True), f"{POINT}.asDouble: expected a number, got True"),
        (body(attributes=[{"key": 1}]), f"{POINT}.attributes[0].key: expected a text, got 1"),
        (body(attributes=[{"value": {"boolValue": 1}}]), f"{POINT}.attributes[0].value.boolValue: expected true or false"),
        (body(exemplars=[{"traceId": "xy"}]), f"{POINT}.exemplars[0].traceId: expected a text of hexadecimal digits"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(sent, says):
    with pytest.raises(BadRequest) as refused:
        to_protobuf(sent)
    assert says in str(refused.value)


def test_objects_within_each_other_have_a_limit():
    deep: dict[str, object] = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    with pytest.raises(BadRequest, match="within each other"):
        to_protobuf(body(attributes=[{"key": "k", "value": deep}]))


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["resourceMetrics", "scopeMetrics", "metrics", "gauge", "dataPoints"]), inner, max_size=3))))  # fmt: skip
def test_nothing_but_bad_request_is_raised(content):
    with contextlib.suppress(BadRequest):
        Reader(Options()).read(1, to_protobuf(json.dumps(content).encode()))
