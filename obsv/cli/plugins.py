"""`obsv plugins list`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from obsv.cli.common import command


def add(commands: Any) -> None:
    """Declare the command."""
    group = command(commands, "plugins", "metric stores and notifiers")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = command(actions, "list", "every installed plugin, and why one cannot be loaded", run)
    listing.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Print them; 1 when one cannot be loaded."""
    from obsv.plugin_loader import discover  # noqa: PLC0415  # kept out of --help

    found = discover()
    if args.json:
        print(json.dumps([asdict(plugin) for plugin in found]))
    else:
        for plugin in found:
            state = f"cannot be loaded: {plugin.error}" if plugin.error else "ok"
            print(f"{plugin.group:22} {plugin.name:12} {plugin.version:10} {plugin.origin:40} {state}")
    return int(any(plugin.error for plugin in found))
