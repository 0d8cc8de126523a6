"""`obsv version`."""

from __future__ import annotations

import argparse
import platform
from typing import Any

from obsv import __version__
from obsv.cli.common import add_json, command, tell


def add(commands: Any) -> None:
    """Declare the command."""
    add_json(command(commands, "version", "print the version", run))


def run(args: argparse.Namespace) -> int:
    """Print it."""
    python = platform.python_version()
    tell(args, f"obsv {__version__} (Python {python})", {"version": __version__, "python": python})
    return 0
