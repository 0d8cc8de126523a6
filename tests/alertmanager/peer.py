"""A real Alertmanager and a sink on loopback that writes down what it is sent."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ports import free_port

MOUNT = 'mkdir -p /usr/share/prometheus; mount --bind "$0" /usr/share/prometheus; exec "$@"'


@dataclass(frozen=True)
class Sent:
    """One webhook: when, which path, and its body."""

    at_s: float
    path: str
    body: dict[str, Any]

    @property
    def what(self) -> tuple[str, str, str]:
        """The channel, the group, and the alerts in order with their status."""
        alerts = " ".join(
            f"{'-' if one['status'] == 'resolved' else '+'}{json.dumps(one['labels'], sort_keys=True)}"
            for one in self.body["alerts"]
        )
        return self.path.strip("/"), self.body["groupKey"], alerts


@dataclass
class Sink:
    """A webhook receiver."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list[Sent])


@contextmanager
def sink() -> Iterator[Sink]:
    """Answers 200 to everything."""
    made = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.sent.append(Sent(time.time(), self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def as_alertmanager(text: str, url: str) -> str:
    """The same document with webhooks in place of channels."""
    document = yaml.safe_load(text)
    for receiver in document["receivers"]:
        channels = receiver.pop("channels", [])
        resolved = receiver.pop("send_resolved", True)
        receiver["webhook_configs"] = [{"url": f"{url}/{one}", "send_resolved": resolved} for one in channels]
    return yaml.safe_dump(document, sort_keys=False)


@dataclass
class Peer:
    """A running Alertmanager."""

    url: str
    folder: Path
    sink: Sink

    def reload(self, text: str) -> None:
        (self.folder / "alertmanager.yml").write_text(as_alertmanager(text, self.sink.url))
        self.ask("POST", "/-/reload")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content.startswith((b"{", b"[")) else content


def command_of(peers: Path, arguments: Sequence[str]) -> list[str]:
    """The program, where its templates lie as its package puts them."""
    command = [str(peers / "prometheus-alertmanager"), *arguments]
    if Path("/usr/share/prometheus/alertmanager/default.tmpl").exists():
        return command
    if os.geteuid() != 0:
        pytest.skip("peers: Alertmanager's templates are not installed, and mounting them takes root")
    return ["unshare", "-m", "sh", "-c", MOUNT, str(peers.parent / "share/prometheus"), *command]


@contextmanager
def alertmanager(peers: Path, folder: Path, text: str, into: Sink) -> Iterator[Peer]:
    """One with this routing; stopped on leaving."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(as_alertmanager(text, into.url))
    port = free_port()
    arguments = (
        f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}",
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command_of(peers, arguments), stdout=log, stderr=log)
    peer = Peer(f"http://127.0.0.1:{port}", folder, into)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                peer.ask("GET", "/-/ready")
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
        yield peer
    finally:
        process.terminate()
        process.wait(10)
