"""`obsv serve`: the appliance."""

from __future__ import annotations

import argparse
import socket
import sys
from typing import TYPE_CHECKING, Any

from obsv.cli.common import Failed, command, settings_of

if TYPE_CHECKING:
    from obsv.config import Settings

SHUTDOWN_S = 20
# Threads take turns this often: an ingest step beside busy Python code waits 0.5 ms instead of 5.
SWITCH_INTERVAL_S = 0.0005


def add(commands: Any) -> None:
    """Declare the command."""
    made = command(
        commands,
        "serve",
        "start the appliance",
        run,
        description="Start the appliance.  Without any setting it keeps its data in ./data (SQLite) and listens on "
        "http://localhost:8450.",
    )
    made.add_argument("--host", metavar="H", help="address to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=int, metavar="P", help="port to listen on (default: 8450)")
    made.add_argument("--reload", action="store_true", help="start anew when a Python file changes (development)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; what was taken in is flushed before the process ends."""
    settings = settings_of(args, server__host=args.host, server__port=args.port)
    if args.reload:
        return _reload()
    listener = _listen(settings)
    import uvicorn  # noqa: PLC0415  # kept out of --help

    from obsv.app import create_app  # noqa: PLC0415
    from obsv.http import configure_logging  # noqa: PLC0415

    configure_logging(settings.log.format, settings.log.level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=SHUTDOWN_S,
            backlog=1024,
        )
    )
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _listen(settings: Settings) -> socket.socket:
    """Bind first: a port that is taken is said at once, before any file is touched."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Failed(f"cannot listen on {host}:{port}: {error.strerror}.  Another port: obsv serve --port {port + 1}") from None
    return listener


def _reload() -> int:
    """Run `obsv serve` in a child that is replaced when a source changes."""
    import subprocess  # noqa: PLC0415
    import time  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    roots = (Path("obsv"), Path("plugins"))

    def state() -> float:
        files = (file for root in roots for pattern in ("*.py", "*.html", "*.css") for file in root.rglob(pattern))
        return max((file.stat().st_mtime for file in files if "node_modules" not in file.parts), default=0.0)

    command_line = [sys.executable, "-m", "obsv", *(word for word in sys.argv[1:] if word != "--reload")]
    while True:
        seen = state()
        child = subprocess.Popen(command_line)
        try:
            while child.poll() is None and state() == seen:
                time.sleep(0.5)
            if child.poll() is not None and state() == seen:
                return child.returncode
        finally:
            child.terminate()
            child.wait(SHUTDOWN_S + 10)
