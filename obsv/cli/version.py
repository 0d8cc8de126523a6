"""`obsv version`."""

from __future__ import annotations

import argparse
import platform
from typing import Any

from obsv import __version__
from obsv.cli.common import command, tell


def add(commands: Any) -> None:
    """Declare the command."""
    command(commands, "version", "print the version", run).add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    tell(args, f"obsv {__version__} (Python {platform.python_version()})", version=__version__, python=platform.python_version())
    return 0
