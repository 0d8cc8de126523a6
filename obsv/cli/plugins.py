"""`obsv plugins list`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from obsv.cli.common import add_json, command, tell

DESCRIPTION = """\
List the installed metric stores and notifiers: group, name, version, the package each comes from, and why one cannot be
loaded.  A broken plugin stops nothing unless the settings select it.  Exits with 1 when one is broken.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    group = command(commands, "plugins", "list metric stores and notifiers")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_json(command(actions, "list", "every installed plugin", run, description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """Print them; 1 when one cannot be loaded."""
    from obsv.plugin_loader import discover  # noqa: PLC0415  # kept out of --help

    found = discover()
    rows = [("GROUP", "NAME", "VERSION", "FROM", "CLASS", "STATE")]
    rows += [
        (p.group, p.name, p.version, p.package, p.target, f"broken: {p.error}" if p.error else "ok") for p in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    tell(args, "\n".join(lines), [asdict(plugin) for plugin in found])
    return int(any(plugin.error for plugin in found))
