"""JSON lines in and out."""

from __future__ import annotations

import gzip
import json
import math
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest import json_lines
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.json_lines import export_router, import_handler
from obsv.metrics.store.types import STALE_BITS
from tests.metrics.ingest.pushing import Pushing, Someone
from tests.metrics.store.made import NOW

IMPORT, EXPORT = "/api/v1/import", "/api/v1/export"
DAY = 86_400_000


@pytest.fixture
async def bench(tmp_path):
    bench: Pushing

    async def guard(connection, _handler) -> None:
        connection.state.actor = Someone(int(connection.headers["authorization"].split()[1]))

    bench = Pushing(tmp_path, lambda door, _: [import_handler(door), export_router(lambda: bench.store, guard)])
    await bench.store.open()
    yield bench
    await bench.store.close()


def line(metric: dict[str, str], values: list[object], timestamps: list[int]) -> str:
    return json.dumps({"metric": metric, "values": values, "timestamps": timestamps}) + "\n"


async def export(bench: Pushing, query: str) -> list[dict]:
    answer = await bench.send(f"{EXPORT}?{query}", method="GET")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/stream+json")
    return [json.loads(one) for one in answer.text.splitlines()]


async def test_what_is_imported_is_exported(bench):
    values = [1, -0.5, None, "stale", "Infinity", "-Infinity", 1e300]
    times = [NOW - 30 * DAY + i for i in range(len(values))]
    body = line({"__name__": "a", "b": 'c"é'}, values, times) + "\n" + line({"__name__": "d"}, [2], [NOW])
    answer = await bench.send(IMPORT, gzip.compress(body.encode()), content_encoding="gzip")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await export(bench, 'match[]={__name__=~".%2B"}') == [
        {"metric": {"__name__": "a", "b": 'c"é'}, "values": values, "timestamps": times},
        {"metric": {"__name__": "d"}, "values": [2.0], "timestamps": [NOW]},
    ]


async def test_nan_and_the_end_of_a_series_stay_two_things(bench):
    await bench.send(IMPORT, line({"__name__": "a"}, [None, "stale"], [NOW - 1, NOW]))
    ((_, nan), (_, stale)) = (await bench.points())["a"]
    assert math.isnan(nan)
    bits = [struct.unpack("<Q", struct.pack("<d", value))[0] for value in (nan, stale)]
    assert bits[1] == STALE_BITS != bits[0]


async def test_a_part_of_the_time_in_lines_of_some_rows(bench):
    await bench.send(IMPORT, line({"__name__": "a"}, list(range(10)), [NOW - 10_000 + i * 1000 for i in range(10)]))
    start, end = (NOW - 8000) / 1000, (NOW - 4000) / 1000
    found = await export(bench, f"match[]=a&start={start}&end={end}&max_rows_per_line=2")
    assert [one["values"] for one in found] == [[2, 3], [4, 5], [6]]
    for wrong in ("0", "-1", "x"):
        assert (await bench.send(f"{EXPORT}?match[]=a&max_rows_per_line={wrong}", method="GET")).status_code == 400


async def test_several_matches_are_a_union(bench):
    body = "".join(line({"__name__": name, "x": "1"}, [1], [NOW]) for name in "abc")
    await bench.send(IMPORT, body)
    found = await export(bench, 'match[]=a&match[]={x="1",__name__!="c"}&match[]=b')
    assert [one["metric"]["__name__"] for one in found] == ["a", "b"]
    posted = await bench.send(EXPORT, "match[]=c", content_type="application/x-www-form-urlencoded")
    assert json.loads(posted.text)["metric"]["__name__"] == "c"


async def test_much_is_exported_in_parts(bench, monkeypatch):
    monkeypatch.setattr(json_lines, "AT_ONCE", 100)
    count = 1000
    times = [NOW - DAY + i * 7000 for i in range(count)]
    body = "".join(line({"__name__": "a", "n": str(n)}, list(range(count)), times) for n in range(3))
    assert (await bench.send(IMPORT, body)).status_code == 204
    most, select = 0, bench.store.select

    async def watched(*arguments, **options):
        nonlocal most
        found = await select(*arguments, **options)
        most = max(most, len(found.t))
        return found

    monkeypatch.setattr(bench.store, "select", watched)
    found = await export(bench, "match[]=a")
    assert most <= 100
    for n in range(3):
        own = [one for one in found if one["metric"]["n"] == str(n)]
        assert [t for one in own for t in one["timestamps"]] == times
        assert [v for one in own for v in one["values"]] == list(range(count))
    # So many series at one moment that time cannot part them.
    await bench.send(IMPORT, "".join(line({"__name__": "b", "n": str(n)}, [n], [NOW]) for n in range(150)))
    assert len(await export(bench, "match[]=b")) == 150


async def test_native_histograms_are_left_out(bench):
    batch = BatchBuilder()
    row = batch.series({"__name__": "a"})
    batch.add(row, NOW - 1, 1.0)
    batch.add(row, NOW, Histogram(3, 4.0, 10.5, positive={5: 4.0}))
    await bench.store.write(1, batch.build())
    assert [one["values"] for one in await export(bench, "match[]=a")] == [[1.0]]


async def test_another_organisation_sees_nothing(bench):
    await bench.send(IMPORT, line({"__name__": "a"}, [1], [NOW]), token=2)
    assert await export(bench, "match[]=a") == []


async def test_extra_labels(bench):
    await bench.send(f"{IMPORT}?extra_label=env=prod", line({"__name__": "a", "env": "dev"}, [1], [NOW]))
    assert list(await bench.series()) == [{"__name__": "a", "env": "prod"}]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "line 2: "),
        ("[]", "line 2: Expected `object`"),
        ('{"metric":{"__name__":"a"},"values":[1]}', "missing required field `timestamps`"),
        (line({"__name__": "a"}, [1], []), "1 values do not fit 0 timestamps"),
        (line({"a": "b"}, [1], [NOW]), "the metric has no __name__"),
        (line({"__name__": "a"}, ["x"], [NOW]), "expected a number, null, stale"),
        (line({"__name__": "a"}, [True], [NOW]), "`$.values[0]`"),
        (line({"__name__": "a"}, [1], [2**60]), "`$.timestamps[0]`"),
        ("[" * 100_000, "line 2: "),
        ('{"metric":{"__name__":"\xff"}', "line 2: "),
    ],
)
async def test_a_bad_line_refuses_all_and_is_named(bench, bad, why):
    answer = await bench.send(IMPORT, (line({"__name__": "ok"}, [1], [NOW]) + bad).encode("latin-1")[:99_999])
    assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")
    assert why in answer.json()["error"]
    assert answer.json()["error"].startswith("line 2: ")
    assert await bench.points() == {}


async def test_too_many_samples(bench, monkeypatch):
    monkeypatch.setattr(json_lines, "MOST_SAMPLES", 2)
    assert (await bench.send(IMPORT, line({"__name__": "a"}, [1, 2, 3], [1, 2, 3]))).status_code == 413


async def test_what_the_store_refuses_leaves_the_rest(bench):
    body = line({"__name__": "a"}, [1], [NOW]) + line({"__name__": "b"}, [1], [NOW])
    answer = await bench.send(IMPORT, body, token=2)
    assert answer.status_code == 400
    assert "series_limit 1), stored 1" in answer.json()["error"]


async def test_who_may_import(bench):
    for token, status in (("", 401), ("reader", 403), ("nobody", 403)):
        assert (await bench.send(IMPORT, "", token=token)).status_code == status


async def test_an_export_of_nothing_in_particular(bench):
    for query in ("", "match[]={}", "match[]=a&start=x", "match[]=a&start=2&end=1"):
        answer = await bench.send(f"{EXPORT}?{query}", method="GET")
        assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(finite, st.sampled_from([None, "stale", "Infinity", "-Infinity"])), min_size=1, max_size=20))
def test_values_come_back(values):
    numbers = [json_lines._number(value) for value in values]
    batch = BatchBuilder()
    row = batch.series({"__name__": "a"})
    for at, value in enumerate(numbers):
        batch.add(row, at, value)
    made = batch.build()
    found = json_lines.SeriesSet(made.labels, made.offsets, made.t, made.v)
    assert json.loads(json_lines._lines(found, [], 1000))["values"] == values
