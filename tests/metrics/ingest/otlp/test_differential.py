"""The same requests to obsv and to a real VictoriaMetrics with Prometheus' naming: the same series and samples.

Debian's Prometheus is built without its OTLP receiver, which would be the nearer peer.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.bench.servers import running
from tests.live import Live
from tests.metrics.ingest.otlp.messages import (
    NS,
    PROTOBUF,
    histogram,
    metric,
    number,
    request,
    resource,
    summary,
)
from tests.metrics.ingest.otlp.sdk import application, export
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow]

NOT_THEIRS = {"job", "instance"}
"""VictoriaMetrics makes nothing of the resource but labels of what is promoted.

It also has other names for what is known of a scope, and makes several labels of an attribute that is a map.
"""
NOT_COMPARED = "target_info|body_size.*"
"""Nor has it native histograms: an exponential one becomes buckets with a label of its own."""


@dataclass
class Side:
    """A server that takes OTLP and exports what it has."""

    url: str
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def post(self, body: bytes) -> int:
        headers = {**self.headers, "Content-Type": PROTOBUF}
        sent = urllib.request.Request(f"{self.url}/opentelemetry/v1/metrics", body, headers)
        with urllib.request.urlopen(sent, timeout=10) as answer:
            return answer.status

    def samples(self, since_ms: int) -> dict[str, list[tuple[int, object]]]:
        """All that came in time order from then on, by labels."""
        query = urllib.parse.urlencode(
            {"match[]": f'{{__name__!="",__name__!~"{NOT_COMPARED}"}}', "start": since_ms / 1000}
        )
        sent = urllib.request.Request(f"{self.url}/api/v1/export?{query}", headers=self.headers)
        with urllib.request.urlopen(sent, timeout=10) as answer:
            lines = [json.loads(line) for line in answer]
        return {
            json.dumps(
                {name: value for name, value in one["metric"].items() if name not in NOT_THEIRS}, sort_keys=True
            ): [*zip(one["timestamps"], one["values"], strict=True)]
            for one in lines
        }


@pytest.fixture
def sides(tmp_path: Path, peers: Path) -> Iterator[tuple[Side, Side]]:
    config = tmp_path / "obsv.toml"
    config.write_text('[metrics.otlp]\npromote_resource_attributes = ["host.name"]\n')
    live, port = Live(tmp_path, options=("--config", str(config))), free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        str(peers / "victoria-metrics"), f"-storageDataPath={tmp_path}/victoria", f"-httpListenAddr=127.0.0.1:{port}",
        "-opentelemetry.usePrometheusNaming", "-opentelemetry.promoteAllResourceAttributes=false",
        "-opentelemetry.promoteResourceAttributes=host.name", "-opentelemetry.promoteScopeMetadata=false",
        "-search.latencyOffset=0s", "-loggerLevel=ERROR",
    ]  # fmt: skip
    with running(command, f"{base}/health", tmp_path / "victoria.log"):
        live.start()
        try:
            yield Side(live.url, {"Authorization": f"Bearer {live.token()}"}), Side(base)
        finally:
            live.stop()


def compare(sides: tuple[Side, Side], since_ms: int, least: int) -> None:
    ours = sides[0].samples(since_ms)
    deadline = time.monotonic() + 15
    while (theirs := sides[1].samples(since_ms)).keys() != ours.keys() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert sorted(ours) == sorted(theirs)
    for key, samples in ours.items():
        times = {t for t, _ in theirs[key]}
        # Zeros where a counter began are ours alone.
        assert [(t, value) for t, value in samples if value != 0 or t in times] == theirs[key], key
    assert len(ours) >= least


def hand_made(now: int):
    """What an SDK would not send; `now` is in Unix ns."""
    given = {"t": now, "start": now - 60_000 * NS}
    odd = {"b.x": "1", "5xx": True, "_private": 1.5, "__kept": "k", "list": [1, "a"], "Größe": "g"}
    metrics = [
        metric("gauge", "disk.usage", number(0.5, **given, **odd), unit="1"),
        metric("gauge", "io", number(5, **given), number(7, **given, a="x"), unit="By/s"),
        metric("gauge", ".speed__x", number(-3, **given), unit="m/h"),
        metric("sum", "requests.total.seen", number(12, **given), unit="{request}/s"),
        metric("sum", "level", number(-2.5, **given), monotonic=False, unit="KBy"),
        metric("histogram", "wait", histogram([1, 0, 3], [0.005, 1000000.0], 4.5, now, now - 1), unit="ms"),
        metric("histogram", "whole", histogram([2], [], 4.5, now, now - 1)),
        metric("summary", "asked", summary({0.5: 1.5, 0.999: 2.5}, 4, 9.0)),
    ]
    for point in metrics[-1].summary.data_points:
        point.time_unix_nano, point.start_time_unix_nano = now, now - 1
    scope = {"name": "lib", "version": "1.2", "schema_url": "http://s/1", "attributes": {"team.name": "a"}}
    about = {"service.name": "shop", "host.name": "h", "k8s.pod.name": "p-1"}
    alone = {"service.name": "alone", "service.namespace": "eu", "service.instance.id": "i"}
    some = metric("gauge", "some", number(1, **given, host_name="own", empty=""))
    return request(resource(*metrics, attributes=about, scope=scope), resource(some, attributes=alone))


def test_what_is_made_by_hand(sides: tuple[Side, Side]) -> None:
    now = time.time_ns()
    assert [side.post(hand_made(now).SerializeToString()) for side in sides] == [200, 200]
    compare(sides, now // NS, 18)


def test_what_the_sdk_exports(sides: tuple[Side, Side]) -> None:
    since = time.time_ns() // NS
    with application() as app:
        app.watch()
        for _ in range(2):
            app.work(3)
            data = app.collect()
            for side in sides:
                assert export(data, f"{side.url}/opentelemetry/v1/metrics", side.headers)
    compare(sides, since, 25)
