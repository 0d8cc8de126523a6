"""`obsv doctor`: what an admin would check by hand, in one go."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from typing import Any

from obsv.cli.common import add_json, command, settings_of, tell

DESCRIPTION = """\
Check this machine, the settings, the data directory and the database, without changing anything.
Each line is ok, a note (works, but worth knowing) or bad; exits with 1 when one is bad.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    add_json(command(commands, "doctor", "check the machine, the data and the database", run, description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """1 when something is bad."""
    from obsv.cli.checks import examine  # noqa: PLC0415  # kept out of --help

    findings = examine(settings_of(args))
    width = max(len(finding.what) for finding in findings)
    lines = [f"{finding.state:5} {finding.what:{width}}  {finding.detail}" for finding in findings]
    tell(args, "\n".join(lines), [asdict(finding) for finding in findings])
    return int(Counter(finding.state for finding in findings)["bad"] > 0)
