"""Text formats and scraping."""

from __future__ import annotations

import gzip
import math

import pytest

from obsv.agent import client
from obsv.agent.exposition import ExpositionError, Parser
from obsv.agent.scrape import Scraper, parse_target
from obsv.agent.wire import STALE_BITS
from tests.agent.conftest import decode, value_of

PAGE = r"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200",} 1027 1395066363000
http_requests_total{ method = "post", code="400"} 3
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find \"FILE\"\n} {"} 1.458255915e9
metric_without_labels 12.47
	tabs	{a="b"}	1
hex 0x1p-2
some{x="ä€"} +Inf
other NaN
{"utf8.name", l="v"} 7
{"only.name"} 8
trailing{a="1"}9
"""


def parse(text: str, *, openmetrics: bool = False) -> dict[tuple[object, ...], tuple[float | None, int]]:
    return {(s.name, *s.labels): (s.value, s.at_ms) for s in Parser().parse(text, openmetrics=openmetrics)}


def test_text_format():
    found = parse(PAGE)
    assert found["http_requests_total", ("code", "200"), ("method", "post")] == (1027.0, 1395066363000)
    assert found["http_requests_total", ("code", "400"), ("method", "post")] == (3.0, 0)
    odd = ("msdos_file_access_time_seconds", ("error", 'Cannot find "FILE"\n} {'), ("path", "C:\\DIR\\FILE.TXT"))
    assert found[odd] == (1458255915.0, 0)
    assert found[("metric_without_labels",)] == (12.47, 0)
    assert found["tabs", ("a", "b")] == (1.0, 0)
    assert found[("hex",)] == (0.25, 0)
    assert found["some", ("x", "ä€")] == (math.inf, 0)
    assert math.isnan(found[("other",)][0] or 0)
    assert found["utf8.name", ("l", "v")] == (7.0, 0)
    assert found[("only.name",)] == (8.0, 0)
    assert found["trailing", ("a", "1")] == (9.0, 0)


def test_openmetrics():
    text = '# TYPE a counter\na_total{x="1"} 5 1.5 # {trace_id="b c"} 0.67 1520879607.789\na_created 1.0\n# EOF\n'
    found = parse(text, openmetrics=True)
    assert found["a_total", ("x", "1")] == (5.0, 1500)
    assert found[("a_created",)] == (1.0, 0)
    with pytest.raises(ExpositionError, match="# EOF"):
        parse("a 1\n", openmetrics=True)


@pytest.mark.parametrize("line", ["a", "a b", "a 1_0", "{} 1", 'a{x="1} 2', "a{x=1} 2", "a{x} 1", "<html>", "1a 2"])
def test_a_line_that_is_no_sample_is_named(line):
    with pytest.raises(ExpositionError, match="line 2"):
        parse(f"ok 1\n{line}\n")


def test_a_known_series_is_not_parsed_again():
    parser = Parser()
    (first,) = parser.parse('a{x="1"} 1\n', openmetrics=False)
    (second,) = parser.parse('a{x="1"} 2\n', openmetrics=False)
    assert second.labels is first.labels
    assert second.value == 2.0


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://db-1:9100/metrics", ("http://db-1:9100/metrics", "scrape", "db-1:9100")),
        ("redis=http://localhost:9121", ("http://localhost:9121/metrics", "redis", "web-1:9121")),
        ("https://x.example/m?a=b", ("https://x.example/m?a=b", "scrape", "x.example:443")),
        ("127.0.0.1:8000/metrics", ("http://127.0.0.1:8000/metrics", "scrape", "web-1:8000")),
    ],
)
def test_targets(text, target):
    assert parse_target(text, "web-1") == target


def test_scrape_adds_up_and_ends_series_of_a_target_that_goes_down(sink, closing):
    target = parse_target(f"app={sink.url}/metrics", "web-1")
    scraper = closing(Scraper(target, timeout=2))
    sink.page = b'jobs{instance="x",q="a"} 4\n'
    (batch,) = scraper.scrape(1000)
    found = decode(batch.body)
    assert value_of(found, "jobs", q="a", exported_instance="x", job="app", instance=f"web-1:{sink.port}") == 4
    assert value_of(found, "up", job="app") == 1
    assert value_of(found, "scrape_samples_scraped") == 1
    assert value_of(found, "scrape_duration_seconds") > 0
    sink.page = b""  # answers 500
    (batch,) = scraper.scrape(2000)
    found = decode(batch.body)
    assert value_of(found, "up") == 0
    ended = [samples for key, samples in found.items() if ("__name__", "jobs") in key]
    assert ended == [[(STALE_BITS, 2000)]]


def test_a_broken_page_is_down_as_a_whole(sink, closing):
    sink.page = b"fine 1\n<not metrics>\n"
    (batch,) = closing(Scraper(parse_target(sink.url, "h"), timeout=2)).scrape(1000)
    found = decode(batch.body)
    assert value_of(found, "up") == 0
    assert not any(("__name__", "fine") in key for key in found)


def test_gzip_and_openmetrics_are_understood(sink, closing, monkeypatch):
    sink.page = b"a_total 1\n# EOF\n"
    sink.page_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    scraper = closing(Scraper(parse_target(sink.url, "h"), timeout=2))
    assert value_of(decode(scraper.scrape(1)[0].body), "a_total") == 1
    assert client._gunzip(gzip.compress(b"x" * 1000)) == b"x" * 1000
    monkeypatch.setattr(client, "_MAX_ANSWER", 100)
    with pytest.raises(client.http.client.HTTPException, match="larger"):
        client._gunzip(gzip.compress(b"x" * 1000))
