"""A real obsv process for tests that look at it from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import warm
from tests.ports import free_port


@dataclass
class Live:
    """One appliance: its folder, its database, and the process while it runs; `options` are `obsv serve`'s."""

    folder: Path
    database: str = "sqlite"
    port: int = field(default_factory=free_port)
    env: dict[str, str] = field(default_factory=dict[str, str])
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """All that the process has printed."""
        return (self.folder / "server.log").read_text(errors="replace")

    def _env(self) -> dict[str, str]:
        return os.environ | {
            "OBSV_DATA_DIR": str(self.folder / "data"),
            "OBSV_DATABASE__URL": self.database,
            "OBSV_AGENT__SELF": "false",
            "OBSV_SERVER__PORT": str(self.port),
            **self.env,
        }

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Run the command line on this appliance's data; standard output.  Raises on a non-zero exit."""
        done = warm.run(arguments, self._env(), stdin)
        assert done.code == 0, done.err
        return done.out

    def token(self, scopes: str = "metrics:read,metrics:write,admin:instance", org: str = "operator") -> str:
        """A fresh API token."""
        return str(
            json.loads(self.cli("admin", "create-token", "--org", org, "--name", "test", "--scopes", scopes, "--json"))[
                "token"
            ]
        )

    def start(self, timeout_s: float = 30) -> float:
        """Start and wait until ready; seconds that took."""
        begun = time.monotonic()
        with (self.folder / "server.log").open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "obsv", "serve", *self.options], env=self._env(), stdout=sink, stderr=sink
            )
        while time.monotonic() - begun < timeout_s:
            assert self.process.poll() is None, self.log
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=2):
                    return time.monotonic() - begun
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        raise TimeoutError(self.log)

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.terminate()
        return self.process.wait(30)

    def setup_url(self) -> str:
        """The one-time set-up URL that the process printed."""
        found = re.findall(r"http://\S+/setup\?code=[\w~.-]+", self.log)
        assert found, self.log
        return str(found[-1])


@contextmanager
def appliance(folder: Path, database: str = "sqlite", env: dict[str, str] | None = None) -> Iterator[Live]:
    """A started appliance; stopped on leaving."""
    folder.mkdir(parents=True, exist_ok=True)
    live = Live(folder, database, env=env or {})
    live.start()
    try:
        yield live
    finally:
        live.stop()
