"""Pages that are imported: text and OpenMetrics, with times, labels and packing."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from obsv.metrics.ingest.imports import import_handlers
from obsv.metrics.store.types import Exemplar, Metadata
from tests.metrics.ingest.pushing import Pushing
from tests.metrics.store.made import NOW

PATH = "/api/v1/import/prometheus"
OPEN = "application/openmetrics-text; version=1.0.0"
DAY = 86_400_000


@pytest.fixture
async def bench(tmp_path):
    bench = Pushing(tmp_path, import_handlers)
    await bench.store.open()
    yield bench
    await bench.store.close()


async def test_text_is_taken(bench):
    page = f'# HELP a Some\n# TYPE a gauge\na{{b="c"}} 1.5\na{{b="d"}} 2 {NOW - 1000}\nraw 3\n'
    answer = await bench.send(PATH, page)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await bench.points() == {"ab=c": [(NOW, 1.5)], "ab=d": [(NOW - 1000, 2.0)], "raw": [(NOW, 3.0)]}
    assert bench.metadata == [Metadata("a", "gauge", "Some", "")]
    assert bench.stats.accepted == 3


async def test_openmetrics_is_taken_with_its_exemplars(bench):
    page = f'# TYPE a counter\na_total 5 {NOW / 1000} # {{trace_id="x"}} 0.5\na_total{{b="c"}} 6 # {{}} 1 {NOW / 1000 - 2}\n# EOF\n'
    assert (await bench.send(PATH, page, content_type=OPEN)).status_code == 204
    assert await bench.points() == {"a_total": [(NOW, 5.0)], "a_totalb=c": [(NOW, 6.0)]}
    assert bench.exemplars == [Exemplar(0, {"trace_id": "x"}, 0.5, NOW), Exemplar(1, {}, 1.0, NOW - 2000)]
    assert (await bench.send(PATH, "a_total 5\n", content_type=OPEN)).status_code == 400


async def test_packed(bench):
    for pack, encoding in ((gzip.compress, "gzip"), (zstandard.ZstdCompressor().compress, "zstd")):
        assert (await bench.send(PATH, pack(f"{encoding} 1\n".encode()), content_encoding=encoding)).status_code == 204
    assert await bench.points() == {"gzip": [(NOW, 1.0)], "zstd": [(NOW, 1.0)]}
    assert (await bench.send(PATH, b"a 1\n", content_encoding="br")).status_code == 415
    assert (await bench.send(PATH, b"a 1\n", content_encoding="gzip")).status_code == 400


async def test_a_time_for_samples_without_one(bench):
    then = NOW - 10 * DAY
    assert (await bench.send(f"{PATH}?timestamp={then}", f"a 1\na 2 {NOW}\n")).status_code == 204
    # Older than the late window allows elsewhere: an import brings history.
    assert (await bench.send(f"{PATH}?timestamp={then - DAY}", "a 0\n")).status_code == 204
    assert await bench.points() == {"a": [(then - DAY, 0.0), (then, 1.0), (NOW, 2.0)]}
    for wrong in ("now", "-1", "1.5", "9" * 16):
        answer = await bench.send(f"{PATH}?timestamp={wrong}", "a 1\n")
        assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")


async def test_labels_of_parameters_and_of_the_path_count_more_than_the_page(bench):
    path = f"{PATH}/metrics/job/sync/instance@base64/YS9i?extra_label=env=prod&extra_label=zone=1"
    assert (await bench.send(path, 'a{job="x",env="dev",own="1"} 1\n')).status_code == 204
    assert await bench.points() == {"aenv=prod|instance=a/b|job=sync|own=1|zone=1": [(NOW, 1.0)]}
    assert (await bench.send(f"{PATH}/metrics/job", "a 1\n")).status_code == 400
    assert (await bench.send(f"{PATH}?extra_label=x", "a 1\n")).status_code == 400


async def test_a_bad_line_refuses_the_page_and_is_named(bench):
    answer = await bench.send(PATH, "a 1\n\nb one\nc 1\n")
    assert answer.status_code == 400
    assert answer.json() == {
        "status": "error",
        "errorType": "bad_data",
        "error": "line 3, 'b one': expected a number, got 'one'",
    }
    assert await bench.points() == {}


async def test_what_the_store_refuses_leaves_the_rest(bench):
    answer = await bench.send(PATH, "a 1\nb 1\n", token=2)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("refused 1 samples (series_limit 1), stored 1; first:")
    assert await bench.points(2) == {"a": [(NOW, 1.0)]}


async def test_who_may_import(bench):
    for path in (PATH, f"{PATH}/metrics/job/a"):
        for token, status in (("", 401), ("reader", 403), ("nobody", 403)):
            assert (await bench.send(path, "a 1\n", token=token)).status_code == status
    assert await bench.points() == {}
