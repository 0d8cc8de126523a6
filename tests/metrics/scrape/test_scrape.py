"""A target scraped over a real socket into a real store."""

from __future__ import annotations

import base64

import pytest

from obsv.config.model import Relabel
from obsv.core.errors import Unavailable
from obsv.db import fetch
from obsv.metrics.scrape.loop import THREAD_BYTES
from obsv.metrics.scrape.series import merge
from obsv.metrics.store.types import Metadata
from tests.metrics.scrape.conftest import STALE, STEP, Bench

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


async def test_samples_and_what_is_told_of_the_scrape(bench: Bench) -> None:
    loop = bench.loop(labels={"env": "prod"})
    await bench.scrape_page(loop, 'a 1\nb{x="1"} 2\nb{x="2"} 3\n')
    await bench.scrape_page(loop, 'a 5\nb{x="1"} NaN\n', packed=True)
    assert await bench.values("a") == {"a{env=prod}": [1, 5]}
    values = await bench.values("b")
    assert str(values["b{env=prod,x=1}"]) == "[2.0, nan]"
    assert values["b{env=prod,x=2}"] == [3, STALE]
    told = {
        "up": [1, 1], "scrape_samples_scraped": [3, 2], "scrape_samples_post_metric_relabeling": [3, 2],
        "scrape_series_added": [3, 0],
    }  # fmt: skip
    for name, expected in told.items():
        assert await bench.values(name) == {f"{name}{{env=prod}}": expected}
    status = loop.status()
    assert (status.health, status.last_error, status.last_scrape_ms) == ("up", "", bench.clock.now_ms())
    assert (status.pool, status.interval_ms) == ("app", STEP)


async def test_a_target_that_fails_is_down_and_its_series_end(bench: Bench) -> None:
    loop = bench.loop(body_size_limit=2000)
    for page, how, why in (
        ("a 1\n", {"status": 503}, "server returned HTTP status 503 Service Unavailable"),
        ("a 1\nnonsense here\n", {}, "line 2"),
        ("a 1\n" * 900, {}, "over 2000 bytes"),
        ('{x="1"} 1\n', {}, "line 1"),
    ):
        await bench.scrape_page(loop, "a 7\n")
        await bench.scrape_page(loop, page, **how)
        assert (await bench.values("a"))["a{}"][-2:] == [7, STALE]
        assert await bench.report("up") == 0
        assert await bench.report("scrape_series_added") == 0
        assert loop.status().health == "down"
        assert why in loop.status().last_error


async def test_limits_fail_the_whole_scrape_and_the_counts_are_told(bench: Bench) -> None:
    loop = bench.loop(sample_limit=2)
    await bench.scrape_page(loop, "a 1\nb 1\n")
    assert await bench.report("up") == 1
    await bench.scrape_page(loop, "a 2\nb 2\nc 2\n")
    assert await bench.values("a") == {"a{}": [1, STALE]}
    assert await bench.report("scrape_samples_scraped") == 3
    assert loop.status().last_error == "sample limit exceeded"
    loop = bench.loop(label_limit=4, job="app")
    await bench.scrape_page(loop, 'd{x="1"} 1\n')
    assert await bench.report("up") == 1
    await bench.scrape_page(loop, 'd{x="1"} 1\nd{x="1",y="2"} 1\n')
    assert loop.status().last_error == "label_limit exceeded (metric: d, number of labels: 5, limit: 4)"


async def test_rules_for_samples(bench: Bench) -> None:
    rules = (
        Relabel(source_labels=("__name__",), regex="go_.*", action="drop"),
        Relabel(regex="tmp_.*", action="labeldrop"),
        Relabel(source_labels=("instance",), regex=r".*:(\d+)", target_label="port"),
    )
    loop = bench.loop(metric_relabel=rules)
    await bench.scrape_page(loop, 'go_gc 1\na{tmp_x="1",y="2"} 3\n')
    assert await bench.values() == {f"a{{port={bench.server.port},y=2}}": [3]}
    assert (
        await bench.report("scrape_samples_scraped"),
        await bench.report("scrape_samples_post_metric_relabeling"),
    ) == (2, 1)
    # Of the samples alone: what is told of the scrape stays as it is.
    assert list(await bench.values("up")) == ["up{}"]
    nameless = bench.loop(metric_relabel=(Relabel(target_label="__name__", replacement=""),))
    await bench.scrape_page(nameless, "a 1\n")
    assert nameless.status().last_error == "missing metric name (__name__ label)"


async def test_labels_that_clash(bench: Bench) -> None:
    page = 'a{job="mine",env="dev",exported_job="old"} 1\n'
    await bench.scrape_page(bench.loop(labels={"env": "prod"}), page)
    assert await bench.values("a") == {"a{env=prod,exported_env=dev,exported_exported_job=mine,exported_job=old}": [1]}
    await bench.scrape_page(bench.loop(labels={"env": "prod"}, honor_labels=True), page.replace("a{", "h{"))
    found = await bench.store.select(1, [], 0, bench.clock.now_ms(), limit=1000)
    (honoured,) = [labels for labels in found.labels if labels["__name__"] == "h"]
    assert (honoured["job"], honoured["env"], honoured["exported_job"]) == ("mine", "dev", "old")


def test_an_empty_label_takes_the_target_s_away_where_labels_are_honoured() -> None:
    assert merge({"a": ""}, {"a": "1", "b": "2"}, is_honoring=True) == {"a": "", "b": "2"}
    assert merge({"a": ""}, {"a": "1"}, is_honoring=False) == {"a": "1"}
    # The shorter name is settled first: `a` takes exported_a, which the target has too, one further.
    assert merge({"a": "x", "exported_a": "y"}, {"a": "1", "exported_a": "2"}, is_honoring=False) == {
        "a": "1",
        "exported_a": "2",
        "exported_exported_a": "x",
        "exported_exported_exported_a": "y",
    }


async def test_times_of_the_page(bench: Bench) -> None:
    at = bench.clock.now_ms()
    loop = bench.loop()
    await bench.scrape_page(loop, f"a 1 {at}\nb 1\n")
    await bench.scrape_page(loop, "c 1\n")
    # A series with times of its own is not marked as ended: nobody knows when it did.
    assert await bench.values("a") == {"a{}": [1]}
    assert await bench.values("b") == {"b{}": [1, STALE]}
    found = await bench.store.select(1, [], 0, at, limit=100)
    assert [labels["__name__"] for labels in found.labels] == ["a"]
    await bench.scrape_page(bench.loop(honor_timestamps=False), f"d 1 {at}\n")
    found = await bench.store.select(1, [], bench.clock.now_ms(), bench.clock.now_ms(), limit=100)
    assert "d" in [labels["__name__"] for labels in found.labels]


async def test_openmetrics_brings_metadata_and_exemplars(bench: Bench) -> None:
    loop = bench.loop()
    page = (
        '# HELP lag_seconds How \\"late\\".\n# TYPE lag_seconds histogram\n# UNIT lag_seconds seconds\n'
        'lag_seconds_bucket{le="1.0"} 2 # {trace_id="abc # {"} 0.67 1520879607.789\n'
        'lag_seconds_bucket{le="+Inf"} 3 # {trace_id="def"} 2\nlag_seconds_sum 4\nlag_seconds_count 3\nother 1\n# EOF\n'
    )
    await bench.scrape_page(loop, page, OPENMETRICS)
    batch = bench.batches[-1]
    assert batch.metadata == [Metadata("lag_seconds", "histogram", 'How "late".', "seconds")]
    first, second = batch.exemplars
    assert (first.labels, first.value, first.t) == ({"trace_id": "abc # {"}, 0.67, 1520879607789)
    assert batch.labels[first.row]["le"] == "1.0"
    assert (second.labels, second.value, second.t) == ({"trace_id": "def"}, 2.0, bench.clock.now_ms())
    assert loop.status().metadata == tuple(batch.metadata)
    await bench.scrape_page(loop, page, OPENMETRICS)
    assert bench.batches[-1].metadata == []
    await bench.scrape_page(loop, page.replace("# EOF\n", ""), OPENMETRICS)
    assert "EOF" in loop.status().last_error


async def test_what_the_target_is_asked(bench: Bench) -> None:
    await bench.scrape_page(
        bench.loop(timeout=2500, user="me", password="pass:word", params={"a": ("1", "2")}), "a 1\n"
    )
    request = bench.server.requests[-1].lower()
    assert request.startswith("get /metrics?a=1&a=2 http/1.1\r\n")
    assert "accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," in request
    assert "\r\naccept-encoding: gzip\r\n" in request
    assert "\r\nx-prometheus-scrape-timeout-seconds: 2.5\r\n" in request
    assert f"authorization: basic {base64.b64encode(b'me:pass:word').decode().lower()}\r\n" in request
    await bench.scrape_page(bench.loop(bearer_token="geheim"), "a 1\n")
    assert "authorization: bearer geheim\r\n" in bench.server.requests[-1].lower()
    lines = await fetch("SELECT purpose, recipient, origin, org, outcome FROM egress_calls ORDER BY id")
    assert lines[0] == {"purpose": "scrape", "recipient": "scrape app", "origin": "config", "org": 1, "outcome": "done"}


async def test_a_store_that_is_away_is_no_fault_of_the_target(bench: Bench) -> None:
    loop = bench.loop()
    bench.failure = Unavailable("disk full")
    with pytest.raises(Unavailable):
        await bench.scrape_page(loop, "a 1\n")
    assert loop.status().health == "up"


async def test_a_long_page_is_read_beside_other_work(bench: Bench) -> None:
    page = "".join(f'a{{n="{n:0>60}"}} {n}\n' for n in range(5000))
    assert len(page) > THREAD_BYTES
    loop = bench.loop()
    await bench.scrape_page(loop, page)
    assert await bench.report("scrape_samples_scraped") == 5000
    await bench.scrape_page(loop, page + "nonsense here\n")
    assert loop.status().health == "down"
