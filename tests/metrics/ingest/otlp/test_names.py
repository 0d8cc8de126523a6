"""Names, units and attributes as Prometheus has them."""

from __future__ import annotations

import math

import pytest

from obsv.metrics.ingest.otlp.attributes import BadAttributes, number_text, read_attributes
from obsv.metrics.ingest.otlp.names import STRATEGIES, BadName, Naming, unit_name
from tests.metrics.ingest.otlp.messages import any_value, pairs
from tests.metrics.ingest.wire import chunk


@pytest.mark.parametrize(
    ("name", "unit", "kind", "made"),
    [
        ("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"),
        ("system.memory.usage", "By", "gauge", "system_memory_usage_bytes"),
        ("process_memory_bytes", "By", "gauge", "process_memory_bytes"),
        ("requests", "{request}", "counter", "requests_total"),
        ("requests.total.seen", "1", "counter", "requests_seen_total"),
        ("cpu.utilization", "1", "gauge", "cpu_utilization_ratio"),
        ("ratio.of.cpu", "1", "gauge", "of_cpu_ratio"),
        ("queue.length", "1", "histogram", "queue_length"),
        ("net.io", "By/s", "gauge", "net_io_bytes_per_second"),
        ("net.rate", "{packet}/s", "gauge", "net_rate_per_second"),
        ("speed", "m/h", "gauge", "speed_meters_per_hour"),
        ("fuel", "GiBy/mo", "gauge", "fuel_gibibytes_per_month"),
        ("load", "%", "gauge", "load_percent"),
        ("odd", "foo-bar", "gauge", "odd_foo_bar"),
        ("a..b__c/d", "", "gauge", "a_b_c_d"),
        ("ns:sub.x", "", "gauge", "ns:sub_x"),
        ("5xx", "", "counter", "_5xx_total"),
        ("Größe.x", "", "gauge", "Gr_e_x"),
        ("data", "TiBy", "gauge", "data_tebibytes"),
    ],
)
def test_metric_names(name, unit, kind, made):
    assert Naming().metric(name, unit, kind) == made


@pytest.mark.parametrize("name", ["", ".", "日本", "___."])
def test_a_name_of_which_nothing_is_left(name):
    with pytest.raises(BadName, match="nothing is left"):
        Naming().metric(name, "", "gauge")
    if name != ".":  # which is key_
        with pytest.raises(BadName, match="nothing is left"):
            Naming().label(name)


def test_other_strategies():
    plain, utf8 = STRATEGIES["UnderscoreEscapingWithoutSuffixes"], STRATEGIES["NoUTF8EscapingWithSuffixes"]
    none = STRATEGIES["NoTranslation"]
    assert plain.metric("http.req", "s", "counter") == "http_req"
    assert plain.metric("a__b.5", "", "gauge") == "a__b_5"
    assert utf8.metric("http.req", "s", "counter") == "http.req_seconds_total"
    assert utf8.metric("http.req.seconds.total", "s", "counter") == "http.req.seconds_total"
    assert utf8.metric("io", "By/s", "gauge") == "io_bytes_per_second"
    assert utf8.metric("cpu.ratio", "1", "gauge") == "cpu_ratio"
    assert none.metric("日本.x", "s", "counter") == "日本.x"
    assert none.label("http.method") == "http.method"


@pytest.mark.parametrize(
    ("name", "made"),
    [("http.method", "http_method"), ("5xx", "key_5xx"), ("_x", "key_x"), ("__x", "__x"), ("a..b", "a__b"), ("a:b", "a_b")],
)  # fmt: skip
def test_label_names(name, made):
    assert Naming().label(name) == made


def test_units_of_metadata():
    assert unit_name("By/s") == "bytes_per_second"
    assert unit_name("{request}") == unit_name("1") == unit_name("") == ""
    assert unit_name("foo_") == "foo"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("x", "x"), ("", ""), (True, "true"), (False, "false"), (5, "5"), (-(2**63), str(-(2**63)))),
        *((1.0, "1"), (0.5, "0.5"), (1e21, "1e+21"), (1e-7, "1e-7"), (-0.0, "-0"), (1e20, "1" + "0" * 20)),
        *((math.inf, "+Inf"), (math.nan, "NaN"), (b"\x01\xff", "Af8="), (None, "")),
        *(([1, "a", [True]], '[1,"a",[true]]'), ({"b": 1, "a": "<x>"}, '{"a":"\\u003cx\\u003e","b":1}')),
        *(([], "[]"), ({}, "{}"), ([b"\x01", 1.5, None], '["AQ==",1.5,null]')),
    ],
)
def test_values(value, text):
    data = b"".join(chunk(7, one.SerializeToString()) for one in pairs({"k": value}))
    assert read_attributes(data, 7) == [("k", text)]


def test_values_within_each_other_have_a_limit():
    value = "x"
    for _ in range(17):
        value = [value]
    with pytest.raises(BadAttributes, match="16 lists within each other"):
        read_attributes(chunk(7, pairs({"k": value})[0].SerializeToString()), 7)
    assert any_value(value).HasField("array_value")


def test_a_set_has_a_limit():
    data = b"".join(chunk(7, one.SerializeToString()) for one in pairs({f"k{i}": "v" for i in range(129)}))
    with pytest.raises(BadAttributes, match="129 attributes"):
        read_attributes(data, 7)


def test_numbers_are_short():
    assert [number_text(value) for value in (0.1, 123456789.0, 2.5e-6)] == ["0.1", "123456789", "0.0000025"]
