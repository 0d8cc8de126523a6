"""`obsv admin …`: accounts and tokens from the shell; works whether or not the server runs."""

from __future__ import annotations

from typing import Any

from obsv.cli import token, user
from obsv.cli.common import command


def add(commands: Any) -> None:
    """Declare the group."""
    group = command(commands, "admin", "accounts and tokens from the shell")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    user.add(actions)
    token.add(actions)
