"""Start obsv and its peers, each fresh, on a free loopback port with a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_port


@dataclass
class Target:
    """A running server under measurement."""

    name: str
    process: subprocess.Popen[bytes]
    base_url: str
    write_url: str
    data_dir: Path
    headers: dict[str, str] = field(default_factory=dict[str, str])
    flush: Callable[[], None] = lambda: None

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self.process.pid


def post(url: str, headers: dict[str, str] | None = None) -> None:
    """POST nothing and wait for the answer."""
    request = urllib.request.Request(url, data=b"", method="POST", headers=headers or {})
    with urllib.request.urlopen(request, timeout=600) as answer:
        answer.read()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Poll until the URL answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
    raise TimeoutError(url)


@contextmanager
def running(
    command: list[str], ready_url: str, log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process from its start until it is ready; ended on leaving."""
    with log.open("ab") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=os.environ | (env or {}))
    try:
        wait_for(ready_url, process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def prometheus(binaries: Path, folder: Path, *flags: str) -> Iterator[Target]:
    """Prometheus as a remote_write receiver; sized by a snapshot (its blocks), without log and head."""
    port = free_port()
    folder.mkdir(parents=True)
    (folder / "prometheus.yml").write_text(
        "global:\n  scrape_interval: 1h\nstorage:\n  tsdb:\n    out_of_order_time_window: 1h\n"
    )
    base = f"http://127.0.0.1:{port}"
    command = [
        str(binaries / "prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--log.level=error", *flags,
    ]  # fmt: skip
    with running(command, base + "/-/ready", folder / "log") as process:
        snapshots = folder / "data" / "snapshots"
        snapshots.mkdir(exist_ok=True)
        yield Target(
            "Prometheus",
            process,
            base,
            base + "/api/v1/write",
            snapshots,
            {},
            lambda: post(base + "/api/v1/admin/tsdb/snapshot"),
        )


@contextmanager
def victoria_metrics(binaries: Path, folder: Path) -> Iterator[Target]:
    """VictoriaMetrics, single node."""
    port = free_port()
    folder.mkdir(parents=True)
    base = f"http://127.0.0.1:{port}"
    command = [
        str(binaries / "victoria-metrics"), f"-storageDataPath={folder}/data", f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y", "-loggerLevel=ERROR", "-search.disableCache",
    ]  # fmt: skip
    with running(command, base + "/health", folder / "log") as process:
        yield Target(
            "VictoriaMetrics",
            process,
            base,
            base + "/api/v1/write",
            folder / "data",
            {},
            lambda: post(base + "/internal/force_flush"),
        )


@contextmanager
def obsv(folder: Path, *, database: str = "sqlite", retention: str = "100y") -> Iterator[Target]:
    """obsv as the product runs, but for the bundled agent; one token for reading, writing and flushing.

    A folder that was used before is used again.
    """
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    base = f"http://localhost:{port}"
    command = [sys.executable, "-m", "obsv"]
    env = {
        "OBSV_DATA_DIR": str(folder / "data"),
        "OBSV_AGENT__SELF": "false",
        "OBSV_DATABASE__URL": database,
        "OBSV_SERVER__PORT": str(port),
        "OBSV_LOG__LEVEL": "warning",
    }
    token = folder / "token"
    if not token.exists():
        made = subprocess.run(
            [*command, "admin", "create-token", "--org", "operator", "--name", "bench", "--json", "--scopes", "metrics:read,metrics:write,admin:org,admin:instance"],
            env=os.environ | env, check=True, capture_output=True,
        )  # fmt: skip
        token.write_text(json.loads(made.stdout)["token"])
    headers = {"Authorization": "Bearer " + token.read_text()}
    with running([*command, "serve"], base + "/readyz", folder / "log", env) as process:
        flush = base + "/api/obsv/v1/metrics/flush"
        yield Target(
            "obsv",
            process,
            base,
            base + "/api/v1/write",
            folder / "data" / "metrics",
            headers,
            lambda: post(flush, headers),
        )
