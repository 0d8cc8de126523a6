"""A captured host, and a server that takes remote write and answers as told."""

from __future__ import annotations

import contextlib
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cramjam
import pytest

from obsv.agent.collectors import Roots

Series = dict[tuple[tuple[str, str], ...], list[tuple[bytes, int]]]


@pytest.fixture
def host(tmp_path: Path) -> Roots:
    """The host of data/host.txt, laid out as files."""
    root = tmp_path / "host"
    text = (Path(__file__).parent / "data" / "host.txt").read_text()
    for part in text.split("\n-- ") if text.startswith("-- ") else []:
        name, _, body = part.removeprefix("-- ").partition(" --\n")
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body + "\n")
    chip = root / "sys/devices/platform/coretemp.0"
    (root / "sys/class/hwmon").mkdir()
    (root / "sys/class/hwmon/hwmon2").symlink_to(chip / "hwmon/hwmon2")
    (chip / "hwmon/hwmon2/device").symlink_to(chip)
    return Roots(str(root / "proc"), str(root / "sys"), str(root))


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        else:
            size = 8 if kind == 1 else varint()
            assert kind in {1, 2}
            yield key >> 3, data[at : at + size]
            at += size


def decode(body: bytes) -> Series:
    """Decode a remote-write 1.0 body independently of the agent's code: value bytes and times by label set."""
    series: Series = {}
    for number, message in _fields(bytes(cramjam.snappy.decompress_raw(body))):
        assert number == 1
        labels: list[tuple[str, str]] = []
        samples: list[tuple[bytes, int]] = []
        for field, part in _fields(message):
            content = dict(_fields(part))
            if field == 1:
                labels.append((content[1].decode(), content[2].decode()))
            else:
                samples.append((content[1], content[2]))
        assert labels == sorted(labels)
        assert all(name and value for name, value in labels)
        series.setdefault(tuple(labels), []).extend(samples)
    return series


def value_of(series: Series, name: str, **labels: str) -> float:
    """The one value of the one series with this name and these labels among its own."""
    wanted = {"__name__": name, **labels}
    found = [samples for key, samples in series.items() if wanted.items() <= dict(key).items()]
    assert len(found) == 1, (name, len(found))
    return struct.unpack("<d", found[0][-1][0])[0]


class Sink:
    """A server on a loopback port.  `answers` are used up one a request; then it takes everything."""

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.page = b""
        self.page_type = "text/plain; version=0.0.4"
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.headers.append(dict(self.headers))
                sink.paths.append(self.path)
                status, headers, text = sink.answers.pop(0) if sink.answers else (204, {}, b"")
                if status == 204:
                    sink.bodies.append(body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self) -> None:
                self.send_response(200 if sink.page else 500)
                self.send_header("Content-Type", sink.page_type)
                self.send_header("Content-Length", str(len(sink.page)))
                self.end_headers()
                self.wfile.write(sink.page)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def received(self) -> Series:
        """Everything taken so far."""
        series: Series = {}
        for body in list(self.bodies):
            for key, samples in decode(body).items():
                series.setdefault(key, []).extend(samples)
        return series

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    yield server
    server.close()


@pytest.fixture
def closing() -> Iterator[Callable[[Any], Any]]:
    """Hands back what it is given, and closes it after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda thing: stack.enter_context(contextlib.closing(thing))
