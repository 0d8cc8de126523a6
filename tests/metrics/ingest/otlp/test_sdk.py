"""OpenTelemetry's SDK exports to a real appliance on both databases; PromQL finds it, also after a kill."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression

from tests.database import database_url, engine_name
from tests.live import Live
from tests.metrics.ingest.otlp.sdk import DELTAS, SPAN, TRACE, application, export

__all__ = ["database_url", "engine_name"]

pytestmark = pytest.mark.slow

TARGET = {"job": "eu/shop", "instance": "shop-1"}


async def test_the_real_sdk_exports(tmp_path: Path, database_url: str) -> None:
    await asyncio.to_thread(run, tmp_path, database_url)


def run(folder: Path, database: str) -> None:
    config = folder / "obsv.toml"
    config.write_text('[metrics.otlp]\npromote_resource_attributes = ["host.name"]\npromote_scope_metadata = true\n')
    live = Live(folder, database, options=("--config", str(config)))
    live.start()
    try:
        token = live.token("metrics:read,metrics:write,audit:read")
        with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            cumulative(client, live, token)
            deltas(client, live, token)
            refused(live)
            deadline = time.monotonic() + 10
            while not (found := counted(client)):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert set(found) <= {"/v1/metrics", "/api/v1/otlp/v1/metrics", "/opentelemetry/v1/metrics"}
    finally:
        live.stop()


def counted(client: httpx.Client) -> dict[str, int]:
    answer = client.get("/api/obsv/v1/access-log/ingest").json()
    return {row["route"]: row["calls"] for row in answer["counts"]}


def values(client: httpx.Client, query: str, labels: tuple[str, ...] = ()) -> dict[str, Any]:
    """Newest values by some labels as JSON; of native histograms how many they counted."""
    answer = client.get("/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", answer
    found = {}
    for row in answer["data"]["result"]:
        key = "|".join(row["metric"][name] for name in labels if name in row["metric"])
        found[key] = float(row["value"][1]) if "value" in row else int(row["histogram"][1]["count"])
    return found


def cumulative(client: httpx.Client, live: Live, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    with application() as app:
        app.watch()
        for path, packing in (
            ("/v1/metrics", Compression.Gzip),
            ("/api/v1/otlp/v1/metrics", Compression.Deflate),
            ("/opentelemetry/v1/metrics", Compression.NoCompression),
        ):
            app.work()
            assert export(app.collect(), live.url + path, headers, packing), live.log
    assert values(client, "http_server_requests_total", ("http_response_status_code", "error")) == {
        "200": 6,
        "500|true": 1.5,
    }
    assert values(client, "pool_busy", ("pool",)) == {"db": 9}
    assert values(client, "tank_level_ratio", ("tank",)) == {"left": 0.25}
    assert values(client, "http_server_request_duration_seconds_count") == {"": 6}
    buckets = values(client, "http_server_request_duration_seconds_bucket", ("le",))
    assert (len(buckets), buckets["0"], buckets["5"], buckets["10"], buckets["25"], buckets["+Inf"]) == (
        16,
        0,
        3,
        3,
        6,
        6,
    )
    assert values(client, "histogram_quantile(0.9, body_size_bytes)")[""] > 1000
    assert values(client, "body_size_bytes") == {"": 15}
    assert values(client, "process_memory_bytes", ("state",)) == {"used": 1 << 40}
    assert values(client, "process_cpu_time_seconds_total") == values(client, "threads") == {"": 1 << 40}
    # The start is known: the first request counts.
    assert values(client, 'increase(http_server_requests_total{http_response_status_code="200"}[5m]) >= 4')
    [series] = client.get("/api/v1/series", params={"match[]": "pool_busy"}).json()["data"]
    scope = {"otel_scope_name": "shop.lib", "otel_scope_version": "1.2"}
    assert series == {"__name__": "pool_busy", "pool": "db", "host_name": "web"} | TARGET | scope
    [info] = client.get("/api/v1/series", params={"match[]": "target_info"}).json()["data"]
    told = {"host_name": "web", "process_command_args": '["a","b"]'}
    assert info == {"__name__": "target_info"} | TARGET | told
    about = client.get("/api/v1/metadata").json()["data"]
    assert about["http_server_request_duration_seconds"] == [{"type": "histogram", "help": "Time to answer", "unit": "seconds"}]  # fmt: skip
    traced = client.get("/api/v1/query_exemplars", params={"query": "http_server_request_duration_seconds_bucket", "start": time.time() - 60, "end": time.time() + 60}).json()["data"]  # fmt: skip
    ids = {"trace_id": f"{TRACE:032x}", "span_id": f"{SPAN:016x}"}
    assert {json.dumps(one["labels"], sort_keys=True) for row in traced for one in row["exemplars"]} == {json.dumps(ids, sort_keys=True)}  # fmt: skip


def deltas(client: httpx.Client, live: Live, token: str) -> None:
    """What was acknowledged is in the sums, kill or not."""
    headers, url = {"Authorization": f"Bearer {token}"}, live.url + "/v1/metrics"
    with application(DELTAS, service_instance_id="delta") as app:
        for turn in range(4):
            app.work()
            data = app.collect()
            assert export(data, url, headers), live.log
            if turn == 1:
                assert export(data, url, headers), "as after a lost answer"
                live.kill()
                live.start()
    mine = '{instance="delta"}'
    assert values(client, f"http_server_requests_total{mine}", ("http_response_status_code",)) == {"200": 8, "500": 2}
    assert values(client, f"pool_busy{mine}") == {"": 12}
    assert values(client, f"http_server_request_duration_seconds_count{mine}") == {"": 8}
    assert values(client, f"body_size_bytes{mine}") == {"": 20}
    assert values(client, f"tank_level_ratio{mine}") == {"": 0.25}


def refused(live: Live) -> None:
    with application() as app:
        app.work()
        assert not export(app.collect(), live.url + "/v1/metrics", {"Authorization": "Bearer obsv_none"})
