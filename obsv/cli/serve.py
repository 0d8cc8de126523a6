"""`obsv serve`: the appliance."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from obsv.cli.common import Failed, command, settings_of

if TYPE_CHECKING:
    from obsv.config import Settings

BACKLOG = 1024
KEEP_ALIVE_S = 75
SHUTDOWN_S = 20
# Threads take turns this often: an ingest step beside busy Python code waits 0.5 ms instead of 5.
SWITCH_INTERVAL_S = 0.0005

DESCRIPTION = """\
Start the appliance.  Without any setting it keeps its data in ./data (SQLite), listens on http://localhost:8450 and
watches this host.  The first start prints a one-time address where the owner's account is made.

  obsv serve
  obsv serve --config obsv.toml
  obsv serve --data-dir /var/lib/obsv --port 9000

SIGTERM and SIGINT (Ctrl-C) end it in good order: requests under way are answered, what was taken in is flushed.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    made = command(commands, "serve", "start the appliance", run, description=DESCRIPTION)
    made.add_argument("--host", metavar="H", help="address to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=_port, metavar="P", help="port to listen on (default: 8450)")
    made.add_argument("--reload", action="store_true", help="start anew when a source file changes (development)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = settings_of(args, server__host=args.host, server__port=args.port)
    if args.reload:
        from obsv.cli.reload import run_reloading  # noqa: PLC0415

        return run_reloading()
    listener = _listen(settings)
    # structlog and httpx load these where they are installed, for terminals and debuggers: 6 MB of no use to a server.
    sys.modules.update(dict.fromkeys(("rich", "pygments", "greenlet")))  # type: ignore[arg-type]  # None says "not there"
    from obsv.app import create_app  # noqa: PLC0415  # kept out of --help
    from obsv.cli.server import serve  # noqa: PLC0415
    from obsv.http import configure_logging  # noqa: PLC0415

    configure_logging(settings.log.format, settings.log.level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # The server drains, then raises the signal again: by then all is done and the exit code is 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _drained)
    serve(
        create_app(settings),
        listener,
        ready=f"obsv is ready: {settings.server.base_url}",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return 0


def _drained(*_: object) -> None:
    """Nothing is left to do."""


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return int(text)


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: when it is taken that is said at once, before any file is touched."""
    host, port = settings.server.host, settings.server.port
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Who comes while we start waits instead of being refused.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Failed(f"cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port.") from None
    return listener
