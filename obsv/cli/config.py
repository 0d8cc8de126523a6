"""`obsv config check`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from obsv.cli.common import add_json, command, settings_of, tell

DESCRIPTION = """\
Read the settings as `obsv serve` would, and name every mistake: by file, line and key, and what was expected.
Exits with 1 when there is one.

  obsv config check --config obsv.toml
"""


def add(commands: Any) -> None:
    """Declare the command."""
    group = command(commands, "config", "check the settings")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_json(command(actions, "check", "name every mistake in the settings", run, description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """0 when the settings can be used, 1 when not."""
    from obsv.config import ConfigError, warnings  # noqa: PLC0415  # kept out of --help

    try:
        settings = settings_of(args)
    except ConfigError as error:
        if args.json:
            found = [{"source": p.source, "line": p.line, "key": p.key, "message": p.message} for p in error.problems]
            print(json.dumps({"ok": False, "problems": found}))
        else:
            print(*error.problems, sep="\n", file=sys.stderr)
        return 1
    notes = list(warnings(settings))
    tell(args, "\n".join(["The settings are fine.", *notes]), {"ok": True, "warnings": notes})
    return 0
