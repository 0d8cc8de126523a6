"""`obsv agent`: sends a host's metrics; the same program as the zipapp at /agent.pyz."""

from __future__ import annotations

import argparse
import os
from typing import Any

from obsv.agent.arguments import add_arguments
from obsv.cli.common import command

DESCRIPTION = """\
Send this host's metrics, and those of the Prometheus endpoints it scrapes, to an obsv server.

  obsv agent --url https://obsv.example.com --token T

Options may also stand in the [agent] table of the file given with --config.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    add_arguments(command(commands, "agent", "send a host's metrics to an obsv server", run, description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """Run the agent until it is stopped; 2 if an option is missing or wrong."""
    from obsv.agent.main import run_command  # noqa: PLC0415  # kept out of --help

    if args.data_dir and not args.state_dir:
        args.state_dir = os.path.join(args.data_dir, "agent")  # noqa: PTH118  # the agent's paths are strings
    return run_command(args, "obsv agent")
