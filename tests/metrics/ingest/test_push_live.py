"""Influx, Datadog, Graphite and pushed groups into a real appliance on both databases, and out of it in PromQL."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)
from prometheus_client.exposition import default_handler

from tests.database import database_url, engine_name
from tests.live import Live
from tests.ports import free_port

__all__ = ["database_url", "engine_name"]

pytestmark = pytest.mark.slow


def values(client: httpx.Client) -> dict[str, str]:
    """Newest value of every series, by its labels as JSON."""
    answer = client.get("/api/v1/query", params={"query": '{__name__=~"push.+"}'}).json()
    return {json.dumps(row["metric"], sort_keys=True): row["value"][1] for row in answer["data"]["result"]}


def counted(client: httpx.Client) -> dict[str, int]:
    """Ingest calls by route; the access log is written every second."""
    answer = client.get("/api/obsv/v1/access-log/ingest").json()
    return {row["route"]: row["calls"] for row in answer["counts"]}


async def test_what_is_pushed_is_there_after_a_restart(tmp_path: Path, database_url: str) -> None:
    await asyncio.to_thread(push, tmp_path, database_url)


def push(folder: Path, database: str) -> None:
    port = free_port()
    config = folder / "obsv.toml"
    config.write_text(f'[[metrics.graphite]]\norg = "operator"\nlisten = "127.0.0.1:{port}"\n')
    live = Live(folder, database, options=("--config", str(config)))
    live.start()
    try:
        token = live.token("metrics:read,metrics:write,audit:read")
        with httpx.Client(base_url=live.url, timeout=30) as client:
            influx = {"Authorization": f"Token {token}"}
            assert (
                client.post("/api/v2/write?bucket=b", content="push,via=influx v=1", headers=influx).status_code == 204
            )
            datadog = {"DD-API-KEY": token, "Content-Encoding": "deflate", "Content-Type": "application/json"}
            body = {"series": [{"metric": "push.v", "points": [[time.time(), 2]], "tags": ["via:datadog"]}]}
            packed = zlib.compress(json.dumps(body).encode())
            for path in ("/api/v1/series", "/datadog/api/v1/series"):
                assert client.post(path, content=packed, headers=datadog).status_code == 202
            with socket.create_connection(("127.0.0.1", port)) as graphite:
                graphite.sendall(b"push.v;via=graphite 3\n")
            client.headers["Authorization"] = f"Bearer {token}"
            form = {"match[]": "push_v", "start": str(time.time() - 60)}
            assert len(client.post("/api/v1/series", data=form).json()["data"]) == 2
            deadline = time.monotonic() + 10
            while len(values(client)) < 3 or len(counted(client)) < 2:
                assert time.monotonic() < deadline, live.log
                time.sleep(0.1)
            before = values(client)
            assert before == {
                '{"__name__": "push.v", "via": "graphite"}': "3",
                '{"__name__": "push_v", "db": "b", "via": "influx"}': "1",
                '{"__name__": "push_v", "via": "datadog"}': "2",
            }
            assert counted(client) == {"/api/v2/write": 1, "/datadog/api/v1/series": 1}
            assert "/api/v2/write" not in live.log
            with socket.create_connection(("127.0.0.1", port)) as graphite:
                graphite.sendall(b"push.last 4\n")
                assert live.stop() == 0
            live.start()
            assert values(client) == before | {'{"__name__": "push.last"}': "4"}
    finally:
        live.stop()


async def test_the_real_prometheus_client_pushes(tmp_path: Path, database_url: str) -> None:
    await asyncio.to_thread(real_client, tmp_path, database_url)


def real_client(folder: Path, database: str) -> None:
    live = Live(folder, database)
    live.start()
    try:
        token = live.token("metrics:read,metrics:write")

        def handler(url: str, method: str, timeout: float | None, headers: Any, data: bytes) -> Any:
            return default_handler(url, method, timeout, [*headers, ("Authorization", f"Bearer {token}")], data)

        registry = CollectorRegistry()
        Gauge("pushed_last_success", "When it worked", registry=registry).set(12.5)
        Counter("pushed_runs", "Runs", ["kind"], registry=registry).labels("full/part").inc(3)
        grouping_key = {"instance": "db/1", "empty": ""}
        push_to_gateway(live.url, "backup", registry, grouping_key, handler=handler)
        later = CollectorRegistry()
        Gauge("pushed_later", "More", registry=later).set(1)
        pushadd_to_gateway(live.url, "backup", later, grouping_key, handler=handler)
        live.stop()
        live.start()
        with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:

            def found() -> dict[str, str]:
                answer = client.get("/api/v1/query", params={"query": '{__name__=~"pushed_[lr].*"}'}).json()
                assert all(row["metric"]["instance"] == "db/1" for row in answer["data"]["result"])
                return {row["metric"]["__name__"]: row["value"][1] for row in answer["data"]["result"]}

            pushed = {"pushed_last_success": "12.5", "pushed_runs_total": "3", "pushed_later": "1"}
            assert pushed.items() <= found().items()
            delete_from_gateway(live.url, "backup", grouping_key, handler=handler)
            assert found() == {}
    finally:
        live.stop()
