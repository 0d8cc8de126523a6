"""The whole agent as its users run it: one file, any python3, a server that comes and goes."""

from __future__ import annotations

import ast
import datetime as dt
import io
import itertools
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from obsv import __version__
from obsv.agent.install import install
from obsv.agent.options import Options
from obsv.agent.schedule import ticks
from obsv.agent.scrape import parse_target
from obsv.agent.zipapp import build_zipapp
from tests.agent.conftest import Sink, value_of

SOURCES = sorted((Path(__file__).parents[2] / "obsv" / "agent").rglob("*.py"))
NEWER_THAN_38 = {
    "removeprefix", "removesuffix", "cache", "randbytes", "BooleanOptionalAction", "graphlib", "zoneinfo",
    "bit_count", "pairwise", "to_thread", "StrEnum", "is_relative_to", "hardlink_to", "with_stem", "aclosing",
}  # fmt: skip


@pytest.fixture(scope="module")
def zipapp(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("zipapp") / "obsv-agent.pyz"
    path.write_bytes(build_zipapp())
    return path


@pytest.fixture
def start(zipapp, tmp_path) -> Iterator[Callable[..., subprocess.Popen[Any]]]:
    """Starts the zipapp with a bare Python: isolated, without site-packages."""
    children: list[subprocess.Popen[Any]] = []

    def run(*arguments: str, python: str = sys.executable, **more: Any) -> subprocess.Popen[Any]:
        command = [python, "-I", "-S", str(zipapp), "--state-dir", str(tmp_path / "state"), *arguments]
        more = {"stderr": subprocess.PIPE, **more}
        children.append(subprocess.Popen(command, **more))
        return children[-1]

    yield run
    for child in children:
        if child.poll() is None:
            child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_first_push_within_five_seconds_then_two_more_soon(sink, start):
    begun = time.monotonic()
    child = start("--url", sink.url, "--token", "t", "--name", "web-1")
    wait_for(lambda: sink.bodies, 5)
    wait_for(lambda: len(sink.bodies) >= 3)
    assert time.monotonic() - begun < 8
    child.send_signal(signal.SIGTERM)
    assert child.wait(8) == 0
    found = sink.received()
    assert value_of(found, "up", job="node", instance="web-1") == 1
    assert value_of(found, "obsv_agent_info", version=__version__) == 1
    assert value_of(found, "node_memory_MemTotal_bytes", instance="web-1") > 1e6
    key = next(key for key in found if ("__name__", "node_load1") in key)
    times = [at for _, at in found[key]]
    assert len(times) == 3
    assert all(1500 < later - earlier < 2600 for earlier, later in itertools.pairwise(times))


def peak_kib(pid: int) -> int:
    """The most memory that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def test_frugal(sink, start):
    child = start("--url", sink.url, "--token", "t", "--interval", "1s")
    wait_for(lambda: len(sink.bodies) >= 6, 20)
    assert peak_kib(child.pid) < 40 * 1024
    stat = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    # Start-up included, six samples must cost less than the hundredth of a core that six intervals of 15 s allow.
    assert seconds < 0.01 * 15 * 6


def certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(1))
        .not_valid_after(today + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return folder / "tls.pem"


def test_tls_is_verified_and_still_frugal(start, tmp_path):
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    sink = Sink(context=context)
    try:
        child = start("--url", sink.url, "--token", "t", "--once")
        assert child.wait(20) == 1
        assert "certificate" in child.stderr.read().decode().lower()
        assert not sink.bodies
        child = start("--url", sink.url, "--token", "t", "--ca-file", str(pem), "--interval", "1s")
        wait_for(lambda: len(sink.bodies) >= 2)
        assert peak_kib(child.pid) < 40 * 1024
        child.terminate()
        assert child.wait(10) == 0
    finally:
        sink.close()


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.13"])
def test_other_pythons(sink, start, version):
    python = shutil.which(f"python{version}")
    if not python or subprocess.run([python, "-V"], capture_output=True, check=False).returncode:
        pytest.skip(f"no python{version}")
    child = start("--url", sink.url, "--token", "t", "--once", python=python)
    assert child.wait(30) == 0
    assert value_of(sink.received(), "up", job="node") == 1


def test_an_outage_and_a_kill_lose_nothing(start):
    first = Sink()
    port, early = first.port, first
    child = start("--url", first.url, "--token", "t", "--interval", "1s")
    wait_for(lambda: len(early.bodies) >= 2)
    first.close()
    time.sleep(2.5)
    child.kill()
    child.wait()
    again = start("--url", first.url, "--token", "t", "--interval", "1s")
    time.sleep(2)
    second = Sink(port)
    try:
        wait_for(lambda: len(second.bodies) >= 5, 30)
        again.send_signal(signal.SIGTERM)
        assert again.wait(10) == 0
        times = [[at for key, samples in s.received().items() if ("__name__", "node_load1") in key for _, at in samples]
                 for s in (first, second)]  # fmt: skip
    finally:
        second.close()
    assert times[1] == sorted(times[1])
    every = times[0] + times[1]
    gaps = [later - earlier for earlier, later in itertools.pairwise(every)]
    assert max(gaps) < 2500  # the kill itself and the new start cost no more than a sample
    assert len(every) >= 8


def test_sigterm_sends_what_is_queued(sink, start):
    sink.answers = [(503, {"Retry-After": "2"}, b"starting")]
    child = start("--url", sink.url, "--token", "t", "--interval", "1s")
    wait_for(lambda: sink.headers)
    time.sleep(2.2)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert len(sink.bodies) >= 3


def test_scrapes_beside_the_host(sink, start):
    sink.page = b"app_jobs 4\n"
    child = start("--url", sink.url, "--token", "t", "--name", "web-1", "--scrape", f"app={sink.url}/metrics", "--once")
    assert child.wait(20) == 0
    found = sink.received()
    assert value_of(found, "app_jobs", job="app", instance=f"web-1:{sink.port}") == 4
    assert value_of(found, "up", job="app") == 1
    assert value_of(found, "up", job="node") == 1


def test_once_says_by_its_exit_code_whether_it_worked(sink, start):
    sink.answers = [(401, {}, b"unknown token")]
    child = start("--url", sink.url, "--token", "t", "--once")
    assert child.wait(20) == 1
    said = child.stderr.read().decode()
    assert "unknown token" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--url"),
        (("--url", "http://x"), "--token"),
        (("--url", "http://x", "--token", "t", "--interval", "soon"), "15s"),
        (("--url", "ftp://x", "--token", "t"), "http"),
        (("--url", "http://x", "--token-file", "/nowhere/token"), "/nowhere/token"),
        (("--url", "http://x", "--token", "t", "--scrape", "ftp://x"), "--scrape"),
        (("--url", "http://x", "--token", "t", "--install"), "--install"),
    ],
)
def test_misuse_is_explained(start, arguments, words, tmp_path):
    child = start(*arguments, env={"HOME": str(tmp_path)})
    assert child.wait(10) == 2
    assert words in child.stderr.read().decode()


def test_the_token_may_come_from_environment_file_or_toml(sink, start, tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    config = tmp_path / "obsv.toml"
    config.write_text(
        f'[server]\nport = 1\n[agent]\nself = true\nurl = "{sink.url}"\ntoken = "from-toml"\nscrape = []\n'
    )
    environment = {"OBSV_AGENT_URL": sink.url, "OBSV_AGENT_TOKEN": "from-env"}
    assert start("--once", env=environment).wait(20) == 0
    assert start("--once", "--token-file", str(tmp_path / "token"), env=environment).wait(20) == 0
    assert start("--once", "--config", str(config), env={}).wait(20) == 0
    assert start("--once", "--config", str(config), "--token", "given", env={}).wait(20) == 0
    used = [headers["Authorization"] for headers in sink.headers]
    assert used == ["Bearer from-env", "Bearer from-file", "Bearer from-toml", "Bearer given"]


def test_an_unknown_key_in_toml_is_an_error(start, tmp_path):
    (tmp_path / "obsv.toml").write_text('[agent]\nurll = "x"\n')
    child = start("--config", str(tmp_path / "obsv.toml"))
    assert child.wait(10) == 2
    assert "urll" in child.stderr.read().decode()


def test_a_child_takes_its_token_from_the_environment_and_ends_with_its_parent(sink, tmp_path):
    parent = (
        "import os, subprocess, sys, time\n"
        "env = {**os.environ, 'OBSV_AGENT_PARENT': str(os.getpid())}\n"
        "child = subprocess.Popen([sys.executable, '-m', 'obsv.agent', *sys.argv[1:]], env=env)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", parent, "--state-dir", str(tmp_path)]
    environment = {**os.environ, "OBSV_AGENT_URL": sink.url, "OBSV_AGENT_TOKEN": "handed-over"}
    outer = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert outer.stdout is not None
    agent = int(outer.stdout.readline())
    wait_for(lambda: sink.bodies)
    assert sink.headers[0]["Authorization"] == "Bearer handed-over"
    assert b"handed-over" not in Path(f"/proc/{agent}/cmdline").read_bytes()
    outer.kill()
    outer.wait()
    outer.stdout.close()
    wait_for(lambda: not running(agent), 10)


def running(pid: int) -> bool:
    """Whether a process is there and not a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_command_of_the_appliance(sink, tmp_path):
    given = ["agent", "--url", sink.url, "--token", "t", "--once", "--name", "n", "--data-dir", str(tmp_path)]
    program = "from obsv.cli import main; raise SystemExit(main())"
    done = subprocess.run([sys.executable, "-c", program, *given], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0
    assert value_of(sink.received(), "up", instance="n") == 1
    assert (tmp_path / "agent").is_dir()


def test_a_second_agent_for_the_same_server_is_refused(sink, start):
    start("--url", sink.url, "--token", "t")
    wait_for(lambda: sink.bodies)
    second = start("--url", sink.url, "--token", "t")
    assert second.wait(10) == 1
    assert "runs already" in second.stderr.read().decode()


def test_the_zipapp_is_reproducible_and_holds_the_agent_only():
    data = build_zipapp()
    assert data == build_zipapp()
    assert data.startswith(b"#!/usr/bin/env python3\n")
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert all(name == "__main__.py" or name.startswith("obsv_agent/") for name in names)
    assert "obsv_agent/collectors/cpu.py" in names
    assert len(data) < 100_000


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_sources_are_python_38_and_the_standard_library(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    annotations = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    assert annotations or path.name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots = {(node.module or "").partition(".")[0]}
        else:
            if isinstance(node, ast.Attribute):
                assert node.attr not in NEWER_THAN_38
            continue
        # The version comes from the package here and is a constant in the zipapp; TOML is said to need 3.11.
        allowed = {"obsv"} if path.name == "version.py" else set()
        assert roots <= sys.stdlib_module_names | allowed
        assert not roots & (NEWER_THAN_38 | ({"tomllib"} if path.name != "options.py" else set()))


def test_samples_keep_a_phase_of_their_host():
    now = [1000.0]
    times: list[float] = []
    for at in ticks(15.0, "web-1", lambda: now[0]):
        times.append(at)
        now[0] = at
        if len(times) == 6:
            break
    assert times[:3] == [1000.0, 1002.0, 1004.0]
    assert times[3] - times[2] <= 15
    assert times[4:] == pytest.approx([times[3] + 15, times[3] + 30])
    fresh = ticks(15.0, "web-1", lambda: 5003.0)
    restarted = [next(fresh) for _ in range(4)]
    assert (restarted[3] - times[3]) % 15 == pytest.approx(0, abs=1e-6)


def test_install_writes_a_service_without_the_token_in_it(zipapp, tmp_path, capsys):
    target = parse_target("app=http://localhost:9000/metrics?x=%20", "web-1")
    options = Options(url="https://o.example", token="secret", name="web-1", state_dir="", targets=(target,))
    ran: list[list[str]] = []
    assert install(options, str(zipapp), root=str(tmp_path), execute=lambda command: ran.append(list(command))) == 0
    unit = (tmp_path / "etc/systemd/system/obsv-agent.service").read_text()
    assert '--scrape "app=http://localhost:9000/metrics?x=%%20"' in unit
    assert "--name web-1" in unit
    assert "secret" not in unit + capsys.readouterr().out
    environment = tmp_path / "etc/obsv-agent/environment"
    assert "OBSV_AGENT_TOKEN=secret" in environment.read_text()
    assert environment.stat().st_mode & 0o077 == 0
    assert (tmp_path / "usr/local/lib/obsv-agent/obsv-agent.pyz").read_bytes() == zipapp.read_bytes()
    assert ["systemctl", "enable", "obsv-agent"] in ran
