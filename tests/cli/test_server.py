"""How a server starts, is ready, fails and ends: real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.ports import free_port

PROGRAM = """
import asyncio, signal, socket, sys
from contextlib import asynccontextmanager
from litestar import Litestar, get
from obsv.cli.common import Failed
from obsv.cli.server import serve
from obsv.core.errors import Unavailable

@get("/slow")
async def slow() -> str:
    print("asked", flush=True)
    await asyncio.sleep(1)
    return "done"

@asynccontextmanager
async def lifespan(app):
    {start}
    yield
    print("flushed", flush=True)

for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: None)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
try:
    serve(Litestar([slow], lifespan=[lifespan], openapi_config=None, logging_config=None), listener, ready="ready now")
except Failed as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def start(tmp_path: Path, body: str = "pass") -> tuple[subprocess.Popen[str], int]:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.replace("{start}", body))
    port = free_port()
    command = [sys.executable, str(file), str(port)]
    env = {"PYTHONPATH": str(Path.cwd()), "PATH": ""}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env), port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    process, port = start(tmp_path)
    assert process.stderr
    assert process.stderr.readline() == "ready now\n"
    request = subprocess.Popen(
        [sys.executable, "-c", f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/slow').read())"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "asked\n"
    process.send_signal(number)
    answer, _ = request.communicate(timeout=20)
    out, _ = process.communicate(timeout=20)
    assert answer == "b'done'\n", "a request under way was cut off"
    assert (process.returncode, out) == (0, "flushed\n")


def test_it_answers_when_it_says_so(tmp_path: Path) -> None:
    process, port = start(tmp_path)
    assert process.stderr
    assert process.stderr.readline() == "ready now\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=10) as answer:
        assert answer.read() == b"done"
    process.terminate()
    process.communicate(timeout=20)


def test_a_failed_start_is_one_line(tmp_path: Path) -> None:
    process, _ = start(tmp_path, 'raise Unavailable("the database is away")')
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1] == "cannot start: the database is away"
    assert "Traceback" not in err


def test_an_unforeseen_failure_keeps_its_trace(tmp_path: Path) -> None:
    process, _ = start(tmp_path, 'raise ZeroDivisionError("a mistake of ours")')
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.count("Traceback") == 1
    assert "a mistake of ours" in err
